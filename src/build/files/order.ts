import * as z from "zod";
import { parseDocument } from "./toml-document.ts";

/** One place in a group: a buildpack by id and version, and whether the group passes without it. */
export type OrderEntry = { readonly id: string; readonly version?: string; readonly optional: boolean };

/**
 * `order.toml`, and `[[order]]` in the `buildpack.toml` of a composite: the groups of buildpacks to try, in turn; the first that
 * passes wins. Written by whoever puts the buildpacks together (here: `buildpacks/order.toml`). Read by detect. cnb.md §3.2.
 */
export type Order = readonly (readonly OrderEntry[])[];

/** `[[order]]`, in either document. */
export const ORDER = z.array(
  z.object({
    group: z
      .array(
        z.object({
          id: z.string().min(1),
          version: z.string().optional(),
          optional: z.boolean().default(false),
        }),
      )
      .min(1),
  }),
);
const SCHEMA = z.object({ order: ORDER });

/** Throws `DocumentError`. */
export function parseOrder(text: string, document = "order.toml"): Order {
  return orderOf(parseDocument(SCHEMA, text, document).order);
}

/** The groups of a checked `[[order]]`. */
export function orderOf(order: z.infer<typeof ORDER>): Order {
  return order.map(({ group }) =>
    group.map(({ id, version, optional }) => ({
      id,
      ...(version === undefined || version === "" ? {} : { version }),
      optional,
    })),
  );
}
