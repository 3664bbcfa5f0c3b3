import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import { shownText } from "./shown-text.ts";
import { positionsIn } from "./text-position.ts";
import { lexWords, type Unit, type Word, type WordList } from "./word-lexer.ts";

/** Why a command cannot run in some mode: the place (both from 1), the piece of syntax found there, what to do. Codes: `CMD_…`. */
export type CommandProblem = {
  readonly code: Extract<DiagnosticCode, `CMD_${string}`>;
  readonly line: number;
  readonly column: number;
  readonly syntax: string;
  readonly message: string;
  readonly hint: string;
};

/** The words a program is given, or why there are none. */
export type CommandWords = { readonly argv: readonly string[] } | { readonly error: CommandProblem };

/**
 * How one command line would be run. `shell`: by bash, or by sh where there is no bash. `entrypoint`: its words after those of the
 * image's ENTRYPOINT. `direct`: its words as the program itself. Contract §2.
 */
export type CommandPlan = {
  readonly shell:
    | { readonly argv: readonly string[]; readonly withoutBash: readonly string[] }
    | { readonly error: CommandProblem };
  readonly entrypoint: CommandWords;
  readonly direct: CommandWords;
};

/** A piece of shell syntax at an offset of the command. */
type Syntax = { readonly at: number; readonly text: string; readonly what: string };

const OPERATORS = ";&|<>()";
const LONG_OPERATOR = /^(?:&&|\|\||;;|<<<|<<|>>|\|&|&>|>&|<&|<>|>\|)/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;
const EXPANSION = /^\$(?:\{[^}]{0,40}\}?|\([^)]{0,40}\)?|[A-Za-z_][A-Za-z0-9_]*|.)/s;
const AFTER_DOLLAR = /[A-Za-z0-9_{(@*#?$!-]/;

/** How a command line would be run in each mode. Never throws. Contract §2, D70, D71. */
export function planCommand(command: string): CommandPlan {
  const nul = command.indexOf("\0");
  const error = nul !== -1 ? nulProblem(command, nul) : command.trim() === "" ? emptyProblem() : undefined;
  if (error !== undefined) return { shell: { error }, entrypoint: { error }, direct: { error } };
  const shell = { argv: ["bash", "-c", command], withoutBash: ["sh", "-c", command] };
  const split = lexWords(command);
  return { shell, entrypoint: toWords(command, split), direct: planDirect(command, split) };
}

/** The words of a command: quotes and backslashes count, nothing is expanded, operators are characters. D70. */
export function splitWords(command: string): CommandWords {
  return toWords(command, lexWords(command));
}

function toWords(command: string, split: WordList): CommandWords {
  if (split.ok) return { argv: split.words.map((word) => word.text) };
  const isQuote = split.opened !== "\\";
  const message = isQuote
    ? `The quote \`${split.opened}\` is never closed.`
    : "The command ends in a backslash, which escapes nothing.";
  const hint = isQuote ? "Close it, or put a backslash before it." : "Remove it, or write two of them.";
  const where = positionsIn(command)(split.at);
  return { error: { code: "CMD_UNBALANCED", ...where, syntax: split.opened, message, hint } };
}

function planDirect(command: string, split: WordList): CommandWords {
  // What a shell would refuse is told as such, also when something before it needs a shell.
  if (!split.ok) return toWords(command, split);
  const found = findShellSyntax(command, split.words);
  if (found === undefined) return toWords(command, split);
  const syntax = shownText(found.text);
  const message = `${found.what} needs a shell, but the command is run without one.`;
  const hint = "Put it into a script, or write `sh -c '…'` with the command in quotes.";
  return { error: { code: "CMD_SHELL_SYNTAX", ...positionsIn(command)(found.at), syntax, message, hint } };
}

/** The first piece of the command that only a shell could do; globs, braces and `~` are passed as they are (D71). */
function findShellSyntax(command: string, words: readonly Word[]): Syntax | undefined {
  const [first] = words;
  const leading = first === undefined ? undefined : leadingSyntax(first);
  if (leading !== undefined) return leading;
  for (const { at, units } of words) {
    const [start] = units;
    if (start?.at === at && start.quoting === "bare" && start.text === "#")
      return { at, text: "#", what: "The comment that begins with `#`" };
    for (const unit of units) {
      const found = syntaxAt(command, unit);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function leadingSyntax({ at, text, units }: Word): Syntax | undefined {
  if (text === "exec") return { at, text, what: "`exec`" };
  const quoted = units.findIndex((unit) => unit.quoting !== "bare");
  const bare = (quoted === -1 ? units : units.slice(0, quoted)).map((unit) => unit.text).join("");
  // Quotes before the name leave no bare unit at the start of the word.
  const [assignment] = units[0]?.at === at ? (ASSIGNMENT.exec(bare) ?? []) : [];
  return assignment === undefined
    ? undefined
    : { at, text: assignment, what: `The assignment \`${shownText(assignment)}\`` };
}

function syntaxAt(command: string, { at, text, quoting }: Unit): Syntax | undefined {
  if (quoting === "single" || quoting === "escaped") return undefined;
  if (text === "`") return { at, text, what: "A command in backticks" };
  if (text === "$") return expansionAt(command, at, quoting);
  if (quoting === "double") return undefined;
  if (text === "\n") return { at, text: "\\n", what: "A line break" };
  if (!OPERATORS.includes(text)) return undefined;
  const [operator = text] = LONG_OPERATOR.exec(command.slice(at, at + 3)) ?? [];
  return { at, text: operator, what: `\`${operator}\`` };
}

/** A dollar before anything else is a dollar. */
function expansionAt(command: string, at: number, quoting: Unit["quoting"]): Syntax | undefined {
  const next = command[at + 1] ?? "";
  const opensQuote = quoting === "bare" && (next === "'" || next === '"');
  if (!opensQuote && !AFTER_DOLLAR.test(next)) return undefined;
  const [text = "$"] = EXPANSION.exec(command.slice(at, at + 50)) ?? [];
  return { at, text, what: `\`${shownText(text)}\`` };
}

function nulProblem(command: string, at: number): CommandProblem {
  const message = "The command holds NUL, which no program can be given.";
  return { code: "CMD_NUL", ...positionsIn(command)(at), syntax: "\\0", message, hint: "Remove the NUL character." };
}

function emptyProblem(): CommandProblem {
  const message = "The command has no word.";
  return { code: "CMD_EMPTY", line: 1, column: 1, syntax: "", message, hint: "Write the command to run." };
}
