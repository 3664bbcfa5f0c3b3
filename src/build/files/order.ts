import * as z from "zod";
import { parseDocument } from "./toml-document.ts";

/** One place in a group: a buildpack by id, and whether the group passes without it. */
export type OrderEntry = { readonly id: string; readonly optional: boolean };

/**
 * `order.toml`: the groups of buildpacks to try, in turn; the first that passes wins.
 * Written by whoever puts the buildpacks together (here: `buildpacks/order.toml`). Read by build. cnb.md §3.2.
 */
export type Order = readonly (readonly OrderEntry[])[];

const SCHEMA = z.object({
  order: z.array(
    z.object({ group: z.array(z.object({ id: z.string(), optional: z.boolean().default(false) })).min(1) }),
  ),
});

/** Throws `DocumentError`. */
export function parseOrder(text: string, document = "order.toml"): Order {
  return parseDocument(SCHEMA, text, document).order.map(({ group }) => group);
}
