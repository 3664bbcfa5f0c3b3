import * as z from "zod";
import { formatDocument, parseDocument } from "./toml-document.ts";

const SCHEMA = z.object({ metadata: z.record(z.string(), z.unknown()).default({}) });

/**
 * `<layers>/<buildpack>/store.toml`: what a buildpack remembers from build to build.
 * Written by `bin/build`. Read by the same buildpack at the next build. Kept byte for byte in the layer cache of embedded
 * builds, as a table in images; this only checks that it can be read. Throws `DocumentError`. cnb.md §4.
 */
export function checkStoreToml(text: string, document = "store.toml"): void {
  parseDocument(SCHEMA, text, document);
}

/** The document anew from what an image holds of it. */
export function formatStoreToml(metadata: Readonly<Record<string, unknown>>): string {
  return formatDocument({ metadata });
}
