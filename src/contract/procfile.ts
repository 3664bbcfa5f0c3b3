import type { ProcfileEntry } from "../model/app-contract.ts";
import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import type { Diagnostic, Parsed } from "../model/diagnostic.ts";
import { FindingList } from "./finding-list.ts";
import { shownText } from "./shown-text.ts";

const BYTE_ORDER_MARK = "\uFEFF";
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/;
const NAME_LENGTH_MAX = 63;
// oxlint-disable-next-line no-control-regex -- a carriage return and NUL are what this looks for
const FORBIDDEN = /[\r\0]/;
const MERGE_MARKER = /^([<=>|])\1{6}(?=\s|$)/;

/** A finding about one line; its file and line are known to the caller. */
type LineFinding = Pick<Diagnostic, "column" | "message" | "hint" | "otherLine"> & { readonly code: DiagnosticCode };
type LineReading = { readonly entry?: ProcfileEntry; readonly findings: readonly LineFinding[] };

/**
 * Reads a Procfile. The entries are in file order, commands byte for byte; a line with an error gives none.
 * Never throws. Codes: `PROC_…`. Contract §2, D1–D12.
 */
export function parseProcfile(raw: string, file = "Procfile"): Parsed<readonly ProcfileEntry[]> {
  const entries: ProcfileEntry[] = [];
  const found = new FindingList(file);
  const names = new EarlierNames();

  const hasMark = raw.startsWith(BYTE_ORDER_MARK);
  if (hasMark) found.add({ line: 1, ...BOM });
  const lines = (hasMark ? raw.slice(1) : raw).split(/\r?\n/);
  for (const [index, text] of lines.entries()) {
    const { entry, findings } = readLine(text, index + 1, names);
    for (const finding of findings) found.add({ line: index + 1, ...finding });
    if (entry !== undefined) entries.push(entry);
  }
  if (entries.length === 0 && !found.hasErrors()) found.add({ line: 1, ...EMPTY });
  return { value: entries, diagnostics: found.diagnostics() };
}

function readLine(text: string, line: number, names: EarlierNames): LineReading {
  const start = text.search(/\S/);
  const broken = FORBIDDEN.exec(text);
  if (broken !== null) return { findings: [forbiddenCharacter(text, broken.index)] };
  if (MERGE_MARKER.test(text)) return { findings: [mergeConflict(text)] };
  if (start === -1 || text[start] === "#") return { findings: [] };
  if (text.startsWith("//", start)) return { findings: [slashComment(start)] };
  const colon = text.indexOf(":");
  if (colon === -1) return { findings: [noEntry(text, start)] };
  return readEntry({ text, line, start, colon }, names);
}

type EntryLine = { readonly text: string; readonly line: number; readonly start: number; readonly colon: number };

/** One error about the name and one about the command are possible (D7). */
function readEntry(at: EntryLine, names: EarlierNames): LineReading {
  const name = at.text.slice(0, at.colon).trim();
  const command = at.text.slice(at.colon + 1).trim();
  const findings = [nameFinding(name, at, names), commandFinding(name, command, at)].filter(
    (found) => found !== undefined,
  );
  return findings.length > 0 ? { findings } : { entry: { name, command, line: at.line }, findings };
}

function nameFinding(name: string, at: EntryLine, names: EarlierNames): LineFinding | undefined {
  if (!NAME.test(name)) return invalidName(name, at);
  const column = at.start + 1;
  if (name.length > NAME_LENGTH_MAX) {
    const message = `\`${shownText(name)}\` has ${name.length} characters, a process name at most ${NAME_LENGTH_MAX}.`;
    return { code: "PROC_NAME_TOO_LONG", column, message, hint: "Shorten the name." };
  }
  const sameLine = names.lineOf(name);
  const similar = names.similarTo(name);
  names.add(name, at.line);
  if (sameLine !== undefined) {
    const message = `\`${name}\` on line ${at.line} is already defined on line ${sameLine}.`;
    return { code: "PROC_DUPLICATE", column, message, hint: "Rename or remove one of the two.", otherLine: sameLine };
  }
  if (similar === undefined) return undefined;
  const message = `\`${name}\` on line ${at.line} and \`${similar.name}\` on line ${similar.line} differ only in case or in \`_\` and \`-\`.`;
  return { code: "PROC_COLLIDING_NAMES", column, message, hint: "Rename one of the two.", otherLine: similar.line };
}

