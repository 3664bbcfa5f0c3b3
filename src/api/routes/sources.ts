import * as z from "zod";
import { PortsideError } from "../../model/error-registry.ts";
import { defineRoute } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { checkedDigest, digestParams } from "../params.ts";
import { limitedBody, refuseTooLong } from "../request-body.ts";

const has = defineRoute({
  method: "head",
  path: "/v1/sources/{digest}",
  access: { resource: "source", action: "read" },
  summary: "Whether the server has this source: 204, or 404.",
  request: { params: digestParams },
  responses: { 204: { description: "It has." } },
});

const store = defineRoute({
  method: "put",
  path: "/v1/sources/{digest}",
  access: { resource: "source", action: "write" },
  summary: "Uploads a source as a tar stream, gzipped or not, of at most 2 GiB.",
  request: {
    params: digestParams,
    body: { content: { "application/x-tar": { schema: z.string().meta({ format: "binary" }) } }, required: true },
  },
  responses: { 204: { description: "It is stored, or was already." } },
});

/** `portside deploy` uploads what the server lacks. */
export function addSourceRoutes(table: RouteTable, { control, limits }: ApiContext): void {
  // A HEAD route has no schemas before it, so the parameter is read here.
  table.add(has, (c) => {
    const digest = checkedDigest(c.req.param("digest"));
    if (!control.hasSource(digest)) throw new PortsideError("E_SOURCE_UNKNOWN", { digest });
    return c.body(null, 204);
  });
  table.add(store, async (c) => {
    const digest = checkedDigest(c.req.valid("param").digest);
    refuseTooLong(c.req.raw, limits.sourceBodyBytesMax);
    await control.storeSource(digest, limitedBody(c.req.raw, limits.sourceBodyBytesMax), c.req.raw.signal);
    return c.body(null, 204);
  });
}
