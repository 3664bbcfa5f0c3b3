import { nameOn, type LineTrait, type Platform } from "./platforms.ts";

/** A line of a Procfile that is neither blank nor a `#` comment, taken apart without judging it. Offsets from 0, inside the line. */
export type ProcfileLine = {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** Of the first visible character. */
  readonly startAt: number;
  readonly traits: readonly LineTrait[];
  /** What stands before the colon; without a colon the first word. Empty for comments and markers. */
  readonly name: string;
  /** Trimmed, a continuing `\` at its end taken off. Empty when there is none. */
  readonly command: string;
  readonly commandAt: number;
  /** Of a `\` that would continue the line. */
  readonly continuationAt?: number;
};

/** A Procfile as its author meant it. `hasMark`: it starts with a byte-order mark, which no offset counts. */
export type ProcfileText = { readonly hasMark: boolean; readonly lines: readonly ProcfileLine[] };

/** A process type as one platform knows it. Columns and lines from 1. */
export type ProcessEntry = {
  /** The platform's own name for it. */
  readonly name: string;
  readonly line: ProcfileLine;
  readonly command: string;
};

const MERGE_MARKER = /^([<=>|])\1{6}(?=\s|$)/;
const WORD_THEN_MORE = /^([A-Za-z0-9_-]+)(\s+)(?=\S)/;

/** Takes a Procfile apart. Never throws. */
export function readProcfileLines(raw: string): ProcfileText {
  const hasMark = raw.startsWith("\uFEFF");
  const texts = (hasMark ? raw.slice(1) : raw).split(/\r?\n/);
  return { hasMark, lines: texts.flatMap((text, index) => readLine(text, index + 1) ?? []) };
}

function readLine(text: string, line: number): ProcfileLine | undefined {
  const startAt = text.search(/\S/);
  if (MERGE_MARKER.test(text)) return { ...NOTHING, line, text, traits: ["mergeMarker"] };
  if (startAt === -1 || text[startAt] === "#") return undefined;
  if (text.startsWith("//", startAt)) return { ...NOTHING, line, text, startAt, traits: ["slashComment"] };
  const colonAt = text.indexOf(":");
  const name = text.slice(startAt, Math.max(colonAt, startAt)).trimEnd();
  // A colon after several words belongs to the command: `web bin/fetch http://x`.
  if (colonAt === -1 || /\s/.test(name)) return readWithoutColon({ text, line, startAt });
  return readEntry({ text, line, startAt, colonAt, name });
}

const NOTHING = { startAt: 0, name: "", command: "", commandAt: 0 };

function readWithoutColon(at: { text: string; line: number; startAt: number }): ProcfileLine {
  const [whole, name = ""] = WORD_THEN_MORE.exec(at.text.slice(at.startAt)) ?? [];
  const found = commandAfter(at.text, whole === undefined ? at.startAt : at.startAt + whole.length);
  return { ...at, traits: ["noColon"], name, ...found, ...(whole === undefined ? { command: "" } : {}) };
}

type EntryParts = { text: string; line: number; startAt: number; colonAt: number; name: string };

function readEntry({ colonAt, ...at }: EntryParts): ProcfileLine {
  const rest = at.text.slice(colonAt + 1);
  const found = commandAfter(at.text, colonAt + 1);
  const tests: readonly (readonly [LineTrait, boolean])[] = [
    ["noName", at.name === ""],
    ["blankBeforeColon", at.name !== "" && at.startAt + at.name.length < colonAt],
    ["noBlankAfterColon", /^\S/.test(rest)],
    ["indented", at.startAt > 0],
    ["noCommand", rest.trim() === ""],
    ["commentAsCommand", /^(?:#|\/\/)/.test(found.command)],
  ];
  return { ...at, traits: tests.filter(([, holds]) => holds).map(([trait]) => trait), ...found };
}

type FoundCommand = Pick<ProcfileLine, "command" | "commandAt" | "continuationAt">;

function commandAfter(text: string, from: number): FoundCommand {
  const blanks = text.slice(from).search(/\S/);
  if (blanks === -1) return { command: "", commandAt: text.length };
  const command = text.slice(from).trim();
  let backslashes = 0;
  while (command.at(-1 - backslashes) === "\\") backslashes += 1;
  const commandAt = from + blanks;
  if (backslashes % 2 === 0) return { command, commandAt };
  return { command: command.slice(0, -1).trimEnd(), commandAt, continuationAt: commandAt + command.length - 1 };
}

/**
 * The process types a platform would have once its errors are mended, in file order; a name may stand there twice.
 * Only Heroku takes a line without a colon as an entry.
 */
export function processEntries(procfile: ProcfileText, platform: Platform): readonly ProcessEntry[] {
  return procfile.lines
    .filter((line) => line.name !== "" && (platform === "heroku" ? isEntryAtHeroku(line) : !hasNoColon(line)))
    .map((line) => ({ name: nameOn(platform, line.name), line, command: line.command }));
}

function hasNoColon(line: ProcfileLine): boolean {
  return line.traits.includes("noColon");
}

function isEntryAtHeroku(line: ProcfileLine): boolean {
  return !hasNoColon(line) || line.command !== "";
}

/** Where a line is without the colon it lacks, its name is still what its author meant. */
export function meantNames(procfile: ProcfileText, platform: Platform): ReadonlySet<string> {
  return new Set(procfile.lines.filter((line) => line.name !== "").map((line) => nameOn(platform, line.name)));
}
