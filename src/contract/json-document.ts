import { printParseErrorCode, visit, type JSONVisitor } from "jsonc-parser";
import { explainSyntax, JSON_DEPTH_MAX } from "./json-syntax-help.ts";

/**
 * A value of a text with its offset; TOML and YAML are brought into this shape too (only TOML has dates).
 * Members stay in file order, duplicates included.
 */
export type JsonNode =
  | { readonly kind: "object"; readonly offset: number; readonly members: JsonMember[] }
  | { readonly kind: "list"; readonly offset: number; readonly items: JsonNode[] }
  | { readonly kind: "text"; readonly offset: number; readonly value: string }
  | { readonly kind: "number"; readonly offset: number; readonly value: number }
  | { readonly kind: "boolean"; readonly offset: number; readonly value: boolean }
  | { readonly kind: "date"; readonly offset: number }
  | { readonly kind: "null"; readonly offset: number };

/** A key with the offset of its opening quote, and its value. */
export type JsonMember = { readonly key: string; readonly offset: number; readonly node: JsonNode };

/** The first syntax error, at the token that is wrong. */
export type JsonSyntaxProblem = { readonly offset: number; readonly message: string; readonly hint: string };

/** What a JSON text holds. `root` is absent in a text of blanks and comments. Offsets of the first comment and trailing comma. */
export type JsonDocument =
  | { readonly ok: true; readonly root?: JsonNode; readonly commentAt?: number; readonly trailingCommaAt?: number }
  | { readonly ok: false; readonly problem: JsonSyntaxProblem };

/**
 * Reads JSON with comments and trailing commas allowed. Never throws. The quick parser below takes what is strict JSON.
 * Only the first syntax error is given: what a tolerant parser finds after it is mostly its consequence (D72).
 */