function invalidName(name: string, at: EntryLine): LineFinding {
  const hint = "Use letters, digits, and `-` or `_` between them, as in `web: your-command`.";
  if (name === "") {
    const message = `The line \`${shownText(at.text)}\` has no name before its colon.`;
    return { code: "PROC_INVALID_NAME", column: at.colon + 1, message, hint };
  }
  const wrong = firstWrongUnit(name);
  const character = String.fromCodePoint(name.codePointAt(wrong) ?? 0);
  const shown = /\s/.test(character) ? "a blank" : `\`${shownText(character)}\``;
  const place = wrong === 0 ? "start with" : wrong === name.length - 1 && /[_-]/.test(character) ? "end in" : "hold";
  const message = `The process name \`${shownText(name)}\` cannot ${place} ${shown}.`;
  return { code: "PROC_INVALID_NAME", column: at.start + wrong + 1, message, hint };
}

/** Index of the first UTF-16 unit that the name rule does not allow there; the ends must be letters or digits. */
function firstWrongUnit(name: string): number {
  const last = name.length - 1;
  const isAllowed = (unit: string, index: number): boolean =>
    index === 0 || index === last ? /[A-Za-z0-9]/.test(unit) : /[A-Za-z0-9_-]/.test(unit);
  return name.split("").findIndex((unit, index) => !isAllowed(unit, index));
}

function commandFinding(name: string, command: string, at: EntryLine): LineFinding | undefined {
  if (command === "" || command.startsWith("#")) {
    const found = command === "" ? "no command" : "only a comment";
    const message = `The line \`${shownText(at.text)}\` has ${found} after its colon.`;
    const hint = `Write the command that starts \`${shownText(name)}\`, or remove the line.`;
    return { code: "PROC_EMPTY_COMMAND", column: at.colon + 1, message, hint };
  }
  let backslashes = 0;
  while (command.at(-1 - backslashes) === "\\") backslashes += 1;
  if (backslashes % 2 === 0) return undefined;
  const message = `The line \`${shownText(at.text)}\` ends in a backslash, but lines of a Procfile do not continue.`;
  return {
    code: "PROC_CONTINUATION",
    column: at.text.trimEnd().length,
    message,
    hint: "Write the whole command on one line, or put it into a script.",
  };
}

/** All valid names so far, of lines with a wrong command too (D8). */
class EarlierNames {
  readonly #lines = new Map<string, number>();
  readonly #byFold = new Map<string, { readonly name: string; readonly line: number }>();

  lineOf(name: string): number | undefined {
    return this.#lines.get(name);
  }

  /** The first earlier name that gives the same resource name. */
  similarTo(name: string): { readonly name: string; readonly line: number } | undefined {
    return this.#byFold.get(foldName(name));
  }

  add(name: string, line: number): void {
    if (!this.#lines.has(name)) this.#lines.set(name, line);
    if (!this.#byFold.has(foldName(name))) this.#byFold.set(foldName(name), { name, line });
  }
}

/** Names that fold to the same are the same resource (D12). */
export function foldName(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function forbiddenCharacter(text: string, index: number): LineFinding {
  const found = text[index] === "\r" ? "a carriage return that ends no line" : "a NUL character";
  const message = `The line \`${shownText(text)}\` holds ${found}.`;
  return {
    code: "PROC_INVALID_LINE",
    column: index + 1,
    message,
    hint: "Remove it, and save the file with LF or CRLF line ends.",
  };
}

function mergeConflict(text: string): LineFinding {
  const message = `The line \`${shownText(text)}\` is a merge-conflict marker.`;
  return { code: "PROC_MERGE_CONFLICT", column: 1, message, hint: "Resolve the conflict and remove its markers." };
}

function slashComment(start: number): LineFinding {
  const message = "A comment that starts with `//` is an error on other platforms.";
  return { code: "PROC_SLASH_COMMENT", column: start + 1, message, hint: "Start the comment with `#`." };
}

function noEntry(text: string, start: number): LineFinding {
  const column = start + 1;
  const [word = ""] = text.trim().split(/\s/, 1);
  if (NAME.test(word) && word.length <= NAME_LENGTH_MAX) {
    const message = `The line \`${shownText(text)}\` has no colon after \`${word}\`.`;
    return { code: "PROC_MISSING_COLON", column, message, hint: `Write \`${word}: \` and then the command.` };
  }
  const message = `The line \`${shownText(text)}\` is not an entry of the form \`name: command\`.`;
  return { code: "PROC_INVALID_LINE", column, message, hint: "Correct it, remove it, or make it a comment with `#`." };
}

const BOM: LineFinding = {
  code: "PROC_BOM",
  column: 1,
  message: "The file starts with a byte-order mark, which other platforms take as part of the first name.",
  hint: "Save the file as UTF-8 without a byte-order mark.",
};

const EMPTY: LineFinding = {
  code: "PROC_EMPTY",
  column: 1,
  message: "The Procfile has no entry.",
  hint: "Add a line like `web: your-command`, or remove the file.",
};
