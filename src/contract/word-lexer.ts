/** One character of a command with how it was written; line ends and operators are characters like any other. */
export type Unit = {
  readonly text: string;
  /** Offset of the character itself; of the backslash before an escaped one. */
  readonly at: number;
  readonly quoting: "bare" | "escaped" | "single" | "double";
};

/** A word: what is left of the quotes and backslashes, and where it begins. Empty quotes make a word without units. */
export type Word = { readonly at: number; readonly text: string; readonly units: readonly Unit[] };

/** The words, or the offset and the text of the quote or backslash that has no end. */
export type WordList =
  | { readonly ok: true; readonly words: readonly Word[] }
  | { readonly ok: false; readonly at: number; readonly opened: "'" | '"' | "\\" };

type Part = { readonly units: readonly Unit[]; readonly next: number };

const ESCAPED_IN_DOUBLE = '"\\$`';

/**
 * Cuts a command into words by the rules of shell quoting, without expansion: space and tab separate, single quotes are literal, in
 * double quotes a backslash escapes only `"`, `\`, `$` and the backtick, elsewhere any character. D70.
 */
export function lexWords(command: string): WordList {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (isSeparator(command[at])) at += 1;
    if (at >= command.length) return { ok: true, words };
    const start = at;
    const units: Unit[] = [];
    while (at < command.length && !isSeparator(command[at])) {
      const part = readPart(command, at);
      if (part === undefined)
        return { ok: false, at, opened: command[at] === "'" ? "'" : command[at] === '"' ? '"' : "\\" };
      for (const unit of part.units) units.push(unit);
      at = part.next;
    }
    words.push({ at: start, text: units.map((unit) => unit.text).join(""), units });
  }
}

function isSeparator(unit: string | undefined): boolean {
  return unit === " " || unit === "\t";
}

/** One quoted piece, escape or bare character; `undefined` when it has no end. */
function readPart(command: string, at: number): Part | undefined {
  const character = command[at] ?? "";
  if (character === "'") return readSingle(command, at);
  if (character === '"') return readDouble(command, at);
  if (character !== "\\") return { units: [{ text: character, at, quoting: "bare" }], next: at + 1 };
  const escaped = command[at + 1];
  return escaped === undefined ? undefined : { units: [{ text: escaped, at, quoting: "escaped" }], next: at + 2 };
}

function readSingle(command: string, open: number): Part | undefined {
  const close = command.indexOf("'", open + 1);
  if (close === -1) return undefined;
  const units = Array.from({ length: close - open - 1 }, (_, index): Unit => {
    const at = open + 1 + index;
    return { text: command[at] ?? "", at, quoting: "single" };
  });
  return { units, next: close + 1 };
}

function readDouble(command: string, open: number): Part | undefined {
  const units: Unit[] = [];
  for (let at = open + 1; at < command.length; at += 1) {
    const character = command[at] ?? "";
    if (character === '"') return { units, next: at + 1 };
    const escaped = command[at + 1] ?? "";
    if (character === "\\" && escaped !== "" && ESCAPED_IN_DOUBLE.includes(escaped)) {
      units.push({ text: escaped, at, quoting: "escaped" });
      at += 1;
    } else units.push({ text: character, at, quoting: "double" });
  }
  return undefined;
}
