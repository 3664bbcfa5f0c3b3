import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { DocumentError, formatDocument, parseDocument, parseTable } from "./toml-document.ts";

/** What a layer is for. All false: for nothing, it is set aside. */
export type LayerTypes = { readonly launch: boolean; readonly build: boolean; readonly cache: boolean };

/** A layer a buildpack made or kept. */
export type BuiltLayer = { readonly name: string; readonly types: LayerTypes };

const FLAG = z.boolean().default(false);
const SCHEMA = z.object({
  types: z.object({ launch: FLAG, build: FLAG, cache: FLAG }).default({ launch: false, build: false, cache: false }),
});
const OLD_FLAGS = ["launch", "build", "cache"];

/**
 * `<layers>/<buildpack>/<layer>.toml`: what a layer is for, and what the buildpack notes about it.
 * Written by `bin/build`. Read by build, restore and export, and by the same buildpack at the next build. cnb.md §5.
 * Throws `DocumentError`, also for the flags at the top level that were right before API 0.6.
 */
export function parseLayerTypes(text: string, document: string): LayerTypes {
  const table = parseTable(text, document);
  const old = OLD_FLAGS.find((flag) => flag in table);
  if (old !== undefined)
    throw new DocumentError(document, `\`${old}\` stands at the top level; it belongs into \`[types]\``);
  return parseDocument(SCHEMA, text, document).types;
}

/**
 * The file as a restored layer gets it: metadata only, no `[types]`, since the buildpack must declare those again (§4).
 * Keeps the buildpack's own bytes where `[types]` can be cut out as a block; formatting anew would turn 1.0 into 1.
 */
export function withoutTypes(text: string, document: string): string {
  const { types: _, ...wanted } = parseTable(text, document);
  const cut = withoutBlock(text);
  return isSameTable(cut, wanted, document) ? cut : formatDocument(wanted);
}

/** The same file anew from what an image or a tar cache holds of it: a table, so that the buildpack's own bytes are gone. */
export function formatLayerMetadata(metadata: Readonly<Record<string, unknown>>): string {
  return Object.keys(metadata).length === 0 ? "" : formatDocument({ metadata });
}

/** Without the lines from `[types]` to the next table; blank lines before that stay. One pass: a file may be all blank lines. */
function withoutBlock(text: string): string {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => /^[ \t]*\[types\]/.test(line));
  if (from < 0) return text;
  let to = lines.findIndex((line, index) => index > from && /^[ \t\r]*\[/.test(line));
  if (to < 0)
    return lines
      .slice(0, from)
      .map((line) => `${line}\n`)
      .join("");
  while (to - 1 > from && lines[to - 1]?.trim() === "") to -= 1;
  return [...lines.slice(0, from), ...lines.slice(to)].join("\n");
}

function isSameTable(text: string, wanted: Readonly<Record<string, unknown>>, document: string): boolean {
  try {
    return isDeepStrictEqual(parseTable(text, document), wanted);
  } catch {
    // The cut went through a text of several lines: the caller formats the table instead.
    return false;
  }
}
