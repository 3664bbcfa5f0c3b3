import assert from "node:assert/strict";
import { test } from "node:test";
import { imageSchema, runImageSchema } from "../wire/images.ts";
import { DIGEST } from "./testing/fake-data.ts";
import { createHarness } from "./testing/harness.ts";

const IMAGES = "/v1/apps/demo/images";

test("an image is made as asked; the answer tells no path of the server", async () => {
  const { ask, control } = createHarness();
  const body = { release: 3, compression: "gzip", runImage: DIGEST, processType: "web", createdS: 5 };
  const response = await ask(`POST ${IMAGES}`, { body });
  assert.equal(response.status, 200);
  const image = imageSchema.strict().parse(await response.json());
  assert.equal(image.digest, DIGEST);
  assert.deepEqual(control.calls.at(-1), { method: "exportImage", args: ["demo", body] });
  await ask(`POST ${IMAGES}`, { body: {} });
  assert.deepEqual(control.calls.at(-1)?.args, ["demo", { compression: "zstd" }]);
});

test("what cannot be is refused before control hears of it", async () => {
  const { ask, control } = createHarness();
  const bodies = [
    { compression: "lz4" },
    { release: 0 },
    { runImage: "/etc/passwd" },
    { processType: "../x" },
    { createdS: -1 },
  ];
  for (const body of bodies) {
    const response = await ask(`POST ${IMAGES}`, { body });
    assert.equal(response.status, 400, JSON.stringify(body));
  }
  assert.equal((await ask(`GET ${IMAGES}/sha256:1/oci-layout`)).status, 400);
  assert.equal((await ask(`GET ${IMAGES}/${DIGEST}/docker-archive?thin=maybe`)).status, 400);
  assert.deepEqual(control.calls, []);
});

test("an image leaves as a stream, in each form", async () => {
  const { ask, control } = createHarness();
  for (const [path, form] of [
    ["oci-layout", "layout"],
    ["docker-archive", "archive"],
    ["docker-archive?thin=true", "thinArchive"],
  ]) {
    const response = await ask(`GET ${IMAGES}/${DIGEST}/${path}`);
    assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/x-tar"]);
    assert.equal(await response.text(), `tar ${form}`);
    assert.deepEqual(control.calls.at(-1)?.args, ["demo", DIGEST, form]);
  }
});

test("a run image is uploaded within the limit", async () => {
  const { ask, control } = createHarness();
  const headers = { "content-type": "application/x-tar" };
  const response = await ask("POST /v1/run-images", { headers, rawBody: "0123456789" });
  assert.deepEqual(runImageSchema.parse(await response.json()), { digest: DIGEST });
  assert.equal(control.stored.get(DIGEST), 10);
});
