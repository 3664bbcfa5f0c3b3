import type { Diagnostic } from "../../model/diagnostic.ts";
import type { SectionEvent, StepEnded } from "../../model/operation.ts";
import type { Style } from "./style.ts";
import { displayWidth, formatDuration, padLeft, padRight, truncate, visible, visibleLine, wrap } from "./text.ts";

const STEP_COLUMNS = 10;
const DETAIL_COLUMNS = 44;
const DURATION_COLUMNS = 10;
/** `  ✓ ` and the step's name. */
const PREFIX_COLUMNS = 4 + STEP_COLUMNS;

/** Where lines are drawn: `columns` is absent when nobody looks and nothing need be cut. */
export type Canvas = { readonly style: Style; readonly columns: number | undefined };

/** Something a step did, as the `item` event tells it. */
export type StepItem = { readonly item: string; readonly detail: string; readonly durationMs?: number };

/** `  ✓ build     portside/nodejs                              1.2 s`. */
export function stepLine(
  canvas: Canvas,
  step: Pick<StepEnded, "step" | "outcome" | "durationMs">,
  detail: string,
): string {
  const { style } = canvas;
  const glyph = { done: style.green("✓"), skipped: style.dim("·"), failed: style.red("✗"), undone: style.yellow("↩") }[
    step.outcome
  ];
  return `  ${glyph} ${columnsLine(canvas, { name: step.step, detail, duration: formatDuration(step.durationMs) })}`;
}

/** The line of a step that still runs; `frame` is the moving sign. Fits the canvas. */
export function runningLine(
  canvas: Canvas,
  step: { readonly name: string; readonly detail: string; readonly elapsedMs: number },
  frame: string,
): string {
  const elapsed = step.elapsedMs < 1000 ? "" : formatDuration(step.elapsedMs);
  return `  ${canvas.style.cyan(frame)} ${columnsLine(canvas, { ...step, duration: elapsed })}`;
}

type Columns = { readonly name: string; readonly detail: string; readonly duration: string };

function columnsLine({ style, columns }: Canvas, { name, detail, duration }: Columns): string {
  const room = columns === undefined ? undefined : columns - PREFIX_COLUMNS - DURATION_COLUMNS - 2;
  const shown = room === undefined ? visible(detail) : truncate(visible(detail), room);
  const head = `${padRight(visible(name), STEP_COLUMNS - 1)} ${padRight(shown, Math.min(room ?? DETAIL_COLUMNS, DETAIL_COLUMNS))}`;
  if (duration === "") return head.trimEnd();
  // A detail longer than its column takes blanks from the duration's.
  const spare = STEP_COLUMNS + DETAIL_COLUMNS + DURATION_COLUMNS - displayWidth(head);
  return `${head} ${style.dim(padLeft(duration, Math.min(spare, DURATION_COLUMNS)))}`;
}

/** What a step shows behind its name: its own words, else its items side by side. */
export function stepDetail(detail: string, items: readonly StepItem[]): string {
  return detail === "" ? items.map(itemText).join("  ") : detail;
}

/** Lines for items the step's own line says nothing about; empty when that line is made of them. */
export function itemLines(canvas: Canvas, detail: string, items: readonly StepItem[]): string[] {
  if (detail === "") return [];
  const untold = items.filter(
    (item) => !detail.includes(item.item) && (item.detail === "" || !detail.includes(item.detail)),
  );
  return untold.map((item) => {
    const duration = item.durationMs === undefined ? "" : `  ${formatDuration(item.durationMs)}`;
    const text = visible(itemText(item));
    const shown =
      canvas.columns === undefined ? text : truncate(text, canvas.columns - PREFIX_COLUMNS - DURATION_COLUMNS - 2);
    return `${" ".repeat(PREFIX_COLUMNS)}${canvas.style.dim(shown + duration)}`;
  });
}

function itemText(item: StepItem): string {
  return item.detail === "" ? item.item : `${item.item} ${item.detail}`;
}

/** `  ! message`, what was seen below it; long texts are broken to the canvas. */
export function warningLines(
  { style, columns }: Canvas,
  warning: { readonly message: string; readonly evidence: readonly string[] },
): string[] {
  const [first = "", ...more] = fitted(visible(warning.message), columns, 4);
  return [
    `  ${style.yellow("!")} ${first}`,
    ...more.map((line) => `    ${line}`),
    ...warning.evidence.map((line) => style.dim(`    │ ${visibleLine(line)}`.trimEnd())),
  ];
}

/** `  ! app.json:7:3  APP_UNKNOWN_KEY  message`, the hint below the message; long texts are broken to the canvas. */
export function diagnosticLines(canvas: Canvas, diagnostic: Diagnostic): string[] {
  const { style } = canvas;
  const glyph = { error: style.red("✗"), warning: style.yellow("!"), info: style.cyan("i") }[diagnostic.severity];
  const place = `${visible(diagnostic.file)}:${diagnostic.line}:${diagnostic.column}`;
  const indent = 4 + displayWidth(place) + 2;
  const [first = "", ...more] = fitted(`${diagnostic.code}  ${visible(diagnostic.message)}`, canvas.columns, indent);
  const hint = fitted(visible(diagnostic.hint), canvas.columns, indent);
  const blank = " ".repeat(indent);
  return [
    `  ${glyph} ${style.bold(place)}  ${first}`,
    ...more.map((line) => blank + line),
    ...hint.filter((line) => line !== "").map((line) => blank + style.dim(line)),
  ];
}

function fitted(text: string, columns: number | undefined, indent: number): string[] {
  return columns === undefined ? [text] : wrap(text, Math.max(20, columns - indent));
}

/** The head of a buildpack's part of the output, or its end with the time it took. */
export function sectionLine({ style }: Canvas, section: SectionEvent): string {
  if (section.state === "started") return `    ${style.dim("┌")} ${style.bold(visible(section.name))}`;
  const time = formatDuration(section.durationMs);
  return section.state === "done" ? style.dim(`    └ ${time}`) : `    ${style.red(`└ failed after ${time}`)}`;
}

/** One line of build or release output, set back behind a bar. */
export function outputLine({ style }: Canvas, text: string): string {
  return style.dim(`    │ ${visibleLine(text)}`.trimEnd());
}
