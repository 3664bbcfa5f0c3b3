import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EdgeProcess, until } from "./edge-process.ts";
import { ask, httpBackend, scriptedBackend, sendRaw, type Backend } from "./peers.ts";

const MEGABYTE = 1_048_576;
const BIG_BYTES = 20 * MEGABYTE;
const SLOW_SIDE_MS = 300;

const edge = new EdgeProcess();
let app: Backend;
let uploaded = 0;
let mayRead = (): void => undefined;
let sendEvent = (_text: string): void => undefined;

before(async () => {
  app = await httpBackend((req, res) => {
    if (req.url === "/down") {
      res.writeHead(200, { "content-length": BIG_BYTES });
      let left = BIG_BYTES;
      const more = (): void => {
        while (left > 0) {
          left -= 65_536;
          if (!res.write(Buffer.alloc(65_536, 1))) break;
        }
        if (left > 0) res.once("drain", more);
        else res.end();
      };
      more();
    } else if (req.url === "/up") {
      uploaded = 0;
      mayRead = () => req.on("data", (chunk: Buffer) => void (uploaded += chunk.length));
      req.on("end", () => res.end(String(uploaded)));
    } else if (req.url === "/events") {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.flushHeaders();
      sendEvent = (text) => res.write(text);
    } else if (req.url === "/trailers") {
      res.writeHead(200, { trailer: "X-Sum" });
      res.write("body");
      res.addTrailers({ "X-Sum": "42" });
      res.end();
    } else if (req.url === "/hints") {
      res.writeEarlyHints({ link: "</a.css>; rel=preload; as=style" });
      res.end("hinted");
    } else {
      const status = Number(req.url?.slice(1));
      res.writeHead(Number.isNaN(status) ? 200 : status).end(status === 204 || status === 304 ? undefined : "body");
    }
  });
  await edge.start();
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] });
  // Grows the process to its working size, so that what follows shows what a held-up body costs.
  for (let round = 0; round < 3; round += 1) await ask({ port: edge.port, host: "a", path: "/down" });
});
after(async () => {
  await edge.dispose();
  await app.close();
});

