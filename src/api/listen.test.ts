import assert from "node:assert/strict";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { systemClock } from "../lib/clock.ts";
import { exec } from "../lib/exec.ts";
import { secret } from "../lib/secret.ts";
import { homeAt } from "../model/home.ts";
import type { Home } from "../model/home.ts";
import { problemSchema } from "../wire/problem.ts";
import type { ApiLogEntry } from "./api-log.ts";
import { listenApi } from "./listen.ts";
import type { ApiListener } from "./listen.ts";
import { FakeControl } from "./testing/fake-control.ts";
import { DIGEST } from "./testing/fake-data.ts";
import { EventReader, TOKEN, until } from "./testing/harness.ts";

const bearer = { authorization: `Bearer ${TOKEN}` };

type Doors = ApiListener & {
  readonly home: Home;
  readonly control: FakeControl;
  readonly logged: ApiLogEntry[];
  readonly port: number;
};

function temporaryHome(t: TestContext): Home {
  const root = mkdtempSync(join(tmpdir(), "portside-api-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return homeAt(root);
}

async function openDoors(t: TestContext, home = temporaryHome(t)): Promise<Doors> {
  const control = new FakeControl();
  const logged: ApiLogEntry[] = [];
  const log = (entry: ApiLogEntry): void => void logged.push(entry);
  const listener = await listenApi({
    home,
    control,
    log,
    token: secret(TOKEN),
    clock: systemClock,
    version: "0.1.0",
    appSchema: () => ({ title: "app.json" }),
  });
  t.after(() => listener.close());
  return { ...listener, home, control, logged, port: Number(new URL(listener.url).port) };
}

/** One request through node:http; `body` is sent whole. */
function send(options: RequestOptions, body: string | Uint8Array = ""): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent: false, ...options }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Bytes as they are over TCP, and all that comes back. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

test("the socket knows its owner, the loopback port wants the token", async (t) => {
  const { home, url, port } = await openDoors(t);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await send({ socketPath: home.apiSocket, path: "/v1/apps" })).status, 200);
  assert.equal((await send({ port, host: "127.0.0.1", path: "/v1/apps" })).status, 401);
  assert.equal((await send({ port, host: "127.0.0.1", path: "/v1/apps", headers: bearer })).status, 200);
  assert.equal((await fetch(`${url}/openapi.json`)).status, 200);
});

test("the socket file is 0600 whatever the umask, and leaves nothing beside it (security rule 22)", async (t) => {
  const home = temporaryHome(t);
  const code = `process.umask(0);
    const { listenApi } = await import(${JSON.stringify(import.meta.resolve("./listen.ts"))});
    const { systemClock } = await import(${JSON.stringify(import.meta.resolve("../lib/clock.ts"))});
    const { secret } = await import(${JSON.stringify(import.meta.resolve("../lib/secret.ts"))});
    const { lstatSync, readdirSync } = await import("node:fs");
    const home = ${JSON.stringify(home)};
    const api = await listenApi({ home, control: {}, log: () => {}, token: secret("t".repeat(43)), clock: systemClock, version: "0", appSchema: () => ({}) });
    const mode = (lstatSync(home.apiSocket).mode & 0o777).toString(8);
    process.stdout.write(JSON.stringify([mode, readdirSync(home.root)]));
    await api.close();`;
  const { stdout, stderr } = await exec([process.execPath, "--input-type=module", "-e", code], {
    cwd: home.root,
    env: {},
    limitMs: 20_000,
  });
  assert.deepEqual([stdout, stderr], [JSON.stringify(["600", ["api.sock"]]), ""]);
  assert.deepEqual(readdirSync(home.root), []);
});

test("a stale socket file is replaced; one that answers is left alone", async (t) => {
  const first = await openDoors(t);
  await assert.rejects(openDoors(t, first.home), { code: "E_SERVER_START" });
  assert.equal((await send({ socketPath: first.home.apiSocket, path: "/v1/apps" })).status, 200);
  assert.deepEqual(readdirSync(first.home.root), ["api.sock"]);
  await first.close();

  // A bound file whose listener died without removing it.
  const { home } = first;
  const code = `require("node:net").createServer().listen(${JSON.stringify(home.apiSocket)}, () => process.kill(process.pid, "SIGKILL"))`;
  await exec([process.execPath, "-e", code], { cwd: home.root, env: {}, limitMs: 20_000 });
  assert.ok(lstatSync(home.apiSocket).isSocket());
  await openDoors(t, home);
  assert.equal((await send({ socketPath: home.apiSocket, path: "/v1/apps" })).status, 200);
});

