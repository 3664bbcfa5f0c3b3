import type { Parsed } from "../model/diagnostic.ts";
import { FindingList, type ListedFinding } from "./finding-list.ts";
import type { Printed } from "./printed.ts";
import { positionsIn } from "./text-position.ts";

/** A variable of a `.env` file. `line` is where the entry that counts begins. */
export type DotenvEntry = { readonly name: string; readonly value: string; readonly line: number };

const BYTE_ORDER_MARK = "\uFEFF";
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MARKS: readonly string[] = ["'", '"', "`"];
// oxlint-disable-next-line no-control-regex -- a carriage return that ends no line and NUL are what this looks for
const FORBIDDEN = /\r(?!\n)|\0/;

/** Offsets of a line: its first unit, the end of its text, and the line after it. */
type Line = { readonly from: number; readonly to: number; readonly next: number };
type Problem = Pick<ListedFinding, "code" | "message" | "hint" | "otherLine"> & { readonly at: number };
type Entry = { readonly name: string; readonly value: string; readonly at: number };
type LineReading = { readonly entry?: Entry; readonly problems: readonly Problem[]; readonly next: number };

/**
 * Reads a `.env` file by the fifteen rules of its grammar: one entry a name, in the order of first appearance; the last value counts.
 * An entry with an error is left out. Never throws; no message holds a value. Codes: `ENV_…`. D40, D41.
 */
export function parseDotenv(raw: string, file = ".env"): Parsed<readonly DotenvEntry[]> {
  const text = raw.startsWith(BYTE_ORDER_MARK) ? raw.slice(1) : raw;
  const found = new FindingList(file);
  const positionOf = positionsIn(text);
  const entries = new Map<string, DotenvEntry & { readonly first: number }>();
  const add = ({ at, ...problem }: Problem): void => found.add({ ...problem, ...positionOf(at) });
  for (let at = 0; at < text.length;) {
    const { entry, problems, next } = readLine(text, lineAt(text, at));
    for (const problem of problems) add(problem);
    if (entry !== undefined) {
      const { line } = positionOf(entry.at);
      const first = entries.get(entry.name)?.first;
      if (first !== undefined) add(duplicate(entry, { line, first }));
      entries.set(entry.name, { name: entry.name, value: entry.value, line, first: first ?? line });
    }
    at = next;
  }
  const value = [...entries.values()].map(({ name, value: text_, line }) => ({ name, value: text_, line }));
  return { value, diagnostics: found.diagnostics() };
}

function readLine(text: string, line: Line): LineReading {
  const start = skipBlanks(text, line.from);
  const shown = text.slice(start, line.to);
  if (shown === "" || shown.startsWith("#")) return { problems: forbiddenIn(text, line), next: line.next };
  const equals = shown.indexOf("=");
  if (equals === -1) {
    const broken = forbiddenIn(text, line);
    return { problems: broken.length > 0 ? broken : [{ ...NO_ENTRY, at: start }], next: line.next };
  }
  const name = bareName(shown.slice(0, equals));
  const { value, problem, end } = readValue(text, start + equals + 1, line);
  const broken = forbiddenIn(text, { from: line.from, to: end.to });
  if (broken.length > 0) return { problems: broken, next: end.next };
  const problems = [NAME.test(name) ? undefined : wrongName(name, start), problem].filter((one) => one !== undefined);
  return problems.length > 0
    ? { problems, next: end.next }
    : { entry: { name, value, at: start }, problems, next: end.next };
}

type Value = { readonly value: string; readonly problem?: Problem; readonly end: Line };

/** The value that begins after the equals sign at `from - 1`, and the line it ends on. */
function readValue(text: string, from: number, line: Line): Value {
  const at = skipBlanks(text, from);
  const mark = text[at] ?? "";
  if (at >= line.to || !MARKS.includes(mark)) return { value: unquoted(text.slice(from, line.to)), end: line };
  const close = text.indexOf(mark, at + 1);
  if (close === -1) return { value: "", problem: unclosed(mark, at), end: line };
  const end = lineAt(text, close + 1);
  const literal = text.slice(at + 1, close).replaceAll("\r\n", "\n");
  const value = mark === '"' ? literal.replaceAll("\\n", "\n") : literal;
  const rest = skipBlanks(text, close + 1);
  return rest < end.to && text[rest] !== "#" ? { value, problem: textAfter(mark, rest), end } : { value, end };
}

