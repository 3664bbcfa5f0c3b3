import { Readable } from "node:stream";
import * as z from "zod";
import type { ExportOrder } from "../../control/control-plane.ts";
import { imageRequestSchema, imageSchema, runImageSchema } from "../../wire/images.ts";
import { defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { appParams, checkedDigest, digestParams, knownAppName } from "../params.ts";
import { limitedBody, refuseTooLong } from "../request-body.ts";

const TAR = { "application/x-tar": { schema: z.string().meta({ format: "binary" }) } };
const imageParams = appParams.extend(digestParams.shape);

const make = defineRoute({
  method: "post",
  path: "/v1/apps/{app}/images",
  access: { resource: "release", action: "export" },
  summary: "Makes an OCI image of a release; answers when it is made.",
  request: { params: appParams, body: jsonBody(imageRequestSchema) },
  responses: { 200: jsonAnswer(imageSchema, "The image, the app's newest from now on.") },
});

const layout = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/images/{digest}/oci-layout",
  access: { resource: "release", action: "export" },
  summary: "The app's newest image as a tar of an OCI image layout.",
  request: { params: imageParams },
  responses: { 200: { content: TAR, description: "The tar." } },
});

const archive = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/images/{digest}/docker-archive",
  access: { resource: "release", action: "export" },
  summary: "The app's newest image as `docker load` reads it; with `thin=true` without the run image's layers.",
  request: { params: imageParams, query: z.object({ thin: z.enum(["true", "false"]).optional() }) },
  responses: { 200: { content: TAR, description: "The tar." } },
});

const storeRunImage = defineRoute({
  method: "post",
  path: "/v1/run-images",
  access: { resource: "runImage", action: "write" },
  summary: "Uploads a run image: the tar of an OCI image layout or a docker-archive. The last five are kept.",
  request: { body: { content: TAR, required: true } },
  responses: { 200: jsonAnswer(runImageSchema, "It is stored under this digest.") },
});

/** `portside image:export`. */
export function addImageRoutes(table: RouteTable, { control, limits }: ApiContext): void {
  table.add(make, async (c) => {
    const { release, compression, runImage, processType, createdS } = c.req.valid("json");
    const order: ExportOrder = {
      compression,
      ...(release === undefined ? {} : { release }),
      ...(runImage === undefined ? {} : { runImage: checkedDigest(runImage) }),
      ...(processType === undefined ? {} : { processType }),
      ...(createdS === undefined ? {} : { createdS }),
    };
    const image = await control.exportImage(knownAppName(c.req.valid("param").app), order, c.req.raw.signal);
    return c.json(imageSchema.parse(image), 200);
  });
  table.add(layout, (c) => {
    const { app, digest } = c.req.valid("param");
    const { signal } = c.req.raw;
    return tarResponse(control.readImage(knownAppName(app), { digest: checkedDigest(digest), form: "layout" }, signal));
  });
  table.add(archive, (c) => {
    const { app, digest } = c.req.valid("param");
    const form = c.req.valid("query").thin === "true" ? "thinArchive" : "archive";
    return tarResponse(control.readImage(knownAppName(app), { digest: checkedDigest(digest), form }, c.req.raw.signal));
  });
  table.add(storeRunImage, async (c) => {
    refuseTooLong(c.req.raw, limits.sourceBodyBytesMax);
    const digest = await control.storeRunImage(limitedBody(c.req.raw, limits.sourceBodyBytesMax), c.req.raw.signal);
    return c.json({ digest }, 200);
  });
}

/** As fast as the reader takes it. A failure on the way cuts the connection, so that half a tar is not taken for a whole one. */
function tarResponse(tar: AsyncIterable<Uint8Array>): Response {
  const body = Readable.toWeb(Readable.from(tar, { objectMode: false })) as ReadableStream;
  return new Response(body, { headers: { "Content-Type": "application/x-tar" } });
}
