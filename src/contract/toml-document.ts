import { parse, TomlError } from "smol-toml";
import type { JsonMember, JsonNode, JsonSyntaxProblem } from "./json-document.ts";
import { shownText } from "./shown-text.ts";
import { tomlPlaces, type TomlPlace } from "./toml-places.ts";

/** What a TOML text holds, as nodes with offsets, or its first syntax error. */
export type TomlDocument =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly problem: JsonSyntaxProblem };

const DEPTH_MAX = 100;

/** Reads TOML. The parser knows no places of values, so a scan of the text gives them. Never throws. */
export function parseTomlDocument(text: string): TomlDocument {
  let table: unknown;
  try {
    table = parse(text, { maxDepth: DEPTH_MAX });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { ok: false, problem: explain(error, text) };
  }
  try {
    return { ok: true, root: nodeOf(table, tomlPlaces(text), 0) };
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    const message = `Tables are nested more than ${DEPTH_MAX} deep here.`;
    return { ok: false, problem: { offset: error.offset, message, hint: "Nest less deeply." } };
  }
}

/** Dotted keys and headers nest without a bound of the parser's. */
class TooDeep extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super();
    this.offset = offset;
  }
}

function nodeOf(value: unknown, place: TomlPlace, depth: number): JsonNode {
  const offset = place.value;
  if (depth > DEPTH_MAX) throw new TooDeep(offset);
  if (typeof value === "string") return { kind: "text", offset, value };
  if (typeof value === "number") return { kind: "number", offset, value };
  if (typeof value === "boolean") return { kind: "boolean", offset, value };
  if (Array.isArray(value)) {
    const items = value.map((item, index) => nodeOf(item, place.items[index] ?? place, depth + 1));
    return { kind: "list", offset, items };
  }
  if (value instanceof Date || typeof value !== "object" || value === null) return { kind: "date", offset };
  const members = Object.entries(value).map(([key, inner]): JsonMember => {
    const at = place.members.get(key) ?? place;
    return { key, offset: at.key, node: nodeOf(inner, at, depth + 1) };
  });
  return { kind: "object", offset, members };
}

/** By what the parser says; it names kinds of mistakes, never what stands in the file. */
const HINTS: readonly (readonly [reason: RegExp, hint: string])[] = [
  [/redefine/, "Keep one of the two."],
  [/invalid value|unfinished value/, "Put text in double quotes; `true`, `false`, numbers and dates stand alone."],
  [/end-of-line/, "Put each `key = value` on a line of its own."],
  [/key/, "Write `key = value`; a key of other characters than letters, digits, `_` and `-` stands in quotes."],
  [/string/, "Close the text with the quotes it began with."],
  [/escape/, "Write `\\\\` for a backslash, or put the text in single quotes."],
];

function explain({ message: raw, line, column }: TomlError, text: string): JsonSyntaxProblem {
  const [first = ""] = raw.replace(/^Invalid TOML document: /, "").split("\n");
  const reason = shownText(first.replace(/\. aborting\.$/, ""));
  const hint = HINTS.find(([pattern]) => pattern.test(reason))?.[1] ?? "Correct it; the file is written in TOML.";
  return { offset: offsetOf(text, line, column), message: `This is not TOML: ${reason}.`, hint };
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let count = 1; count < line; count += 1) start = text.indexOf("\n", start) + 1;
  return Math.min(start + column - 1, text.length);
}
