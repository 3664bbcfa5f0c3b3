import * as z from "zod";
import { parseDocument } from "./toml-document.ts";

/**
 * `<layers>/<buildpack>/build.toml`: names of its plan that a buildpack leaves to later ones.
 * Written by `bin/build`. Read by build. Gone after the build. cnb.md §5.2.
 */
export type BuildToml = { readonly unmet: readonly string[] };

const SCHEMA = z.object({
  unmet: z.array(z.object({ name: z.string("unmet.name is required").min(1, "unmet.name is required") })).default([]),
});

/** Throws `DocumentError`. */
export function parseBuildToml(text: string, document = "build.toml"): BuildToml {
  return { unmet: parseDocument(SCHEMA, text, document).unmet.map(({ name }) => name) };
}