test("what cannot be a socket is a clear error and leaves the file alone", async (t) => {
  const inTheWay = temporaryHome(t);
  writeFileSync(inTheWay.apiSocket, "precious");
  await assert.rejects(openDoors(t, inTheWay), { code: "E_SERVER_START", message: /is in the way and is no socket/ });
  assert.equal(lstatSync(inTheWay.apiSocket).size, 8);

  const { root } = temporaryHome(t);
  await assert.rejects(openDoors(t, homeAt(join(root, "missing"))), { code: "E_HOME_UNUSABLE", message: /ENOENT/ });

  const deep = join(root, "d".repeat(120));
  mkdirSync(deep);
  await assert.rejects(openDoors(t, homeAt(deep)), { code: "E_HOME_UNUSABLE", message: /too long for a Unix socket/ });
  assert.deepEqual(readdirSync(deep), []);
});

test("closing leaves the socket of a successor alone", async (t) => {
  const { home, close } = await openDoors(t);
  rmSync(home.apiSocket);
  const successor = createServer();
  await new Promise<void>((resolve) => void successor.listen(home.apiSocket, resolve));
  chmodSync(home.apiSocket, 0o600);
  await close();
  assert.ok(lstatSync(home.apiSocket).isSocket());
  await new Promise((resolve) => successor.close(resolve));
});

const HOSTS: readonly [host: string, status: number][] = [
  ["localhost", 200],
  ["LOCALHOST:1", 200],
  ["127.0.0.1:80", 200],
  ["127.9.9.9", 200],
  ["[::1]:80", 200],
  ["evil.example", 403],
  ["localhost.evil.example", 403],
  ["127.0.0.1.evil.example", 403],
  ["evil.example:80", 403],
  ["0.0.0.0", 403],
  ["192.168.1.1", 403],
  ["demo.localhost", 403],
  ["user@localhost", 400],
  ["localhost/x", 400],
  ["", 400],
];

test("only loopback names are served on the port (DNS rebinding), once each", async (t) => {
  const { port, control } = await openDoors(t);
  for (const [host, status] of HOSTS) {
    const answer = await sendRaw(
      port,
      `GET /v1/apps HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), `${host}: ${answer}`);
  }
  const served = control.calls.length;
  const heads: readonly [name: string, head: string][] = [
    ["two Hosts", "GET /v1/apps HTTP/1.1\r\nHost: localhost\r\nHost: evil.example"],
    ["an absolute address", "GET http://evil.example/v1/apps HTTP/1.1\r\nHost: localhost"],
    ["no Host", "GET /v1/apps HTTP/1.0\r\nX-A: 1"],
  ];
  for (const [name, head] of heads) {
    const answer = await sendRaw(port, `${head}\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 40[03] /, name);
    assert.match(answer, /application\/problem\+json/i, name);
  }
  assert.equal(control.calls.length, served);
});

test("a page of another origin changes nothing; its own origin may", async (t) => {
  const { port, control } = await openDoors(t);
  const post = (origin: string): Promise<{ status: number; text: string }> =>
    send({ port, host: "127.0.0.1", method: "POST", path: "/v1/apps/demo/restarts", headers: { ...bearer, origin } });
  for (const origin of [
    "http://evil.example",
    "null",
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port + 1}`,
    `http://localhost:${port}`,
    "",
  ]) {
    assert.equal((await post(origin)).status, 403, origin);
  }
  assert.deepEqual(control.calls, []);
  assert.equal((await post(`http://127.0.0.1:${port}`)).status, 202);
  const read = await send({
    port,
    host: "127.0.0.1",
    path: "/v1/apps",
    headers: { ...bearer, origin: "http://evil.example" },
  });
  assert.equal(read.status, 200);
});

