import { parseJsonDocument, type JsonMember, type JsonNode } from "../contract/json-document.ts";
import { positionsIn, type TextPosition } from "../contract/text-position.ts";

/** What makes a text no strict JSON, and where. `what` completes "Remove …". */
export type StrictProblem = { readonly offset: number; readonly message: string; readonly hint: string };

/** app.json as a tree with offsets, shapes unjudged. */
export type AppJsonText = {
  /** Without a byte-order mark. */
  readonly text: string;
  /** Absent in an empty or broken text, and when the value is no object. */
  readonly root?: JsonNode & { readonly kind: "object" };
  /** The first place that strict JSON does not allow. */
  readonly strictProblem?: StrictProblem;
  /** The first place that is wrong even with comments and trailing commas allowed. */
  readonly syntaxProblem?: StrictProblem;
  readonly positionOf: (offset: number) => TextPosition;
};

/** Reads app.json. Never throws. */
export function readAppJsonText(raw: string): AppJsonText {
  const hasMark = raw.startsWith("\uFEFF");
  const text = hasMark ? raw.slice(1) : raw;
  const document = parseJsonDocument(text);
  const root = document.ok && document.root?.kind === "object" ? document.root : undefined;
  // What only this reader refuses (very deep nesting) is not the file's fault.
  const syntaxProblem = document.ok || isStrictJson(text) ? undefined : document.problem;
  const problems = [hasMark ? MARK : undefined, firstLeniency(text), emptiness(text), syntaxProblem];
  const [strictProblem] = problems.filter((problem) => problem !== undefined).toSorted((a, b) => a.offset - b.offset);
  return {
    text,
    ...(root === undefined ? {} : { root }),
    ...(strictProblem === undefined ? {} : { strictProblem }),
    ...(syntaxProblem === undefined ? {} : { syntaxProblem }),
    positionOf: positionsIn(text),
  };
}

const MARK: StrictProblem = {
  offset: 0,
  message: "The file starts with a byte-order mark.",
  hint: "Save the file as UTF-8 without a byte-order mark.",
};

function emptiness(text: string): StrictProblem | undefined {
  if (text.trim() !== "") return undefined;
  return { offset: 0, message: "The file is empty.", hint: "Write at least `{}`, or remove the file." };
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Texts (to the end of their line at most), the marks that matter, and any other visible character. */
const TOKEN = /"(?:[^"\\\r\n]|\\[^\r\n])*"?|\/\/|\/\*|\S/g;

/** The first comment or trailing comma, also before a syntax error. */
function firstLeniency(text: string): StrictProblem | undefined {
  let commaAt: number | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "//" || token === "/*")
      return { offset: index, message: "The file has a comment.", hint: "Remove the comments." };
    if ((token === "}" || token === "]") && commaAt !== undefined)
      return {
        offset: commaAt,
        message: "The file has a trailing comma.",
        hint: "Remove the comma before the bracket.",
      };
    commaAt = token === "," ? index : undefined;
  }
  return undefined;
}

/** The members that count: of a key that stands there twice the last one. Empty for what is no object. */
export function membersOf(node: JsonNode | undefined): readonly JsonMember[] {
  if (node?.kind !== "object") return [];
  return [...new Map(node.members.map((member) => [member.key, member])).values()];
}

/** The items of a list; empty for what is no list. */
export function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.kind === "list" ? node.items : [];
}

/** The member of that key that counts. `isAnyCase`: the key may be written in any case. */
export function memberOf(node: JsonNode | undefined, key: string, isAnyCase: boolean): JsonMember | undefined {
  if (node?.kind !== "object") return undefined;
  return node.members.findLast((member) => member.key === key || (isAnyCase && member.key.toLowerCase() === key));
}

/** The text of a text value. */
export function textOf(node: JsonNode | undefined): string | undefined {
  return node?.kind === "text" ? node.value : undefined;
}