/** `#` after a blank starts a comment. */
function unquoted(text: string): string {
  const comment = text.search(/[ \t]#/);
  return trimBlanks(comment === -1 ? text : text.slice(0, comment));
}

function bareName(text: string): string {
  const name = trimBlanks(text);
  return /^export[ \t]/.test(name) ? trimBlanks(name.slice("export".length)) : name;
}

function lineAt(text: string, from: number): Line {
  const feed = text.indexOf("\n", from);
  if (feed === -1) return { from, to: text.length, next: text.length };
  return { from, to: feed > from && text[feed - 1] === "\r" ? feed - 1 : feed, next: feed + 1 };
}

function isBlank(unit: string | undefined): boolean {
  return unit === " " || unit === "\t";
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at += 1;
  return at;
}

function trimBlanks(text: string): string {
  let end = text.length;
  while (isBlank(text[end - 1])) end -= 1;
  return text.slice(Math.min(skipBlanks(text, 0), end), end);
}

function forbiddenIn(text: string, range: { readonly from: number; readonly to: number }): Problem[] {
  const broken = FORBIDDEN.exec(text.slice(range.from, range.to));
  if (broken === null) return [];
  const found = broken[0] === "\0" ? "a NUL character" : "a carriage return that ends no line";
  const message = `The line holds ${found}.`;
  const hint = "Remove it, and save the file with LF or CRLF line ends.";
  return [{ code: "ENV_INVALID_LINE", at: range.from + broken.index, message, hint }];
}

const NO_ENTRY = {
  code: "ENV_INVALID_LINE",
  message: "The line has no `=`.",
  hint: "Write `NAME=value`, or make it a comment with `#`; put a value of several lines in quotes.",
} as const;

/** The text before `=` is shown only when it looks like a name: it may be a piece of a secret. */
function wrongName(name: string, at: number): Problem {
  const shown = /^[\w.-]{1,40}$/.test(name) ? `\`${name}\`` : name === "" ? "Nothing" : "The text before `=`";
  return {
    code: "ENV_NAME",
    at,
    message: `${shown} cannot be the name of a variable.`,
    hint: "Use letters, digits and `_`, not starting with a digit.",
  };
}

function unclosed(mark: string, at: number): Problem {
  const message = `The value begins with ${markName(mark)} that is never closed.`;
  return { code: "ENV_INVALID_LINE", at, message, hint: "Close it, or put the whole value in another kind of quotes." };
}

function textAfter(mark: string, at: number): Problem {
  return {
    code: "ENV_INVALID_LINE",
    at,
    message: `Something follows after the value is closed by ${markName(mark)}.`,
    hint: "Remove it, or use another kind of quotes: no quote can be escaped.",
  };
}

function markName(mark: string): string {
  return mark === "'" ? "a single quote" : mark === '"' ? "a double quote" : "a backtick";
}

function duplicate(entry: Entry, { line, first }: { readonly line: number; readonly first: number }): Problem {
  const message = `\`${entry.name}\` is set on line ${first} and again on line ${line}; the last value counts.`;
  return { code: "ENV_DUPLICATE", at: entry.at, otherLine: first, message, hint: "Remove all but one of them." };
}

/**
 * Writes a `.env` file, one variable a line where the value allows it, so that reading it gives the same names and values.
 * A value with a carriage return or NUL, or one that needs quotes and holds all three kinds, cannot be written. D40.
 */
export function printDotenv(entries: readonly Pick<DotenvEntry, "name" | "value">[]): Printed {
  const unprintable = entries.flatMap(({ name, value }) => {
    const reason = NAME.test(name) ? (quoted(value) === undefined ? UNPRINTABLE : undefined) : "It cannot be a name.";
    return reason === undefined ? [] : [{ name, reason }];
  });
  if (unprintable.length > 0) return { ok: false, unprintable };
  return { ok: true, text: entries.map(({ name, value }) => `${name}=${quoted(value)}\n`).join("") };
}

const UNPRINTABLE = "The value holds all three kinds of quotes, a carriage return or NUL.";

/** The first form that reads back as the value: bare, then single quotes, which other tools too take as they are. */
function quoted(value: string): string | undefined {
  const escaped = value.replaceAll("\n", "\\n");
  const isSimple = /^[\w@%+=:,./-]*$/.test(value);
  const inQuotes = value.includes("\n") ? [`"${escaped}"`, `'${value}'`] : [`'${value}'`, `"${value}"`];
  const forms = [...(isSimple ? [value] : []), ...inQuotes, `\`${value}\``, value];
  return forms.find((form) => readsAs(form, value));
}

function readsAs(form: string, value: string): boolean {
  const text = `A=${form}\n`;
  const { entry, problems, next } = readLine(text, lineAt(text, 0));
  return problems.length === 0 && next === text.length && entry?.value === value;
}
