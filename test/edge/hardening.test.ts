import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { EdgeProcess, until } from "./edge-process.ts";
import { ask, httpBackend, sendRaw, type Backend } from "./peers.ts";

const edge = new EdgeProcess();
const seen: string[] = [];
let app: Backend;

before(async () => {
  app = await httpBackend((req, res) => {
    seen.push(`${req.method} ${req.url}`);
    req.resume();
    req.on("end", () => res.end(JSON.stringify(req.rawHeaders)));
  });
  await edge.start({ headersMs: 600, connectionsCheckMs: 100, closeFrameMs: 300, idleMs: 1_500 });
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] });
});
after(async () => {
  await edge.dispose();
  await app.close();
});

/** Raw requests that must not reach an app, and the status they get; 0: the connection just closes. */
const REFUSED: readonly [string, string, number][] = [
  ["two Host lines", "GET /bad HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["the same Host twice", "GET /bad HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400],
  ["absolute form of another host", "GET http://other/bad HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["absolute form with a user", "GET http://a@other/bad HTTP/1.1\r\nHost: other\r\n\r\n", 400],
  ["HTTP/0.9", "GET /bad\r\n\r\n", 505],
  ["HTTP/2.0 as text", "GET /bad HTTP/2.0\r\nHost: a\r\n\r\n", 505],
  [
    "HTTP/1.0 with Transfer-Encoding",
    "POST /bad HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["gzip, chunked", "POST /bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501],
  ["a header line over 8 KB", `GET /bad HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(8_300)}\r\n\r\n`, 400],
  ["a request line over 8 KB", `GET /${"x".repeat(8_300)} HTTP/1.1\r\nHost: a\r\n\r\n`, 400],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405],
  ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["an odd Expect", "POST /bad HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nContent-Length: 0\r\n\r\n", 417],
  [
    "a body with an upgrade",
    "GET /bad HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
    400,
  ],
  ["an endless length", `POST /bad HTTP/1.1\r\nHost: a\r\nContent-Length: ${"9".repeat(18)}\r\n\r\n`, 400],
  [
    "length and chunked",
    "POST /bad HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["two lengths", "POST /bad HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400],
  ["a signed length", "POST /bad HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400],
  [
    "two Transfer-Encodings",
    "POST /bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["xchunked", "POST /bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501],
  ["a blank before the colon", "GET /bad HTTP/1.1\r\nHost : a\r\n\r\n", 400],
  ["a bare LF", "GET /bad HTTP/1.1\nHost: a\n\n", 400],
  ["a bare CR", "GET /bad HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400],
  ["a folded line", "GET /bad HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400],
  ["NUL", "GET /bad HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400],
  ["no Host", "GET /bad HTTP/1.1\r\n\r\n", 400],
  ["an unknown method", "BREW /bad HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a blank in the target", "GET /bad bad HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["70 KB of headers", `GET /bad HTTP/1.1\r\nHost: a\r\n${`X: ${"x".repeat(7_000)}\r\n`.repeat(10)}\r\n`, 431],
];

const GOOD = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
const BEHIND = "GET /behind HTTP/1.1\r\nHost: a\r\n\r\n";

for (const [name, bytes, status] of REFUSED) {
  test(`§8 ${name} is refused with ${status}, alone and behind a good request, and closes`, async () => {
    seen.length = 0;
    const alone = await sendRaw(edge.port, bytes + BEHIND);
    assert.deepEqual(statuses(alone), [status], alone);
    assert.deepEqual(seen, []);
    const behind = await sendRaw(edge.port, GOOD + bytes + BEHIND);
    assert.deepEqual(seen, ["GET /good"]);
    assert.equal(statuses(behind)[0], 200, behind);
    assert.ok(statuses(behind).length <= 2 && [status, undefined].includes(statuses(behind)[1]), behind);
  });
}

test("§8.2 what is refused for a known app is in its log, with its cause", async () => {
  await sendRaw(edge.port, "POST /logged HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
  assert.match(
    await edge.lineWith("/logged"),
    /^at=error code=H26 desc="Request Error" cause="unsupported transfer encoding" method=POST path="\/logged" .* dyno= connect= service= status=501 bytes=0 protocol=http$/,
  );
  assert.match(await edge.lineWith("unsupported expect"), /status=417/);
});

test("§8.1 a bad chunk in the middle of an upload is H26", async () => {
  const text = await sendRaw(
    edge.port,
    "POST /chunk HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
  );
  assert.deepEqual(statuses(text), [400]);
  assert.match(await edge.lineWith("/chunk"), /code=H26 desc="Request Error" cause="bad chunk" .* status=400/);
  await until("its instance is free", async () => (await edge.status()).active["i"] === undefined);
});

test("§8.2 absolute form of the same host is forwarded in origin form", async () => {
  seen.length = 0;
  for (const target of ["http://a/x?y", "http://A:80/x?y", "https://a?y"]) {
    assert.deepEqual(
      statuses(await sendRaw(edge.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)),
      [200],
    );
  }
  assert.deepEqual(seen, ["GET /x?y", "GET /x?y", "GET /?y"]);
});

/** Lines undici would refuse; each must leave the pool usable. */
const WEDGING = [
  ["Keep-Alive", "timeout=5"],
  ["Upgrade", "h2c"],
  ["Connection", "close, keep-alive"],
  ["Connection", "@"],
  ["Expect", "100-continue"],
  ["Transfer-Encoding", "chunked"],
  ["Proxy-Connection", "x"],
  ["TE", "trailers"],
] as const;
for (const [name, value] of WEDGING) {
  test(`§8.5 100 requests with \`${name}: ${value}\`, then a normal one`, async () => {
    const body = name === "Transfer-Encoding" ? "0\r\n\r\n" : "";
    const bytes = `POST /w HTTP/1.1\r\nHost: a\r\n${name}: ${value}\r\n${body === "" ? "Content-Length: 0\r\n" : ""}\r\n${body}`;
    const isAnswered = (text: string): boolean => /HTTP\/1\.1 200 OK[\s\S]*\r\n\r\n.*\]/.test(text);
    const answers = await Promise.all(Array.from({ length: 100 }, () => sendRaw(edge.port, bytes, isAnswered)));
    assert.ok(answers.every(isAnswered), answers.find((text) => !isAnswered(text)) ?? "");
    assert.equal((await ask({ port: edge.port, host: "a" })).status, 200);
  });
}

test("§8.2 a GET with a body passes it on whole", async () => {
  const text = await sendRaw(
    edge.port,
    "GET /body HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
  );
  assert.match(text, /"content-length","3"/);
});

test("§3 a path cannot forge a line or end its field", async () => {
  for (const path of ['/"%20at=info%0aforged', "/a\\", "/\x7f", "/%0d%0a", '/"_code=H99_desc="']) {
    await sendRaw(edge.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  }
  await edge.lineWith("code=H99_");
  for (const { app: owner, line } of edge.accessEntries()) {
    assert.equal(owner, "a");
    assert.ok(!/[\n\r\x7f]/.test(line));
    assert.match(
      line,
      /^(sock=\w+ )?at=\w+ (code=H\d\d desc="[^"]*" (cause="[^"]*" )?)?method=[A-Z]+ path="(?:[^"\\]|\\.)*" host=a /,
    );
  }
  assert.match(await edge.lineWith("forged"), / path="\/\\"%20at=info%0aforged" host=a /);
});

test("§8.3 slow and silent heads are closed while others are served", async () => {
  const sockets: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  for (const start of ["", "GET /slow HTTP/1.1\r\n", "GET /slow HTTP/1.1\r\nHost: a\r\nX-"]) {
    const socket = connect(edge.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.resume();
    closed.push(new Promise((resolve) => socket.on("close", resolve)));
    if (start !== "") socket.write(start);
    sockets.push(socket);
  }
  assert.equal((await ask({ port: edge.port, host: "a" })).status, 200);
  const startedAt = performance.now();
  await Promise.all(closed);
  assert.ok(performance.now() - startedAt < 3_000);
  assert.equal((await ask({ port: edge.port, host: "a" })).status, 200);
});

test("§8.3 500 idle connections leave the edge usable", async () => {
  const sockets = await Promise.all(
    Array.from({ length: 500 }, async () => {
      const socket = connect(edge.port, "127.0.0.1");
      await new Promise((resolve) => socket.once("connect", resolve));
      return socket.on("error", () => undefined);
    }),
  );
  assert.equal((await ask({ port: edge.port, host: "a" })).status, 200);
  for (const socket of sockets) socket.destroy();
});

test("nothing unexpected happened on the way", async () => {
  const status = await edge.status();
  assert.equal(status.counters["internalErrors"], 0);
  assert.deepEqual(edge.events("internal-error"), []);
  await until("nothing is open", async () => (await edge.status()).openCount === 0);
});

function statuses(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1]));
}
