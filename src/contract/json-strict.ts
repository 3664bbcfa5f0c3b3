import type { JsonMember, JsonNode } from "./json-document.ts";

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
