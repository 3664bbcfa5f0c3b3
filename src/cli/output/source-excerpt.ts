import { visibleText } from "../../lib/visible-text.ts";
import { displayWidth } from "./text.ts";

/** A line of a file as a terminal can show it, and the column, from 0, at which its caret belongs. */
export type SourceExcerpt = { readonly text: string; readonly caretColumn: number };

type Cell = { readonly text: string; readonly width: number };

const TAB_COLUMNS = 4;
/** So much of a line is looked at around the place; a whole file can stand on one line. */
const UNITS_AROUND = 400;
const COLUMNS_MIN = 20;

/** Cuts a text into its lines once, so that thousands of findings can show theirs. A mark at its start counts as nothing. */
export function linesOf(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/);
}

/**
 * The line around a column (from 1, in UTF-16 units) in at most so many terminal columns: tabs as blanks, control characters
 * written out, wide characters counted as two, `…` where something is left out.
 */
export function excerptOf(line: string, column: number, columnsMax: number): SourceExcerpt {
  const at = Math.min(Math.max(0, column - 1), line.length);
  const from = wholeCharacter(line, Math.max(0, at - UNITS_AROUND));
  const to = wholeCharacter(line, Math.min(line.length, at + UNITS_AROUND));
  const { cells, caretCell } = cellsOf(line.slice(from, to), at - from);
  const room = Math.max(COLUMNS_MIN, columnsMax);
  const isCut = { left: from > 0, right: to < line.length };
  if (!isCut.left && !isCut.right && widthOf(cells) <= room) return join(cells, caretCell);
  return window({ cells, caretCell, isCut }, room);
}

function wholeCharacter(line: string, offset: number): number {
  const unit = line.charCodeAt(offset);
  return unit >= 0xdc00 && unit <= 0xdfff && offset > 0 ? offset - 1 : offset;
}

function cellsOf(text: string, at: number): { cells: readonly Cell[]; caretCell: number } {
  const cells: Cell[] = [];
  let units = 0;
  let columns = 0;
  let caretCell: number | undefined;
  for (const character of text) {
    if (units + character.length > at) caretCell ??= cells.length;
    const shown = character === "\t" ? " ".repeat(TAB_COLUMNS - (columns % TAB_COLUMNS)) : visibleText(character);
    const width = displayWidth(shown);
    cells.push({ text: shown, width });
    units += character.length;
    columns += width;
  }
  return { cells, caretCell: caretCell ?? cells.length };
}

type Wide = {
  readonly cells: readonly Cell[];
  readonly caretCell: number;
  readonly isCut: { readonly left: boolean; readonly right: boolean };
};

/** As much as fits, two thirds of it before the caret where the line goes on that far. */
function window({ cells, caretCell, isCut }: Wide, room: number): SourceExcerpt {
  const before = Math.floor(((room - 2) * 2) / 3);
  let from = caretCell;
  let width = 0;
  while (from > 0 && width + (cells[from - 1]?.width ?? 0) <= before) width += cells[(from -= 1)]?.width ?? 0;
  let to = caretCell;
  while (to < cells.length && width + (cells[to]?.width ?? 0) <= room - 2) width += cells[(to += 1) - 1]?.width ?? 0;
  while (from > 0 && width + (cells[from - 1]?.width ?? 0) <= room - 2) width += cells[(from -= 1)]?.width ?? 0;
  const left = from > 0 || isCut.left ? [{ text: "…", width: 1 }] : [];
  const right = to < cells.length || isCut.right ? [{ text: "…", width: 1 }] : [];
  return join([...left, ...cells.slice(from, to), ...right], caretCell - from + left.length);
}

function join(cells: readonly Cell[], caretCell: number): SourceExcerpt {
  return { text: cells.map((cell) => cell.text).join(""), caretColumn: widthOf(cells.slice(0, caretCell)) };
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}
