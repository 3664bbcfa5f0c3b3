import { printParseErrorCode, visit, type JSONVisitor } from "jsonc-parser";
import { parseStrictJson } from "./json-strict.ts";

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

const DEPTH_MAX = 100;

/**
 * Reads JSON with comments and trailing commas allowed. Never throws.
 * Only the first syntax error is given: what a tolerant parser finds after it is mostly its consequence (D72).
 */
export function parseJsonDocument(text: string): JsonDocument {
  const strict = parseStrictJson(text, DEPTH_MAX);
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
      onError: (code, offset) => this.#fail({ offset, ...explain(printParseErrorCode(code)) }),
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
    if (this.#open.length >= DEPTH_MAX) this.#fail({ offset: node.offset, ...explain("TooDeep") });
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

type Explanation = { readonly message: string; readonly hint: string };

/** By the parser's name of the error. The text itself is never shown: it may be a config value. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  InvalidSymbol: {
    message: "This is no JSON value.",
    hint: "Put text and keys in double quotes; `true`, `false` and numbers stand alone.",
  },
  InvalidNumberFormat: { message: "This is no JSON number.", hint: "Write digits, as in `12` or `0.5`." },
  UnexpectedEndOfNumber: { message: "This number is not complete.", hint: "Write digits after its point or exponent." },
  PropertyNameExpected: {
    message: "A key in double quotes is missing here.",
    hint: "Add the key, or remove what stands here.",
  },
  ValueExpected: { message: "A value is missing here.", hint: "Add the value, or remove the comma or key before it." },
  ColonExpected: { message: "A colon is missing between a key and its value.", hint: 'Write `"key": value`.' },
  CommaExpected: { message: "A comma is missing before this.", hint: "Put a comma between the two." },
  CloseBraceExpected: { message: "The file ends inside an object.", hint: "Add the missing `}`." },
  CloseBracketExpected: { message: "The file ends inside a list.", hint: "Add the missing `]`." },
  EndOfFileExpected: {
    message: "Something follows after the end of the JSON value.",
    hint: "Remove it, or remove the bracket that closes too early.",
  },
  UnexpectedEndOfComment: { message: "This comment is never closed.", hint: "Close it with `*/`, or remove it." },
  UnexpectedEndOfString: {
    message: "This text is not closed on its line.",
    hint: 'Close it with `"`; write a line break as `\\n`.',
  },
  InvalidUnicode: {
    message: "This text has a `\\u` without four hexadecimal digits.",
    hint: "Write the four digits, or `\\\\` for a backslash.",
  },
  InvalidEscapeCharacter: {
    message: "This text has a backslash that escapes nothing.",
    hint: "Write `\\\\` for a backslash.",
  },
  InvalidCharacter: { message: "This text holds a control character.", hint: "Write it as `\\t` or `\\u00…`." },
  TooDeep: { message: `Objects and lists are nested more than ${DEPTH_MAX} deep here.`, hint: "Nest less deeply." },
};

function explain(name: string): Explanation {
  return EXPLANATIONS[name] ?? { message: "This is not JSON.", hint: "Correct the JSON syntax here." };
}