function residentBytes(): number {
  return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${edge.child.pid}/status`, "utf8"))?.[1]) * 1024;
}

test("§6 20 MB down to a client that does not read: memory stays flat, the rest comes when it reads", async () => {
  const before = residentBytes();
  const socket = connect(edge.port, "127.0.0.1");
  socket.write("GET /down HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await new Promise((resolve) => socket.once("readable", resolve));
  // A slow side is a stretch of time in which nothing happens.
  await sleep(SLOW_SIDE_MS);
  const grown = residentBytes() - before;
  let got = 0;
  socket.on("data", (chunk: Buffer) => void (got += chunk.length));
  await new Promise((resolve) => socket.on("close", resolve));
  assert.ok(grown < 8 * MEGABYTE, `grew by ${grown}`);
  assert.ok(got > BIG_BYTES && got < BIG_BYTES + 1_000, String(got));
  assert.match(await edge.lineWith('path="/down"'), new RegExp(`status=200 bytes=${BIG_BYTES} protocol=http$`));
});

for (const isChunked of [true, false]) {
  test(`§6 20 MB up (${isChunked ? "chunked" : "with length"}) to an app that does not read: memory stays flat`, async () => {
    const before = residentBytes();
    mayRead = () => undefined;
    const headers = { host: "a", ...(isChunked ? {} : { "content-length": BIG_BYTES }) };
    const req = request({ host: "127.0.0.1", port: edge.port, path: "/up", method: "POST", headers, agent: false });
    const answer = new Promise<string>((resolve, reject) => {
      req.on("response", (res) => res.on("data", (chunk: Buffer) => resolve(chunk.toString())));
      req.on("error", reject);
    });
    let left = BIG_BYTES;
    const more = (): void => {
      while (left > 0) {
        left -= 65_536;
        if (!req.write(Buffer.alloc(65_536, 1))) break;
      }
      if (left > 0) req.once("drain", more);
      else req.end();
    };
    const waiting = mayRead;
    more();
    await until("the app has the request", () => mayRead !== waiting);
    await sleep(SLOW_SIDE_MS);
    const grown = residentBytes() - before;
    assert.ok(grown < 10 * MEGABYTE, `grew by ${grown}`);
    mayRead();
    assert.equal(await answer, String(BIG_BYTES));
  });
}

test("§6 an event stream's headers and each event arrive at once, without length or compression", async () => {
  const req = request({ host: "127.0.0.1", port: edge.port, path: "/events", headers: { host: "a" }, agent: false });
  req.end();
  const res = await new Promise<import("node:http").IncomingMessage>((resolve) => req.on("response", resolve));
  assert.equal(res.headers["content-type"], "text/event-stream");
  assert.equal(res.headers["content-length"], undefined);
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    const next = new Promise((resolve) => res.once("data", (chunk: Buffer) => resolve(chunk.toString())));
    sendEvent(event);
    assert.equal(await next, event);
  }
  assert.equal((await edge.status()).active["i"], 1);
  res.on("error", () => undefined);
  req.destroy();
  await until("its instance is free", async () => (await edge.status()).active["i"] === undefined);
});

test("§6 trailers go to who asked for them", async () => {
  const headers = { te: "trailers", connection: "te" };
  assert.deepEqual(
    { ...(await ask({ port: edge.port, host: "a", path: "/trailers", headers })).trailers },
    { "x-sum": "42" },
  );
  assert.deepEqual({ ...(await ask({ port: edge.port, host: "a", path: "/trailers" })).trailers }, {});
});

test("§6 103 Early Hints are passed on", async () => {
  const text = await sendRaw(edge.port, "GET /hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(
    text,
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload; as=style\r\n\r\nHTTP\/1\.1 200 OK\r\n/i,
  );
});

for (const [method, status] of [
  ["HEAD", 200],
  ["GET", 204],
  ["GET", 304],
  ["GET", 418],
  ["DELETE", 201],
  ["OPTIONS", 200],
] as const) {
  test(`§6 ${method} with ${status} keeps its connection usable`, async () => {
    const one = `${method} /${status} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const text = await sendRaw(edge.port, `${one}GET /200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), [`HTTP/1.1 ${status}`, "HTTP/1.1 200"]);
    assert.match(text, /\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/);
  });
}

test("§8.4 an odd status and an answer that ends with its connection pass on", async () => {
  const odd = await scriptedBackend("HTTP/1.1 999 \r\nX: 1\r\n\r\nto the end", (socket) => socket.end());
  try {
    await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "odd", port: odd.port }] });
    const reply = await ask({ port: edge.port, host: "a" });
    assert.deepEqual([reply.status, reply.body, reply.headers["transfer-encoding"]], [999, "to the end", "chunked"]);
    const old = await sendRaw(edge.port, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    assert.match(old, /^HTTP\/1\.1 999 /);
    assert.ok(!/transfer-encoding/i.test(old) && old.endsWith("to the end"));
  } finally {
    await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] });
    await odd.close();
  }
});

test("§6 `Expect: 100-continue` is answered once the instance takes the body, and not for unknown hosts", async () => {
  const head = (host: string): string =>
    `POST /up HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`;
  mayRead = () => undefined;
  const waiting = mayRead;
  const socket = connect(edge.port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => void (text += chunk.toString()));
  socket.write(head("a"));
  await until("100 came", () => text === "HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("hello");
  await until("the app has it", () => mayRead !== waiting);
  mayRead();
  await new Promise((resolve) => socket.on("close", resolve));
  assert.match(text, /HTTP\/1\.1 200 OK[\s\S]*\r\n\r\n1\r\n5\r\n0\r\n\r\n$|HTTP\/1\.1 200 OK[\s\S]*5$/);
  assert.match(await sendRaw(edge.port, head("nobody")), /^HTTP\/1\.1 404 /);
});
