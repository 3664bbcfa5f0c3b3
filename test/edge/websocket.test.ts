import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { EdgeProcess, until } from "./edge-process.ts";
import { ask, httpBackend, rawBackend, sendRaw, type Backend } from "./peers.ts";

const edge = new EdgeProcess();
const closes: number[] = [];
let app: Backend;
let other: Backend;

before(async () => {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1_048_576 });
  app = await httpBackend(
    (_req, res) => res.end("plain"),
    (server) => {
      server.on("upgrade", (req, socket, head) => {
        if (req.url === "/no") return socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\nX-Why: no\r\n\r\nno!");
        sockets.handleUpgrade(req, socket, head, (ws) => {
          ws.on("error", () => undefined);
          ws.on("close", (code) => closes.push(code));
          ws.on("message", (data, isBinary) => {
            if (String(data).startsWith("send ")) ws.send(Buffer.alloc(Number(String(data).slice(5)), 7));
            else ws.send(data as Buffer, { binary: isBinary });
          });
          ws.send(JSON.stringify({ url: req.url, forwarded: req.headers["x-forwarded-for"], protocol: ws.protocol }));
        });
      });
    },
  );
  other = await httpBackend((_req, res) => res.end("other"));
  await edge.start({ closeFrameMs: 1_000, idleMs: 2_000 });
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] });
});
after(async () => {
  await edge.dispose();
  await app.close();
  await other.close();
});

type Opened = {
  readonly ws: WebSocket;
  readonly first: string;
  next(): Promise<Buffer>;
  readonly closed: Promise<number>;
};

async function open(path = "/chat", protocols: string[] = []): Promise<Opened> {
  const ws = new WebSocket(`ws://127.0.0.1:${edge.port}${path}`, protocols, {
    headers: { host: "a" },
    maxPayload: 64 * 1_048_576,
  });
  const messages: Buffer[] = [];
  ws.on("message", (data) => messages.push(data as Buffer));
  const closed = new Promise<number>((resolve) => ws.on("close", resolve));
  const next = async (): Promise<Buffer> => {
    await until("a message came", () => messages.length > 0);
    return messages.shift() ?? Buffer.alloc(0);
  };
  await new Promise((resolve, reject) => ws.on("open", resolve).on("error", reject));
  return { ws, first: (await next()).toString(), next, closed };
}

test("§6 a WebSocket passes both ways, counts as active, has its line when it closes", async () => {
  const { ws, first, next, closed } = await open("/chat?x=1", ["v1"]);
  assert.deepEqual(JSON.parse(first), { url: "/chat?x=1", forwarded: "127.0.0.1", protocol: "v1" });
  ws.send("hello");
  assert.equal((await next()).toString(), "hello");
  const big = Buffer.alloc(3_000_000, 5);
  ws.send(big);
  assert.ok((await next()).equals(big));
  assert.equal((await edge.status()).active["i"], 1);
  assert.equal(edge.accessEntries().length, 0);
  ws.close(1000);
  assert.equal(await closed, 1000);
  assert.match(
    await edge.lineWith("/chat?x=1"),
    /^at=info method=GET .* dyno=web\.1 connect=\d+ms service=\d+ms status=101 bytes=3\d{6} protocol=http$/,
  );
  assert.deepEqual((await edge.status()).active, {});
});

test("§6 an answer other than 101 is passed on as a normal response", async () => {
  const text = await sendRaw(edge.port, handshake("/no"));
  assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*X-Why: no\r\n[\s\S]*no!$/);
  assert.match(await edge.lineWith('path="/no"'), /^at=info .* status=403 bytes=3 /);
});

