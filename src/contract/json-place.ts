import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import type { FindingList, LateText } from "./finding-list.ts";
import type { JsonNode } from "./json-document.ts";
import { shownText } from "./shown-text.ts";
import { positionsIn } from "./text-position.ts";

/** What a finding says. Either may be worked out late, since a file with thousands of findings shows only the first. */
export type FindingText = { readonly message: LateText; readonly hint: LateText };

/** A finding at an offset of the text; `otherOffset` is the place it contradicts. */
export type JsonFinding = FindingText & {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly path: string;
  readonly otherOffset?: number;
};

/** Takes a finding over. */
export type Report = (finding: JsonFinding) => void;

/** Turns offsets of the text into lines and columns on the way into the list. */
export function reportInto(found: FindingList, text: string): Report {
  const positionOf = positionsIn(text);
  return ({ offset, otherOffset, ...finding }) => {
    const other = otherOffset === undefined ? {} : { otherLine: positionOf(otherOffset).line };
    found.add({ ...finding, ...other, ...positionOf(offset) });
  };
}

/** How findings of the readers are called in one kind of file: JSON, TOML and YAML share the readers. */
export type Dialect = {
  /** The file, as messages name it. */
  readonly file: string;
  readonly codes: Readonly<Record<"type" | "unknownKey" | "duplicateKey", DiagnosticCode>>;
  readonly kindNames: Readonly<Record<JsonNode["kind"], string>>;
};

/** A value, the JSON pointer to it, and where findings about it go. */
export type Place = {
  readonly node: JsonNode;
  readonly pointer: string;
  readonly report: Report;
  readonly dialect: Dialect;
};

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
export function reject(place: Place, code: DiagnosticCode, text: FindingText): undefined {
  place.report({ code, offset: place.node.offset, path: place.pointer, ...text });
}

/** Reports that the value has not the expected JSON type, and gives nothing. */
export function wrongType(place: Place, expected: string): undefined {
  const { codes, kindNames } = place.dialect;
  const message = (): string => `${nameOf(place.pointer)} is ${kindNames[place.node.kind]}, but must be ${expected}.`;
  return reject(place, codes.type, { message, hint: typeHint(place.node, expected) });
}

function typeHint(node: JsonNode, expected: string): string {
  if (node.kind === "null") return "Give it a value, or leave the key out.";
  if (expected.startsWith("text") && ["number", "boolean", "date"].includes(node.kind))
    return "Put the value in double quotes.";
  return `Write ${expected} here.`;
}

/** app.json and what it is made of. */
export const APP_JSON_DIALECT: Dialect = {
  file: "app.json",
  codes: { type: "APP_TYPE", unknownKey: "APP_UNKNOWN_KEY", duplicateKey: "APP_DUPLICATE_KEY" },
  kindNames: {
    object: "an object",
    list: "a list",
    text: "text",
    number: "a number",
    boolean: "a boolean",
    date: "a date",
    null: "null",
  },
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
  const { pointer, report, dialect } = place;
  return { node, pointer: `${pointer}/${escapeToken(token)}`, report, dialect };
}

/** One token of a JSON pointer (RFC 6901). */
export function escapeToken(token: string): string {
  // Nearly no key has either, and every key passes here.
  if (!token.includes("~") && !token.includes("/")) return token;
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescapeToken(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