test("what is no HTTP gets a problem and a closed connection", async (t) => {
  const { port } = await openDoors(t);
  for (const raw of [
    "hello\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    `GET /v1/apps HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    "POST /v1/shutdown HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ]) {
    const answer = await sendRaw(port, raw);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, raw.slice(0, 40));
    const body = answer.split("\r\n\r\n")[1] ?? "";
    assert.equal(problemSchema.parse(JSON.parse(body)).code, "E_REQUEST_INVALID");
  }
});

test("a large source goes through whole; a body too long is refused before it is read", async (t) => {
  const { port, control } = await openDoors(t);
  const put = { port, host: "127.0.0.1", method: "PUT", path: `/v1/sources/${DIGEST}`, headers: bearer };
  const size = 30_000_000;
  assert.equal((await send(put, new Uint8Array(size))).status, 204);
  assert.equal(control.stored.get(DIGEST), size);
  const head = `PUT /v1/sources/${DIGEST} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n`;
  const answer = await sendRaw(port, `${head}Content-Length: ${2 ** 31 + 1}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test("an upload that breaks off reaches control as an error and an aborted signal, and is no defect", async (t) => {
  const { port, control, logged } = await openDoors(t);
  const seen = { byteCount: 0, failed: false, aborted: false };
  control.storeSource = async (_digest, tar, signal) => {
    try {
      for await (const chunk of tar) seen.byteCount += chunk.byteLength;
    } catch (error) {
      seen.failed = true;
      throw error;
    } finally {
      seen.aborted = signal.aborted;
    }
  };
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `PUT /v1/sources/${DIGEST} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 1000\r\n\r\n${"x".repeat(100)}`,
  );
  await until(() => seen.byteCount === 100, "the first bytes");
  socket.destroy();
  await until(() => seen.failed, "control to see the end");
  await until(() => logged.some(({ msg }) => msg === "api request"), "the request's line in the log");
  assert.deepEqual(
    logged.filter(({ level }) => level === "error" || level === "warn"),
    [],
  );
  assert.equal(seen.aborted, true);
});

test("a stream over the socket ends when its reader goes away", async (t) => {
  const { url, control } = await openDoors(t);
  await fetch(`${url}/v1/apps/demo/restarts`, { method: "POST", headers: bearer });
  const caller = new AbortController();
  const reader = new EventReader(
    await fetch(`${url}/v1/operations/1/events`, { headers: bearer, signal: caller.signal }),
  );
  control.happen({ type: "begun" });
  assert.equal((await reader.next())?.event, "begun");
  assert.equal(control.events.openCount, 1);
  caller.abort();
  await until(() => control.events.openCount === 0, "control's stream to end");
});

test("a reader that does not read stops the source, not the memory (security rule 15)", async (t) => {
  const { port, control } = await openDoors(t);
  const lineCount = 50_000;
  for (let count = 0; count < lineCount; count += 1) control.print("x".repeat(1_000));
  const socket = connect(port, "127.0.0.1");
  socket.pause();
  socket.write(
    `GET /v1/apps/demo/logs?tail=true HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nAccept: text/event-stream\r\nLast-Event-ID: 0\r\n\r\n`,
  );
  let before = -1;
  while (control.lines.takenCount !== before || before <= 0) {
    before = control.lines.takenCount;
    await systemClock.sleep(50);
  }
  assert.ok(before < lineCount / 2, `${before} of ${lineCount} lines were taken though nobody read`);
  socket.destroy();
  await until(() => control.lines.openCount === 0, "control's stream to end");
});

test("close ends open streams at once, removes the socket and can be called twice", async (t) => {
  const { url, home, control, close } = await openDoors(t);
  await fetch(`${url}/v1/apps/demo/restarts`, { method: "POST", headers: bearer });
  const readers = await Promise.all(
    [1, 2, 3].map(async () => new EventReader(await fetch(`${url}/v1/operations/1/events`, { headers: bearer }))),
  );
  const startedAt = systemClock.now();
  await Promise.all([close(), close()]);
  assert.ok(systemClock.now() - startedAt < 1_000, `closing took ${systemClock.now() - startedAt} ms`);
  for (const reader of readers) assert.deepEqual(await reader.rest(), []);
  assert.equal(control.events.openCount, 0);
  assert.deepEqual(readdirSync(home.root), []);
  await assert.rejects(fetch(`${url}/openapi.json`));
});
