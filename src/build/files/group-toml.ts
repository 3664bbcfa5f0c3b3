import * as z from "zod";
import { ID, VERSION } from "./buildpack-toml.ts";
import { formatDocument, parseDocument } from "./toml-document.ts";

/** A buildpack that takes part, by id and version. */
export type GroupElement = {
  readonly id: string;
  readonly version: string;
  readonly api: string;
  readonly homepage?: string;
};

const SCHEMA = z.object({
  group: z
    .array(z.object({ id: ID, version: VERSION, api: z.string().default(""), homepage: z.string().optional() }))
    .default([]),
});

/**
 * `<layers>/group.toml`: the buildpacks that take part, in order.
 * Written by detect. Read by restore, build and export; inside one process the phases hand the value on. cnb.md §3.3.
 */
export function formatGroupToml(group: readonly GroupElement[]): string {
  return formatDocument({ group: group.map(({ id, version, api, homepage }) => ({ id, version, api, homepage })) });
}

/** Throws `DocumentError`. An empty text is a group of nobody. */
export function parseGroupToml(text: string, document = "group.toml"): readonly GroupElement[] {
  return parseDocument(SCHEMA, text, document).group.map(({ id, version, api, homepage }) => ({
    id,
    version,
    api,
    ...(homepage === undefined ? {} : { homepage }),
  }));
}
