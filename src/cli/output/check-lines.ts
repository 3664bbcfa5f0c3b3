import { countSeverities, type CheckFinding, type CheckReport, type PlatformSummary } from "../check/check-report.ts";
import type { Canvas } from "./operation-lines.ts";
import { excerptOf, linesOf } from "./source-excerpt.ts";
import { visible, wrap } from "./text.ts";

const COLUMNS_DEFAULT = 120;
const INDENT = "  ";
const SEVERITIES = ["error", "warning", "info"] as const;

/** `pathOf` is a file's path as the user would write it; `excerpts` false leaves the file's lines out. */
export type CheckView = { readonly canvas: Canvas; readonly pathOf: (file: string) => string };

/** Findings of one code at one place: what several platforms say about it is shown together. */
type Block = readonly [CheckFinding, ...CheckFinding[]];

/**
 * The report for people, as a good compiler gives it: files in order, each finding with its place, line and caret, then what each
 * platform would do. A clean app is one line.
 */
export function checkLines(view: CheckView, report: CheckReport): readonly string[] {
  const { findings, platforms } = report;
  if (findings.length === 0) return [cleanLine(view, report)];
  const files = [...new Set(findings.map((finding) => finding.file))];
  return [
    ...files.flatMap((file) => fileLines(view, report, file)),
    ...platforms.map((platform) => platformLine(view, platform)),
    ...(platforms.length === 0 ? [] : [""]),
    totalLine(view, findings),
  ];
}

function cleanLine({ canvas: { style } }: CheckView, { texts, platforms }: CheckReport): string {
  if (texts.size === 0) return "Nothing to check: no Procfile, app.json or other file that Portside reads.";
  const files = listed([...texts.keys()].map(visible));
  const where = listed(platforms.map(({ title }) => title));
  return `${style.green("✓")} ${files}: no problem found${where === "" ? "" : `, no difference on ${where}`}.`;
}

function fileLines(view: CheckView, { texts, findings }: CheckReport, file: string): readonly string[] {
  const own = findings.filter((finding) => finding.file === file);
  const text = texts.get(file);
  // Lines of `.env` hold secrets, and this may end in a build log.
  const lines = text === undefined || file === ".env" ? [] : linesOf(text);
  const heading = `${view.canvas.style.bold(visible(view.pathOf(file)))}  ${countText(own)}`;
  return [heading, "", ...blocksOf(own).flatMap((block) => [...blockLines(view, block, lines), ""])];
}

function blocksOf(findings: readonly CheckFinding[]): readonly Block[] {
  const blocks = new Map<string, [CheckFinding, ...CheckFinding[]]>();
  for (const finding of findings) {
    const { code, line, column, platform } = finding;
    // Portside may have two things to say about one place; of a platform's rule there is one.
    const key = platform === undefined ? `${blocks.size}` : `${code} ${line} ${column}`;
    const block = blocks.get(key);
    if (block === undefined) blocks.set(key, [finding]);
    else block.push(finding);
  }
  return [...blocks.values()];
}

function blockLines({ canvas, pathOf }: CheckView, block: Block, lines: readonly string[]): readonly string[] {
  const { style } = canvas;
  const [first] = block;
  const severity = SEVERITIES.find((one) => block.some((finding) => finding.severity === one)) ?? first.severity;
  const paint = { error: style.red, warning: style.yellow, info: style.cyan }[severity];
  const place = `${visible(pathOf(first.file))}:${first.line}:${first.column}`;
  const head = `${INDENT}${style.bold(place)}: ${paint(severity)} ${first.code}`;
  const told = messagesOf(block);
  const [only] = told;
  const isOne = told.length === 1 && only !== undefined;
  return [
    ...(isOne ? [`${head}: ${only.message}${only.who === "" ? "" : ` (${only.who})`}`] : [`${head}:`]),
    ...(isOne ? [] : told.map(({ who, message }) => `${INDENT}${INDENT}${who}: ${message}`)),
    ...excerptLines(canvas, lines[first.line - 1], first),
    ...hintsOf(block).flatMap((hint) => arrowLines(canvas, hint)),
    style.dim(`${INDENT}${INDENT}see ${first.docs}`),
  ];
}

/** Each message once, with the platforms that it is about. */
function messagesOf(block: Block): readonly { readonly who: string; readonly message: string }[] {
  const platforms = new Map<string, string[]>();
  for (const { message, platform } of block) {
    const known = platforms.get(message) ?? [];
    platforms.set(message, platform === undefined ? known : [...known, platform]);
  }
  return [...platforms].map(([message, names]) => ({ message: visible(message), who: names.join(", ") }));
}

function hintsOf(block: Block): readonly string[] {
  return [...new Set(block.map((finding) => visible(finding.hint)))].filter((hint) => hint !== "");
}

function arrowLines({ columns }: Canvas, hint: string): readonly string[] {
  const indent = INDENT + INDENT;
  const [first = "", ...rest] = columns === undefined ? [hint] : wrap(hint, columns - indent.length - 2);
  return [`${indent}→ ${first}`, ...rest.map((line) => `${indent}  ${line}`)];
}

function excerptLines(canvas: Canvas, line: string | undefined, { line: number, column }: CheckFinding): string[] {
  if (line === undefined || line.trim() === "") return [];
  const { style } = canvas;
  const gutter = `${INDENT}${INDENT}${number}`;
  const room = (canvas.columns ?? COLUMNS_DEFAULT) - gutter.length - 3;
  const { text, caretColumn } = excerptOf(line, column, room);
  const bar = style.dim("│");
  return [
    `${style.dim(gutter)} ${bar} ${text}`.trimEnd(),
    `${" ".repeat(gutter.length)} ${bar} ${" ".repeat(caretColumn)}${style.red("^")}`,
  ];
}

/** `Dokku: 2 would break, 1 differs`. */
function platformLine({ canvas: { style } }: CheckView, summary: PlatformSummary): string {
  const { title, breaks, differs, notes } = summary;
  const parts = [
    ...(breaks === 0 ? [] : [style.red(`${breaks} would break`)]),
    ...(differs === 0 ? [] : [style.yellow(`${differs} ${differs === 1 ? "differs" : "differ"}`)]),
    ...(notes === 0 ? [] : [`${notes} to know`]),
  ];
  const isSame = breaks === 0 && differs === 0;
  return `${title}: ${[...(isSame ? ["no difference"] : []), ...parts].join(", ")}`;
}

function totalLine({ canvas: { style } }: CheckView, findings: readonly CheckFinding[]): string {
  const files = new Set(findings.map((finding) => finding.file)).size;
  const { errors } = countSeverities(findings);
  const glyph = errors > 0 ? style.red("✗") : style.yellow("!");
  return `${glyph} ${countText(findings)} in ${files === 1 ? "one file" : `${files} files`}`;
}

/** `2 errors, 1 warning`. */
function countText(findings: readonly CheckFinding[]): string {
  const { errors, warnings, infos } = countSeverities(findings);
  const parts = [plural(errors, "error"), plural(warnings, "warning"), plural(infos, "note")];
  return parts.filter((part) => part !== "").join(", ");
}

function plural(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