export function parseJsonDocument(text: string): JsonDocument {
  const strict = parseStrictJson(text, JSON_DEPTH_MAX);
  if (strict !== undefined) return { ok: true, root: strict };
  const builder = new TreeBuilder();
  try {
    visit(text, builder.visitor, { allowTrailingComma: true, allowEmptyContent: true });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  return builder.document();
}

/** Ends the visit, which has no other way out, and so bounds the parser's recursion. */
class Stop extends Error {}

class TreeBuilder {
  readonly visitor: JSONVisitor;
  readonly #open: JsonNode[] = [];
  readonly #keys: { readonly key: string; readonly offset: number }[] = [];
  #root: JsonNode | undefined;
  #commentAt: number | undefined;
  #commaAt: number | undefined;
  #trailingCommaAt: number | undefined;
  #problem: JsonSyntaxProblem | undefined;

  constructor() {
    this.visitor = {
      onObjectBegin: (offset) => this.#begin({ kind: "object", offset, members: [] }),
      onArrayBegin: (offset) => this.#begin({ kind: "list", offset, items: [] }),
      onObjectEnd: () => this.#end(),
      onArrayEnd: () => this.#end(),
      onObjectProperty: (key, offset) => {
        this.#commaAt = undefined;
        this.#keys.push({ key, offset });
      },
      onLiteralValue: (value: unknown, offset) => this.#add(literal(value, offset)),
      onSeparator: (character, offset) => {
        if (character === ",") this.#commaAt = offset;
      },
      onComment: (offset) => {
        this.#commentAt ??= offset;
      },
      onError: (code, offset) => this.#fail({ offset, ...explainSyntax(printParseErrorCode(code)) }),
    };
  }

  document(): JsonDocument {
    if (this.#problem !== undefined) return { ok: false, problem: this.#problem };
    return {
      ok: true,
      ...(this.#root === undefined ? {} : { root: this.#root }),
      ...(this.#commentAt === undefined ? {} : { commentAt: this.#commentAt }),
      ...(this.#trailingCommaAt === undefined ? {} : { trailingCommaAt: this.#trailingCommaAt }),
    };
  }

  #fail(problem: JsonSyntaxProblem): never {
    this.#problem = problem;
    throw new Stop();
  }

  #begin(node: JsonNode): void {
    if (this.#open.length >= JSON_DEPTH_MAX) this.#fail({ offset: node.offset, ...explainSyntax("TooDeep") });
    this.#add(node);
    this.#open.push(node);
  }

  #end(): void {
    if (this.#commaAt !== undefined) this.#trailingCommaAt ??= this.#commaAt;
    this.#commaAt = undefined;
    this.#open.pop();
  }

  #add(node: JsonNode): void {
    this.#commaAt = undefined;
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = node;
    else if (parent.kind === "list") parent.items.push(node);
    else if (parent.kind === "object") {
      const key = this.#keys.pop();
      if (key !== undefined) parent.members.push({ ...key, node });
    }
  }
}

function literal(value: unknown, offset: number): JsonNode {
  if (typeof value === "string") return { kind: "text", offset, value };
  if (typeof value === "number") return { kind: "number", offset, value };
  if (typeof value === "boolean") return { kind: "boolean", offset, value };
  return { kind: "null", offset };
}

/**
 * Reads strict JSON quickly, as nodes with offsets. `undefined` for everything else, also when it is nested deeper than `depthMax`: the
 * tolerant parser, some times slower, then says what it is.
 */
export function parseStrictJson(text: string, depthMax: number): JsonNode | undefined {
  return new StrictParser(text, depthMax).parse();
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// oxlint-disable-next-line no-control-regex -- JSON texts hold none, and a backslash needs a second look
const SPECIAL = /[\u0000-\u001f\\]/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class StrictParser {
  readonly #text: string;
  readonly #depthMax: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  parse(): JsonNode | undefined {
    this.#skipBlanks();
    const root = this.#value();
    this.#skipBlanks();
    return this.#at === this.#text.length ? root : undefined;
  }

  #value(): JsonNode | undefined {
    const offset = this.#at;
    switch (this.#text[offset]) {
      case "{":
      case "[":
        return this.#nested(offset);
      case '"': {
        const value = this.#string();
        return value === undefined ? undefined : { kind: "text", offset, value };
      }
      case "t":
        return this.#word("true", { kind: "boolean", offset, value: true });
      case "f":
        return this.#word("false", { kind: "boolean", offset, value: false });
      case "n":
        return this.#word("null", { kind: "null", offset });
      default:
        return this.#number(offset);
    }
  }

  #nested(offset: number): JsonNode | undefined {
    if (this.#depth === this.#depthMax) return undefined;
    this.#depth += 1;
    this.#at += 1;
    this.#skipBlanks();
    const node = this.#text[offset] === "{" ? this.#object(offset) : this.#list(offset);
    this.#depth -= 1;
    return node;
  }

  #object(offset: number): JsonNode | undefined {
    const members: JsonMember[] = [];
    if (this.#takes("}")) return { kind: "object", offset, members };
    do {
      this.#skipBlanks();
      const keyAt = this.#at;
      const key = this.#text.charCodeAt(keyAt) === QUOTE ? this.#string() : undefined;
      this.#skipBlanks();
      if (key === undefined || !this.#takes(":")) return undefined;
      this.#skipBlanks();
      const node = this.#value();
      if (node === undefined) return undefined;
      members.push({ key, offset: keyAt, node });
      this.#skipBlanks();
    } while (this.#takes(","));
    return this.#takes("}") ? { kind: "object", offset, members } : undefined;
  }

  #list(offset: number): JsonNode | undefined {
    const items: JsonNode[] = [];
    if (this.#takes("]")) return { kind: "list", offset, items };
    do {
      this.#skipBlanks();
      const item = this.#value();
      if (item === undefined) return undefined;
      items.push(item);
      this.#skipBlanks();
    } while (this.#takes(","));
    return this.#takes("]") ? { kind: "list", offset, items } : undefined;
  }

  #string(): string | undefined {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end !== -1 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end === -1) return undefined;
    this.#at = end + 1;
    const literal = this.#text.slice(start + 1, end);
    return SPECIAL.test(literal) ? unescape(this.#text.slice(start, end + 1)) : literal;
  }

  /** Whether an odd number of backslashes stands before this place. */
  #isEscaped(at: number): boolean {
    let first = at;
    while (this.#text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    return (at - first) % 2 === 1;
  }

  #number(offset: number): JsonNode | undefined {
    NUMBER.lastIndex = offset;
    if (!NUMBER.test(this.#text)) return undefined;
    this.#at = NUMBER.lastIndex;
    return { kind: "number", offset, value: Number(this.#text.slice(offset, this.#at)) };
  }

  #word(word: string, node: JsonNode): JsonNode | undefined {
    if (!this.#text.startsWith(word, this.#at)) return undefined;
    this.#at += word.length;
    return node;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  /** Blank, tab, line feed and carriage return, as JSON has them. */
  #skipBlanks(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.#at += 1;
    }
  }
}

function unescape(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // A control character or a wrong escape; the tolerant parser says which.
    return undefined;
  }
}
