import assert from "node:assert/strict";
import { test } from "node:test";
import { homeAt } from "../model/home.ts";
import { ApiClient } from "./api-client.ts";
import { temporaryDirectory } from "./testing/fake-process.ts";
import { StubServer, empty } from "./testing/stub-server.ts";

const LIMIT = { timeout: 10_000 };

test("content that cannot be read fails the upload as itself, not as a server that is down", LIMIT, async (t) => {
  const home = temporaryDirectory(t);
  await new StubServer().listen(home, t);
  const gone = Object.assign(new Error("no such file"), { code: "ENOENT" });
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("some");
    throw gone;
  }
  const client = new ApiClient(homeAt(home).apiSocket);
  await assert.rejects(
    client.upload("/v1/sources/x", content(), AbortSignal.timeout(5_000)),
    (error) => error === gone,
  );
});

test("an upload waits for a slow server instead of filling memory, and arrives whole", LIMIT, async (t) => {
  const home = temporaryDirectory(t);
  const server = await new StubServer().listen(home, t);
  server.on("PUT /v1/sources/x", empty());
  let given = 0;
  async function* content(): AsyncGenerator<Uint8Array> {
    for (; given < 64; given += 1) yield Buffer.alloc(256 * 1024, given);
  }
  await new ApiClient(homeAt(home).apiSocket).upload("/v1/sources/x", content(), AbortSignal.timeout(5_000));
  assert.deepEqual([given, server.requests[0]?.body.length], [64, 64 * 256 * 1024]);
});

test("nobody on the socket is E_SERVER_DOWN, an abort is its own reason", LIMIT, async (t) => {
  const home = temporaryDirectory(t);
  const client = new ApiClient(homeAt(home).apiSocket);
  await assert.rejects(client.get("/v1/apps", AbortSignal.timeout(5_000)), { code: "E_SERVER_DOWN" });
  const reason = new Error("left");
  await assert.rejects(client.get("/v1/apps", AbortSignal.abort(reason)), (error) => error === reason);
  const server = await new StubServer().listen(home, t);
  const leaving = new AbortController();
  server.on("GET /v1/apps", () => leaving.abort(reason));
  await assert.rejects(client.get("/v1/apps", leaving.signal), (error) => error === reason);
});
