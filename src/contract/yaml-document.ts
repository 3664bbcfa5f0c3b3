import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser, type Document, type Node } from "yaml";
import type { JsonMember, JsonNode, JsonSyntaxProblem } from "./json-document.ts";

/** What a YAML text holds, as nodes with offsets, or its first error. `root` is absent in a text of blanks and comments. */
export type YamlDocument =
  | { readonly ok: true; readonly root?: JsonNode }
  | { readonly ok: false; readonly problem: JsonSyntaxProblem };

/** The parser needs time for every part of a text, right or wrong; a list of 1,000 commands has 4,000. */
const PARTS_MAX = 6_000;
const UNITS_MAX = 32_768;
const DEPTH_MAX = 50;
/** Nodes after aliases are opened; each alias stands for all of what it names. */
const NODES_MAX = 10_000;

/** Reads one YAML document. Aliases are opened. Never throws; work and result are bounded, whatever the text. */
export function parseYamlDocument(text: string): YamlDocument {
  try {
    const document = compose(text);
    const [error] = document?.errors ?? [];
    if (error !== undefined) throw new Refusal({ offset: Math.min(error.pos[0], text.length), ...explain(error.code) });
    const contents = document?.contents ?? undefined;
    return contents === undefined ? { ok: true } : { ok: true, root: new Opener().open(contents, 0) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, problem: error.problem };
  }
}

class Refusal extends Error {
  readonly problem: JsonSyntaxProblem;

  constructor(problem: JsonSyntaxProblem) {
    super();
    this.problem = problem;
  }
}

/** Lexer, parser and composer one after the other, so that a text that is too much is left before the slow part. */
function compose(text: string): Document.Parsed | undefined {
  if (text.length > UNITS_MAX) throw new Refusal({ offset: UNITS_MAX, ...TOO_LARGE });
  const parser = new Parser();
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false });
  const documents: Document.Parsed[] = [];
  let parts = 0;
  for (const part of new Lexer().lex(text)) {
    parts += 1;
    if (parts > PARTS_MAX) throw new Refusal({ offset: Math.min(parser.offset, text.length), ...TOO_LARGE });
    for (const token of parser.next(part)) documents.push(...composer.next(token));
    if (parser.stack.length > DEPTH_MAX)
      throw new Refusal({ offset: Math.min(parser.offset, text.length), ...TOO_DEEP });
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end());
  const [first, second] = documents;
  if (second !== undefined) {
    const message = "The file holds more than one document.";
    throw new Refusal({ offset: second.range[0], message, hint: "Remove the line `---` between them." });
  }
  return first;
}

/** Turns the parser's nodes into ours. They are visited in the order of the file, so an anchor is known before its aliases. */
class Opener {
  readonly #anchors = new Map<string, Node>();
  #nodes = 0;
  #depth = 0;
  #aliasDepth = 0;

  open(node: Node | null, at: number): JsonNode {
    const offset = node?.range?.[0] ?? at;
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX) throw new Refusal({ offset, ...TOO_LARGE });
    // An alias inside what it names would go on for ever.
    if (this.#depth > DEPTH_MAX) throw new Refusal({ offset, ...TOO_DEEP });
    this.#depth += 1;
    const opened = isAlias(node) ? this.#alias(node.source, offset) : this.#content(node, offset);
    this.#depth -= 1;
    return opened;
  }

  #alias(name: string, offset: number): JsonNode {
    const target = this.#anchors.get(name);
    if (target === undefined) throw new Refusal({ offset, ...explain("BAD_ALIAS") });
    this.#aliasDepth += 1;
    const opened = this.open(target, offset);
    this.#aliasDepth -= 1;
    return { ...opened, offset };
  }

  #content(node: Node | null, offset: number): JsonNode {
    // What an alias opens was visited before; its anchors may have other owners by now.
    if (node?.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    if (isSeq<Node | null>(node))
      return { kind: "list", offset, items: node.items.map((item) => this.open(item, offset)) };
    if (!isMap<Node | null, Node | null>(node)) return scalar(isScalar(node) ? node.value : null, offset);
    const members = node.items.map(({ key, value }): JsonMember => {
      const keyOffset = key?.range?.[0] ?? offset;
      return { key: keyText(key), offset: keyOffset, node: this.open(value, keyOffset) };
    });
    return { kind: "object", offset, members };
  }
}

function scalar(value: unknown, offset: number): JsonNode {
  if (typeof value === "string") return { kind: "text", offset, value };
  if (typeof value === "number") return { kind: "number", offset, value };
  if (typeof value === "boolean") return { kind: "boolean", offset, value };
  return { kind: "null", offset };
}

/** A key that is a list or a map is none that anybody knows. */
function keyText(key: Node | null): string {
  return isScalar(key) ? String(key.value) : "?";
}

type Explanation = { readonly message: string; readonly hint: string };

const TOO_LARGE: Explanation = {
  message: "The file has more parts than a list of hooks can need.",
  hint: "Put the commands into a script, and call that.",
};
const TOO_DEEP: Explanation = {
  message: `Lists and maps are nested more than ${DEPTH_MAX} deep here.`,
  hint: "Nest less deeply.",
};

/** By the parser's code. What it says itself may quote the file. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  BAD_ALIAS: {
    message: "There is no anchor for this alias.",
    hint: "Name the anchor before it, or write the value out.",
  },
  BAD_DIRECTIVE: { message: "This line with `%` is no YAML directive.", hint: "Remove it, or put text in quotes." },
  BAD_DQ_ESCAPE: {
    message: "This text has a backslash that escapes nothing.",
    hint: "Write `\\\\` for a backslash, or put the text in single quotes.",
  },
  BAD_INDENT: { message: "The indentation is not that of the lines around it.", hint: "Align it with the others." },
  BAD_SCALAR_START: { message: "A text cannot begin with this character.", hint: "Put the text in quotes." },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "There is a second `: ` on the line.",
    hint: "Put the command in quotes, or its key on a line of its own.",
  },
  BLOCK_IN_FLOW: { message: "A list with `-` cannot stand in brackets.", hint: "Separate its items by commas." },
  DUPLICATE_KEY: { message: "The key stands there twice.", hint: "Keep one of them." },
  MISSING_CHAR: {
    message: "A quote, bracket, comma, colon or blank is missing here.",
    hint: "Add it; put a command with `:`, `#`, quotes or brackets in quotes as a whole.",
  },
  MULTILINE_IMPLICIT_KEY: { message: "A key cannot go over several lines.", hint: "Write `key:` on one line." },
  TAB_AS_INDENT: { message: "YAML does not take tabs as indentation.", hint: "Indent with spaces." },
  TAG_RESOLVE_FAILED: { message: "This tag (`!…`) is not known.", hint: "Remove it, or put the text in quotes." },
  RESOURCE_EXHAUSTION: TOO_DEEP,
};

function explain(code: string): Explanation {
  return (
    EXPLANATIONS[code] ?? {
      message: "This is not YAML.",
      hint: "Correct it; put a command with `:`, `#`, quotes or brackets in quotes as a whole.",
    }
  );
}
