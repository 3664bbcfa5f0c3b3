import { displayWidth, padLeft, padRight, visible } from "./text.ts";
import type { Style } from "./style.ts";

/** Head of a column; numbers stand to the right. */
export type Column = { readonly title: string; readonly align?: "right" };

/**
 * Lines of a table: a dim head, columns as wide as their widest cell, two blanks between. Cells are made visible here.
 */
export function formatTable(style: Style, columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(visible));
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...cells.map((row) => displayWidth(row[index] ?? ""))),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map((column, index) => (column.align === "right" ? padLeft : padRight)(row[index] ?? "", widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  return [style.dim(line(columns.map((column) => column.title))), ...cells.map(line)];
}

/** Lines of names and texts: names padded to the longest, made visible. Entries without a text are left out. */
export function formatFacts(
  style: Style,
  facts: readonly (readonly [name: string, text: string | undefined])[],
): string[] {
  const known = facts.flatMap(([name, text]) => (text === undefined ? [] : [[visible(name), visible(text)] as const]));
  const width = Math.max(0, ...known.map(([name]) => displayWidth(name)));
  return known.map(([name, text]) => `${style.dim(padRight(name, width))}  ${text}`.trimEnd());
}
