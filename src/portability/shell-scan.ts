import type { QuotedPiece, ShellPiece, ShellText, ShellWord } from "./shell-text.ts";
import { wrapperOf } from "./shell-signals.ts";

/**
 * Reads a command line without a syntax tree: quotes, expansions, operators and the comment, in one pass. For lines that no
 * shell would run, or that are too much for the parser. What is not closed reaches to the end of the line. Never throws.
 */
export function scanShell(text: string): ShellText {
  const scan = new Scan(text);
  scan.run();
  const { words } = scan;
  const [first] = words;
  const isAssignment = first !== undefined && ASSIGNMENT.test(first.text);
  const wrapper = wrapperOf(words);
  const hasExec = words.some(({ text: word }) => word === "exec");
  const hasProgram = words.some(({ text: word }) => !ASSIGNMENT.test(word));
  return {
    text,
    ...(scan.commentAt === undefined ? {} : { commentAt: scan.commentAt }),
    operators: scan.operators,
    ...(isAssignment ? { assignment: { at: first.at, text: first.text } } : {}),
    ...(first?.text === "exec" ? { exec: { at: first.at, text: first.text } } : {}),
    expansions: scan.expansions,
    quoted: scan.quoted,
    runningWords: words,
    // Without a tree nothing is known about the end of the line, so nothing is claimed when any `exec` is there.
    stays: { outer: hasProgram && !hasExec, ...(wrapper === undefined ? {} : { wrapper }) },
  };
}

const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
const NAME_OR_SPECIAL = /\$(?:[A-Za-z_]\w*|[0-9@*#?!$-])/y;

class Scan {
  readonly operators: ShellPiece[] = [];
  readonly expansions: ShellPiece[] = [];
  readonly quoted: QuotedPiece[] = [];
  readonly words: ShellWord[] = [];
  commentAt: number | undefined;
  readonly #text: string;
  #at = 0;
  #wordAt: number | undefined;
  #value = "";

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    while (this.#at < this.#text.length && this.commentAt === undefined) this.#step();
    this.#endWord();
  }

  #step(): void {
    const character = this.#text[this.#at] ?? "";
    if (/[\s;&|<>()]/.test(character)) return this.#between(character);
    if (character === "#" && this.#wordAt === undefined) {
      this.commentAt = this.#at;
      return;
    }
    this.#wordAt ??= this.#at;
    if (character === "'") return this.#single();
    if (character === '"') return this.#double();
    if (character === "\\") return this.#take(this.#at + 2, this.#text.slice(this.#at + 1, this.#at + 2));
    const end = this.#expansionEnd();
    if (end === undefined) return this.#take(this.#at + 1, character);
    const text = this.#text.slice(this.#at, end);
    this.expansions.push({ at: this.#at, text });
    this.#take(end, text);
  }

  #between(character: string): void {
    this.#endWord();
    const last = this.operators.at(-1);
    if (!/\s/.test(character)) {
      if (last !== undefined && last.at + last.text.length === this.#at) this.operators.pop();
      const text = last !== undefined && last.at + last.text.length === this.#at ? last.text + character : character;
      this.operators.push({ at: this.#at + 1 - text.length, text });
    }
    this.#at += 1;
  }

  #take(end: number, value: string): void {
    this.#value += value;
    this.#at = Math.min(end, this.#text.length);
  }

  #endWord(): void {
    if (this.#wordAt === undefined) return;
    this.words.push({ at: this.#wordAt, text: this.#text.slice(this.#wordAt, this.#at), value: this.#value });
    this.#wordAt = undefined;
    this.#value = "";
  }

  #single(): void {
    const close = this.#text.indexOf("'", this.#at + 1);
    const end = close === -1 ? this.#text.length : close + 1;
    const inner = this.#text.slice(this.#at + 1, close === -1 ? end : close);
    this.quoted.push({ at: this.#at, text: this.#text.slice(this.#at, end), kind: "single", inner, literal: inner });
    this.#take(end, inner);
  }

  #double(): void {
    const from = this.#at;
    let literal = "";
    let value = "";
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const isEscape = this.#text[this.#at] === "\\";
      const end = isEscape ? undefined : this.#expansionEnd();
      const piece = this.#text.slice(this.#at, end ?? this.#at + (isEscape ? 2 : 1));
      if (end !== undefined) this.expansions.push({ at: this.#at, text: piece });
      const plain = isEscape && /^\\["\\$`]$/.test(piece) ? piece.slice(1) : piece;
      if (end === undefined) literal += plain;
      value += plain;
      this.#at += piece.length;
    }
    const inner = this.#text.slice(from + 1, this.#at);
    this.quoted.push({ at: from, text: this.#text.slice(from, this.#at + 1), kind: "double", inner, literal });
    this.#take(this.#at + 1, value);
  }

  /** Where the expansion that starts here ends; nothing when none does. */
  #expansionEnd(): number | undefined {
    const text = this.#text;
    if (text[this.#at] === "`") {
      const close = text.indexOf("`", this.#at + 1);
      return close === -1 ? text.length : close + 1;
    }
    if (text[this.#at] !== "$") return undefined;
    const next = text[this.#at + 1];
    if (next === "(") return this.#closing("(", ")");
    if (next === "{") return this.#closing("{", "}");
    NAME_OR_SPECIAL.lastIndex = this.#at;
    return NAME_OR_SPECIAL.test(text) ? NAME_OR_SPECIAL.lastIndex : undefined;
  }

  #closing(open: string, close: string): number {
    let depth = 0;
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      if (this.#text[at] === open) depth += 1;
      else if (this.#text[at] === close) depth -= 1;
      if (depth === 0) return at + 1;
    }
    return this.#text.length;
  }
}
