import { visit } from "jsonc-parser";
import type { TextEdit } from "./text-edit.ts";

type Range = { readonly offset: number; readonly end: number };

/** What stands in a JSON text although JSON has no such thing: edits that remove it, with the offsets where it began. */
export type LenienceFix = {
  readonly edits: readonly TextEdit[];
  readonly commentOffsets: readonly number[];
  readonly commaOffsets: readonly number[];
};

/**
 * Edits that remove the comments and the trailing commas of a JSON text that is right but for those. A comment that has its line for
 * itself goes with its line, one behind a value with the blanks before it.
 */
export function planLenience(text: string): LenienceFix {
  const { comments, commaOffsets } = findLenience(text);
  const edits = [
    ...commentRanges(text, comments).map(({ offset, end }) => ({ offset, length: end - offset, content: "" })),
    ...commaOffsets.map((offset) => ({ offset, length: 1, content: "" })),
  ];
  return { edits, commentOffsets: comments.map((comment) => comment.offset), commaOffsets };
}

function findLenience(text: string): { readonly comments: readonly Range[]; readonly commaOffsets: readonly number[] } {
  const comments: Range[] = [];
  const commaOffsets: number[] = [];
  let commaAt: number | undefined;
  const forget = (): void => {
    commaAt = undefined;
  };
  const close = (): void => {
    if (commaAt !== undefined) commaOffsets.push(commaAt);
    commaAt = undefined;
  };
  visit(
    text,
    {
      onComment: (offset, length) => void comments.push({ offset, end: offset + length }),
      onSeparator: (character, offset) => {
        if (character === ",") commaAt = offset;
      },
      onObjectBegin: forget,
      onArrayBegin: forget,
      onObjectProperty: forget,
      onLiteralValue: forget,
      onObjectEnd: close,
      onArrayEnd: close,
    },
    { allowTrailingComma: true, allowEmptyContent: true },
  );
  return { comments, commaOffsets };
}

/** What to cut out: neighbours together, with the blanks or the whole lines that would be left over. Ascending, apart. */
function commentRanges(text: string, comments: readonly Range[]): readonly Range[] {
  const ranges: Range[] = [];
  for (const comment of comments) {
    const last = ranges.at(-1);
    const gap = last === undefined ? "x" : text.slice(last.end, comment.offset);
    if (last !== undefined && /^[ \t]*$/.test(gap)) ranges[ranges.length - 1] = { ...last, end: comment.end };
    else ranges.push(comment);
  }
  return ranges.map((range) => widen(text, range));
}

function widen(text: string, range: Range): Range {
  let { offset, end } = range;
  while (isBlank(text[offset - 1])) offset -= 1;
  while (isBlank(text[end])) end += 1;
  const lineEnd = text.startsWith("\r\n", end) ? end + 2 : text[end] === "\n" ? end + 1 : undefined;
  const startsLine = offset === 0 || text[offset - 1] === "\n";
  const endsLine = lineEnd !== undefined || end === text.length;
  if (startsLine && endsLine) return { offset, end: lineEnd ?? end };
  if (endsLine) return { offset, end };
  // Something follows on the line: the blanks before the comment stay, as its indentation or as the gap between two values.
  return { offset: range.offset, end: isBlank(text[range.offset - 1]) || startsLine ? end : range.end };
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
