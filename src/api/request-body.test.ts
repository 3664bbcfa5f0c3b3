import assert from "node:assert/strict";
import { test } from "node:test";
import { problemSchema } from "../wire/problem.ts";
import { DIGEST } from "./testing/fake-data.ts";
import { createHarness } from "./testing/harness.ts";
import { API_LIMITS, describeBytes } from "./limits.ts";

const rollbacks = "POST /v1/apps/demo/rollbacks";
const json = { "content-type": "application/json" };

/** `{"release":1}` and blanks up to that length. */
function padded(byteCount: number): string {
  return '{"release":1}'.padEnd(byteCount, " ");
}

/** A body that comes in pieces and announces no length. `pulled` counts the bytes that were asked for. */
function streamed(byteCount: number, pieceBytes: number): { body: ReadableStream<Uint8Array>; pulled: () => number } {
  let given = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const size = Math.min(pieceBytes, byteCount - given);
        given += size;
        if (size === 0) controller.close();
        else controller.enqueue(new Uint8Array(size).fill(32));
      },
    },
    { highWaterMark: 0 },
  );
  return { body, pulled: () => given };
}

test("a JSON body has 2 MiB at most, announced or not; one byte more is 413 (security rule 15)", async () => {
  const { ask } = createHarness();
  const max = API_LIMITS.jsonBodyBytesMax;
  assert.equal((await ask(rollbacks, { rawBody: padded(max), headers: json })).status, 202);
  for (const headers of [json, { ...json, "content-length": String(max + 1) }]) {
    const response = await ask(rollbacks, { rawBody: padded(max + 1), headers });
    assert.equal(response.status, 413);
    assert.match(problemSchema.parse(await response.json()).detail, /larger than 2 MiB/);
  }
  const endless = streamed(Number.MAX_SAFE_INTEGER, 65_536);
  assert.equal((await ask(rollbacks, { rawBody: endless.body, headers: json })).status, 413);
  assert.ok(endless.pulled() <= max + 65_536, `${endless.pulled()} bytes were read`);
});

test("a source is refused by its announced length, or at the byte too many", async () => {
  const announced = createHarness();
  const tooLong = { "content-length": String(API_LIMITS.sourceBodyBytesMax + 1) };
  const refused = await announced.ask(`PUT /v1/sources/${DIGEST}`, { rawBody: "x", headers: tooLong });
  assert.equal(refused.status, 413);
  assert.match(problemSchema.parse(await refused.json()).detail, /larger than 2 GiB/);
  assert.deepEqual(announced.control.calls, []);

  const { ask, control } = createHarness({ sourceBodyBytesMax: 1_000 });
  assert.equal((await ask(`PUT /v1/sources/${DIGEST}`, { rawBody: streamed(1_000, 64).body })).status, 204);
  assert.equal(control.stored.get(DIGEST), 1_000);
  control.stored.clear();
  const endless = streamed(Number.MAX_SAFE_INTEGER, 64);
  assert.equal((await ask(`PUT /v1/sources/${DIGEST}`, { rawBody: endless.body })).status, 413);
  assert.ok(endless.pulled() < 1_100);
  assert.equal(control.stored.size, 0);
});

test("JSON of depth 100,000 is refused like any other wrong shape", async () => {
  const { ask } = createHarness();
  for (const [open, close] of [
    ["[", "]"],
    ['{"values":', "}"],
  ] as const) {
    const rawBody = `{"values":${open.repeat(100_000)}1${close.repeat(100_000)}}`;
    const response = await ask("PATCH /v1/apps/demo/config", { rawBody, headers: json });
    assert.equal(response.status, 400);
  }
});

test("a thousand mistakes make one short answer", async () => {
  const { ask } = createHarness();
  const values = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`${"N".repeat(1_000)}${index}`, index]),
  );
  const response = await ask("PATCH /v1/apps/demo/config", { body: { values } });
  const text = await response.text();
  assert.equal(response.status, 400);
  assert.match(text, /and 990 more/);
  assert.ok(text.length < 5_000, `${text.length} characters`);
});

test("config values are in no answer and no log, whatever is wrong with the request (security rule 6)", async () => {
  const canary = "c4nary-v4lue";
  const bodies: readonly string[] = [
    `{"values":{"A":"${canary}"`,
    `{"values":{"A":"${canary}","B":7}}`,
    `{"values":"${canary}"}`,
    `{"values":{"A":["${canary}"]}}`,
    `{"values":{"A":"${canary}"},"more":"${canary}"}`,
    `${canary}`,
    `{"values":{"A":"${canary}\\ud800"}}`,
    `{"values":{"A":"${canary}"}}`,
  ];
  for (const rawBody of bodies) {
    const { ask, logged } = createHarness();
    const response = await ask("PATCH /v1/apps/demo/config", { rawBody, headers: json });
    const seen =
      (await response.text()) +
      JSON.stringify(logged, (_, value) => (value instanceof Error ? String(value.stack) : value));
    assert.doesNotMatch(seen, new RegExp(canary), rawBody);
  }
});

test("sizes are told in the largest unit that fits", () => {
  assert.deepEqual([2 ** 31, 2 ** 21, 3 * 1024, 1_000].map(describeBytes), ["2 GiB", "2 MiB", "3 KiB", "1000 bytes"]);
});