test("§6 an upgrade to an unknown host, a stopped app and a dead instance get their pages", async () => {
  assert.match(await sendRaw(edge.port, handshake("/", "nobody")), /^HTTP\/1\.1 404 /);
  const dying = await rawBackend((socket) => socket.destroy());
  await edge.route(
    { app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] },
    { app: "s", hosts: ["s"], state: "stopped" },
    { app: "d", hosts: ["d"], targets: [{ instance: "d", port: dying.port }] },
  );
  assert.match(await sendRaw(edge.port, handshake("/", "s")), /^HTTP\/1\.1 503 [\s\S]*H14/);
  assert.match(await sendRaw(edge.port, handshake("/", "d")), /^HTTP\/1\.1 503 [\s\S]*H13/);
  await dying.close();
});

test("§4 an offer of another protocol is served as a plain request", async () => {
  const reply = await ask({
    port: edge.port,
    host: "a",
    headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABk" },
  });
  assert.deepEqual([reply.status, reply.body], [200, "plain"]);
});

test("§7 a WebSocket outlives the swap of its instance; a cut says 1012 to both sides", async () => {
  const { ws, next, closed } = await open("/deploy");
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "new", port: other.port }] });
  assert.deepEqual((await edge.status()).active, { i: 1 });
  ws.send("still there");
  assert.equal((await next()).toString(), "still there");
  closes.length = 0;
  assert.deepEqual(await edge.ask("POST", "/cut", { instances: ["i"] }), { cutCount: 1 });
  assert.equal(await closed, 1012);
  await until("the app saw it", () => closes.length === 1);
  assert.deepEqual(closes, [1012]);
  assert.match(
    await edge.lineWith('path="/deploy"'),
    /^at=error code=H24 desc="Forced close" .* status= bytes=\d+ protocol=http sent=101$/,
  );
  assert.deepEqual((await edge.status()).active, {});
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] });
});

test("§7 a cut in the middle of a 10 MB message waits for the frame's end", async () => {
  const { ws, next, closed } = await open("/big");
  ws.pause();
  ws.send("send 10000000");
  await until("the message is under way", async () => (await edge.status()).active["i"] === 1);
  // Held up by a client that does not read, the frame cannot have ended.
  await sleep(150);
  assert.deepEqual(await edge.ask("POST", "/cut", { instances: ["i", "unknown"] }), { cutCount: 1 });
  ws.resume();
  assert.equal((await next()).length, 10_000_000);
  assert.equal(await closed, 1012);
});

test("§7 a cut of a request: 504 before its answer, a broken connection after", async () => {
  const slow = await httpBackend((req, res) => {
    if (req.url === "/begun") res.write("begun");
  });
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "s", port: slow.port }] });
  const before504 = ask({ port: edge.port, host: "a" });
  const broken = assert.rejects(ask({ port: edge.port, host: "a", path: "/begun" }), /aborted|hang up|ECONNRESET/);
  await until("both run", async () => (await edge.status()).active["s"] === 2);
  await until("one has begun", () => true);
  assert.deepEqual(await edge.ask("POST", "/cut", { instances: ["s"] }), { cutCount: 2 });
  assert.equal((await before504).status, 504);
  await broken;
  assert.deepEqual((await edge.status()).active, {});
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] });
  await slow.close();
});

test("§6 silence in both directions ends a WebSocket: H15", async () => {
  const quick = await new EdgeProcess().start({ idleMs: 200 });
  try {
    await quick.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] });
    const ws = new WebSocket(`ws://127.0.0.1:${quick.port}/`, { headers: { host: "a" } });
    assert.equal(await new Promise((resolve) => ws.on("close", resolve)), 1006);
    assert.match(await quick.lineWith("code=H15"), /status=503 .* sent=101$/);
  } finally {
    await quick.dispose();
  }
});

test("§6 half-open: either side's end ends the other", async () => {
  const { ws } = await open("/gone");
  ws.terminate();
  await until("the instance is free", async () => (await edge.status()).active["i"] === undefined);
  const ended = connect(edge.port, "127.0.0.1");
  ended.write(handshake("/fin"));
  await new Promise((resolve) => ended.once("data", resolve));
  ended.end();
  ended.resume();
  await until("its line is there", async () => (await edge.lineWith('path="/fin"')) !== "");
});

function handshake(path: string, host = "a"): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`
  );
}
