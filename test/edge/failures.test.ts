import assert from "node:assert/strict";
import { Agent } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EdgeProcess, until } from "./edge-process.ts";
import { ask, httpBackend, rawBackend, scriptedBackend, sendRaw, type Backend } from "./peers.ts";

const edge = new EdgeProcess();
const backends: Backend[] = [];

type Failing = {
  readonly name: string;
  /** What the instance does with a request. */
  readonly backend: () => Promise<Backend>;
  readonly code: string;
  /** What the client sees; `broken`: the answer breaks off. */
  readonly seen: number | "broken";
  readonly line?: RegExp;
};

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HALF = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const FAILING: readonly Failing[] = [
  {
    name: "never answers",
    backend: () => rawBackend(() => undefined),
    code: "H12",
    seen: 503,
    line: /^at=error code=H12 desc="Request timeout" .* dyno=web\.1 connect=\d+ms service=\d{3,}ms status=503 bytes=0/,
  },
  {
    name: "closes without an answer",
    backend: () => scriptedBackend("", (socket) => socket.end()),
    code: "H13",
    seen: 503,
    line: /^sock=backend at=error code=H13/,
  },
  {
    name: "resets without an answer",
    backend: () => scriptedBackend("", (socket) => socket.resetAndDestroy()),
    code: "H13",
    seen: 503,
  },
  {
    name: "falls silent after its head",
    backend: () => scriptedBackend(HALF),
    code: "H15",
    seen: "broken",
    line: /status=503 bytes=4 protocol=http sent=200$/,
  },
  {
    name: "closes in the middle of its body",
    backend: () => scriptedBackend(HALF, (socket) => socket.end()),
    code: "H18",
    seen: "broken",
    line: /^sock=backend at=error code=H18 .* sent=200$/,
  },
  {
    name: "resets in the middle of a chunk",
    backend: () => scriptedBackend(`${CHUNKED}5\r\nab`, (socket) => setImmediate(() => socket.resetAndDestroy())),
    code: "H18",
    seen: "broken",
  },
  {
    name: "closes a chunked body without its end",
    backend: () => scriptedBackend(`${CHUNKED}2\r\nab\r\n`, (socket) => socket.end()),
    code: "H18",
    seen: "broken",
  },
  {
    name: "closes inside its head",
    backend: () => scriptedBackend("HTTP/1.1 200 OK\r\nX: ", (socket) => socket.end()),
    code: "H18",
    seen: 503,
  },
  { name: "sends garbage", backend: () => scriptedBackend("garbage\r\n\r\n"), code: "H17", seen: 503 },
  {
    name: "folds a header line",
    backend: () => scriptedBackend("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
    code: "H17",
    seen: 503,
  },
  {
    name: "sends 100 unasked",
    backend: () => scriptedBackend(`HTTP/1.1 100 Continue\r\n\r\n${OK}`),
    code: "H17",
    seen: 503,
  },
  {
    name: "switches protocols unasked",
    backend: () => scriptedBackend("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    code: "H17",
    seen: 503,
  },
  {
    name: "sends length and chunked",
    backend: () =>
      scriptedBackend("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    code: "H25",
    seen: 502,
  },
  {
    name: "sends two lengths",
    backend: () => scriptedBackend("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    code: "H25",
    seen: 502,
  },
  {
    name: "sends a header line without end",
    backend: () => scriptedBackend(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(600_000)}`),
    code: "H25",
    seen: 502,
  },
];

before(async () => {
  // Quarantine and holding must not hide what an instance does.
  await edge.start({ firstByteMs: 250, idleMs: 400, holdMs: 300, connectMs: 500, lingerMs: 500 });
  backends.push(...(await Promise.all(FAILING.map((each) => each.backend()))));
  const failing = FAILING.map((_each, index) => ({
    app: `f${index}`,
    hosts: [`f${index}`],
    targets: [{ instance: `i${index}`, port: backends[index]?.port ?? 0 }],
  }));
  const fine = await httpBackend((req, res) => {
    req.resume();
    if (req.url === "/early") res.end("early");
    else if (req.url === "/hold") res.write("begun");
    else req.on("end", () => res.end("fine"));
  });
  backends.push(fine);
  await edge.route(...failing, { app: "fine", hosts: ["fine"], targets: [{ instance: "fine-1", port: fine.port }] });
});
after(async () => {
  await edge.dispose();
  await Promise.all(backends.map((backend) => backend.close()));
});

for (const [index, failing] of FAILING.entries()) {
  test(`§2 an instance that ${failing.name}: ${failing.code}`, async () => {
    const asked = ask({ port: edge.port, host: `f${index}`, method: "POST", body: "b" });
    if (failing.seen === "broken") await assert.rejects(asked, /aborted|hang up|ECONNRESET/);
    else {
      const reply = await asked;
      assert.equal(reply.status, failing.seen);
      assert.ok(reply.body.includes(failing.code));
    }
    const line = await edge.lineWith(` host=f${index} `);
    assert.match(line, new RegExp(` code=${failing.code} `));
    if (failing.line !== undefined) assert.match(line, failing.line);
    assert.equal((await edge.status()).active[`i${index}`], undefined);
  });
}

test("§8.5 the same 20 times over, then a good request: nothing is wedged", async () => {
  const quick = FAILING.flatMap((failing, index) => (["H12", "H15"].includes(failing.code) ? [] : [index]));
  await Promise.all(
    quick.flatMap((index) =>
      Array.from({ length: 20 }, () => ask({ port: edge.port, host: `f${index}` }).catch(() => undefined)),
    ),
  );
  assert.equal((await ask({ port: edge.port, host: "fine", method: "POST", body: "x" })).body, "fine");
  await until("nothing is open", async () => (await edge.status()).openCount === 0);
  assert.equal((await edge.status()).counters["internalErrors"], 0);
});

test("§2 a client that goes away is H27, its instance sees the close", async () => {
  const socket = connect(edge.port, "127.0.0.1");
  socket.write("GET /hold HTTP/1.1\r\nHost: fine\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  assert.equal((await edge.status()).active["fine-1"], 1);
  socket.destroy();
  const line = await edge.lineWith("code=H27");
  assert.match(
    line,
    /^sock=client at=warning code=H27 desc="Client Request Interrupted" method=GET path="\/hold" .* status=499 bytes=5 protocol=http sent=200$/,
  );
  assert.deepEqual((await edge.status()).active, {});
});

test("§2 an upload that stops is H28, without an answer", async () => {
  const text = await sendRaw(edge.port, "POST /slow HTTP/1.1\r\nHost: fine\r\nContent-Length: 10\r\n\r\nabc");
  assert.equal(text, "");
  assert.match(
    await edge.lineWith("code=H28"),
    /^sock=client at=warning code=H28 desc="Client Connection Idle" .* status=499 bytes= protocol=http$/,
  );
});

test("§6 a slow but living upload outlasts every window", async () => {
  const socket = connect(edge.port, "127.0.0.1");
  socket.write("POST /slow-but-living HTTP/1.1\r\nHost: fine\r\nContent-Length: 6\r\nConnection: close\r\n\r\n");
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  for (let sent = 0; sent < 6; sent += 1) {
    await sleep(150);
    socket.write("x");
  }
  await new Promise((resolve) => socket.on("close", resolve));
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /fine$/);
});

test("§6 an early answer reaches a client that is still uploading", async () => {
  const text = await sendRaw(
    edge.port,
    "POST /early HTTP/1.1\r\nHost: fine\r\nContent-Length: 100000\r\n\r\nabc",
    (seen) => seen.includes("early"),
  );
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(await edge.lineWith("/early"), /^at=info .* status=200 bytes=5 /);
});

test("§5 an app that closes idle connections: no failed GET, no repeated POST", async () => {
  let posts = 0;
  const closing = await httpBackend(
    (req, res) => {
      if (req.method === "POST") posts += 1;
      res.end("ok");
      // Closed in silence: the announced keep-alive is a lie.
      setTimeout(() => req.socket.destroy(), (req.url?.length ?? 0) % 4);
    },
    (server) => {
      server.keepAliveTimeout = 0;
    },
  );
  const racing = await new EdgeProcess().start();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  try {
    await racing.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: closing.port }] });
    let gets = 0;
    let answeredPosts = 0;
    let failedPosts = 0;
    const worker = async (): Promise<void> => {
      for (let round = 0; round < 60; round += 1) {
        const reply = await ask({ port: racing.port, host: "a", path: `/${"x".repeat(round % 5)}`, agent });
        assert.equal(reply.status, 200);
        gets += 1;
        if (round % 3 !== 0) continue;
        const posted = await ask({ port: racing.port, host: "a", method: "POST", body: "b", agent });
        if (posted.status === 200) answeredPosts += 1;
        else failedPosts += 1;
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    assert.equal(gets, 240);
    assert.ok(
      posts >= answeredPosts && posts <= answeredPosts + failedPosts,
      `${posts} posts seen, ${answeredPosts} answered`,
    );
  } finally {
    agent.destroy();
    await racing.dispose();
    await closing.close();
  }
});

test("§5 a POST on a connection that dies under it is sent once and answered with H13", async () => {
  let seen = 0;
  const dying = await rawBackend((socket) => {
    let isFirst = true;
    socket.on("data", () => {
      if (isFirst) socket.write(OK);
      else {
        seen += 1;
        socket.destroy();
      }
      isFirst = false;
    });
  });
  const once = await new EdgeProcess().start();
  try {
    await once.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: dying.port }] });
    assert.equal((await ask({ port: once.port, host: "a" })).status, 200);
    assert.equal((await ask({ port: once.port, host: "a", method: "POST" })).status, 503);
    assert.equal(seen, 1);
    assert.match((await once.lines(2))[1] ?? "", /code=H13 .* connect=0ms/);
    // The same to a GET is repeated on a new connection and succeeds.
    assert.equal((await ask({ port: once.port, host: "a" })).status, 200);
    assert.equal((await ask({ port: once.port, host: "a" })).status, 200);
    assert.equal(seen, 2);
  } finally {
    await once.dispose();
    await dying.close();
  }
});
