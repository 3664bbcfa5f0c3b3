import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import type { JsonNode } from "./json-document.ts";
import { shownText } from "./shown-text.ts";

/** A finding at an offset of the text; `otherOffset` is the place it contradicts. */
export type JsonFinding = {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
  readonly otherOffset?: number;
};

/** Takes a finding over. */
export type Report = (finding: JsonFinding) => void;

/** A value, the JSON pointer to it, and where findings about it go. */
export type Place = { readonly node: JsonNode; readonly pointer: string; readonly report: Report };

/** The value that counts under this key of an object: the last one (D17). */
function findMember(node: JsonNode, key: string): JsonNode | undefined {
  return node.kind === "object" ? node.members.findLast((member) => member.key === key)?.node : undefined;
}

/** The place of an object's member, when it has one. */
export function memberPlace(place: Place, key: string): Place | undefined {
  const node = findMember(place.node, key);
  return node === undefined ? undefined : childPlace(place, key, node);
}

/** Reports the value as wrong, and gives nothing. */
export function reject(
  place: Place,
  code: DiagnosticCode,
  text: { readonly message: string; readonly hint: string },
): undefined {
  place.report({ code, offset: place.node.offset, path: place.pointer, ...text });
}

/** Reports that the value has not the expected JSON type, and gives nothing. */
export function wrongType(place: Place, expected: string): undefined {
  const message = `${nameOf(place.pointer)} is ${KIND_NAMES[place.node.kind]}, but must be ${expected}.`;
  return reject(place, "APP_TYPE", { message, hint: typeHint(place.node, expected) });
}

function typeHint(node: JsonNode, expected: string): string {
  if (node.kind === "null") return "Give it a value, or leave the key out.";
  if (expected.startsWith("text") && (node.kind === "number" || node.kind === "boolean"))
    return "Put the value in double quotes.";
  return `Write ${expected} here.`;
}

const KIND_NAMES: Readonly<Record<JsonNode["kind"], string>> = {
  object: "an object",
  list: "a list",
  text: "text",
  number: "a number",
  boolean: "a boolean",
  null: "null",
};

/** `env.WORKERS`, `cron[0].schedule` in backticks, for messages; `The file` for the whole. */
export function nameOf(pointer: string): string {
  if (pointer === "") return "The file";
  const tokens = pointer.slice(1).split("/").map(unescapeToken);
  const name = tokens
    .map((token, index) =>
      /^\d+$/.test(token) && index > 0 ? `[${token}]` : `${index > 0 ? "." : ""}${shownText(token)}`,
    )
    .join("");
  return `\`${name}\``;
}

/** The place of a value inside this one; `token` is its key or index. */
export function childPlace(place: Place, token: string, node: JsonNode): Place {
  return { node, pointer: `${place.pointer}/${escapeToken(token)}`, report: place.report };
}

/** One token of a JSON pointer (RFC 6901). */
export function escapeToken(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescapeToken(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
