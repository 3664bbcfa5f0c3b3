import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { systemClock } from "../../src/lib/clock.ts";
import { EdgeProcess, until } from "./edge-process.ts";
import { ask, freePort, httpBackend, rawBackend, sendRaw, type Backend } from "./peers.ts";

const edge = new EdgeProcess();
let echo: Backend;

before(async () => {
  writeFileSync(edge.socket, "a stale file where the socket belongs");
  echo = await httpBackend((req, res) => {
    res.setHeader("X-App", "echo");
    res.end(JSON.stringify({ url: req.url, raw: req.rawHeaders }));
  });
  await edge.start({ holdMs: 300, quarantineMinMs: 20, holdPollMs: 10 });
  const dead = await freePort();
  await edge.route(
    { app: "shop", hosts: ["shop.localhost", "www.shop.example"], targets: [{ instance: "shop-1", port: echo.port }] },
    { app: "stopped", hosts: ["stopped.localhost"], state: "stopped" },
    { app: "crashed", hosts: ["crashed.localhost"], state: "crashed" },
    { app: "blank", hosts: ["blank.localhost"], state: "blank" },
    { app: "booting", hosts: ["booting.localhost"] },
    { app: "dead", hosts: ["dead.localhost"], targets: [{ instance: "dead-1", port: dead }] },
    {
      app: "half",
      hosts: ["half.localhost"],
      targets: [
        { instance: "half-1", port: dead },
        { instance: "half-2", port: echo.port },
      ],
    },
  );
});
after(async () => {
  await edge.dispose();
  await echo.close();
});

for (const host of ["shop.localhost", "SHOP.localhost:8080", "shop.localhost.", "www.shop.example"]) {
  test(`§11 ${host} reaches the app`, async () => {
    const reply = await ask({ port: edge.port, host });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers["x-app"], "echo");
  });
}

test("§11 an unknown host is 404, says nothing about others and is in no app's log", async () => {
  for (const host of ["nobody.localhost", "localhost", "x.shop.localhost", ""]) {
    const reply = await ask({ port: edge.port, host });
    assert.equal(reply.status, 404);
    assert.ok(!reply.body.includes("shop"));
  }
  const html = await ask({
    port: edge.port,
    host: "<b>.localhost",
    headers: { accept: "text/html" },
    path: "/<script>",
  });
  assert.match(String(html.headers["content-type"]), /^text\/html/);
  assert.ok(!html.body.includes("<script>") && !html.body.includes("<b>"));
  assert.deepEqual(
    edge.accessEntries().filter((entry) => entry.line.includes("status=404")),
    [],
  );
});

test("§4 path, header order and case arrive as sent; ours are added, claims replaced", async () => {
  const head = [
    "GET //a;b/%zz?q=1;2&x=%0a HTTP/1.1",
    "X-First: 1",
    "hOsT: shop.localhost",
    "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-Host: evil",
    "X-Request-Start: 1",
    "X-Request-Id: client-id-0123456789abc",
    "Via: 1.0 before",
    "X_Forwarded_For: 7.7.7.7",
    "Connection: close, X-Secret, Content-Length, Host",
    "X-Secret: s",
    "Keep-Alive: timeout=1",
    "Proxy-Connection: keep-alive",
    "Upgrade: h2c",
    "TE: gzip",
    "Cookie: a=1",
    "Cookie: b=2",
    "X-LAST: z",
  ];
  const answer = await sendRaw(edge.port, `${head.join("\r\n")}\r\n\r\n`);
  const { url, raw } = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1)) as {
    url: string;
    raw: string[];
  };
  assert.equal(url, "//a;b/%zz?q=1;2&x=%0a");
  const start = raw.splice(raw.indexOf("X-Request-Start") + 1, 1)[0];
  assert.ok(Math.abs(Number(start) - systemClock.now()) < 60_000);
  assert.deepEqual(raw, [
    ...["host", "shop.localhost", "connection", "keep-alive"],
    ...["X-First", "1", "Via", "1.0 before", "Cookie", "a=1", "Cookie", "b=2", "X-LAST", "z"],
    ...["X-Forwarded-For", "127.0.0.1", "X-Forwarded-Proto", "http", "X-Forwarded-Port", String(edge.port)],
    ...["X-Request-Id", "client-id-0123456789abc", "X-Request-Start", "Via", "1.1 portside"],
  ]);
  assert.match(await edge.lineWith("request_id=client-id-0123456789abc"), /^at=info method=GET .* status=200 /);
});

const STATES: readonly [string, string, string, string][] = [
  ["stopped", "H14", "No web processes running", "error"],
  ["crashed", "H10", "App crashed", "error"],
  ["blank", "H81", "Blank app", "info"],
];
for (const [app, code, desc, at] of STATES) {
  test(`§11 a ${app} app answers ${code}`, async () => {
    const reply = await ask({ port: edge.port, host: `${app}.localhost`, path: "/p" });
    assert.equal(reply.status, 503);
    assert.ok(reply.body.includes(code));
    const line = await edge.lineWith(code);
    assert.match(
      line,
      new RegExp(
        `^at=${at} code=${code} desc="${desc}" method=GET path="/p" host=${app}.localhost request_id=[0-9a-f-]{36} ` +
          `fwd="127.0.0.1" dyno= connect= service= status=503 bytes=0 protocol=http$`,
      ),
    );
    assert.equal(edge.accessEntries().find((entry) => entry.line === line)?.app, app);
  });
}

test("§11 no target in time is H20; refused for as long is H21", async () => {
  assert.equal((await ask({ port: edge.port, host: "booting.localhost" })).status, 503);
  await edge.lineWith("code=H20");
  assert.equal((await ask({ port: edge.port, host: "dead.localhost" })).status, 503);
  assert.match(
    await edge.lineWith("code=H21"),
    /desc="Backend connection refused" .* dyno= connect= service= status=503/,
  );
});

test("§5 a refusing instance is passed over, no request fails", async () => {
  const replies = await Promise.all(
    Array.from({ length: 30 }, () => ask({ port: edge.port, host: "half.localhost", method: "POST", body: "b" })),
  );
  assert.deepEqual([...new Set(replies.map((reply) => reply.status))], [200]);
});

test("§7 a request waits for the table that brings an instance", async () => {
  const waiting = await new EdgeProcess().start();
  try {
    await waiting.route({ app: "shop", hosts: ["a"] });
    const replies = Promise.all(
      ["1", "2", "3"].map((n) => ask({ port: waiting.port, host: "a", path: `/${n}`, method: "POST", body: n })),
    );
    await until("three wait", async () => (await waiting.status()).openCount === 3);
    assert.deepEqual((await waiting.status()).active, {});
    await waiting.route({ app: "shop", hosts: ["a"], targets: [{ instance: "i", port: echo.port }] });
    assert.deepEqual(
      (await replies).map((reply) => reply.status),
      [200, 200, 200],
    );
  } finally {
    await waiting.dispose();
  }
});

test("§1 the waiting line is bounded: H11", async () => {
  const full = await new EdgeProcess().start({ waitingPerTargetMax: 2, holdMs: 200 });
  try {
    await full.route({ app: "shop", hosts: ["a"] });
    await Promise.all(Array.from({ length: 5 }, () => ask({ port: full.port, host: "a" })));
    const codes = (await full.lines(5)).map((line) => /code=(H\d\d)/.exec(line)?.[1]);
    assert.deepEqual(codes.toSorted(), ["H11", "H11", "H11", "H20", "H20"]);
  } finally {
    await full.dispose();
  }
});

test("security rule 22: the status socket is 0600, answers only what it knows", async () => {
  assert.equal(statSync(edge.socket).mode & 0o777, 0o600);
  assert.equal(statSync(edge.socket).isSocket(), true);
  assert.equal(statSync(edge.accessLog).mode & 0o777, 0o600);
  const status = await edge.status();
  assert.equal(status.pid, edge.child.pid);
  assert.equal(status.port, edge.port);
  assert.deepEqual(await edge.ask("POST", "/status"), { problem: "only GET" });
  assert.deepEqual(await edge.ask("POST", "/cut", { instances: [1] }), { problem: 'expected {"instances":[…]}' });
  assert.deepEqual(await edge.ask("GET", "/other"), { problem: "no such path" });
});

test("the next free port is taken, and said", async () => {
  const taken = await rawBackend((socket) => socket.destroy());
  const second = new EdgeProcess();
  try {
    await second.start({}, ["--port", String(taken.port), "--port-attempts", "20"]);
    assert.ok(second.port > taken.port && second.port < taken.port + 20);
    assert.equal((await second.status()).port, second.port);
    assert.equal(second.events("listening")[0]?.["wantedPort"], taken.port);
    const third = new EdgeProcess();
    await third.start({}, ["--port", String(taken.port)]);
    assert.equal(third.child.exitCode, 1);
    assert.match(String(third.events("failed")[0]?.["problem"]), /no port from \d+ to \d+ is free/);
    await third.dispose();
  } finally {
    await second.dispose();
    await taken.close();
  }
});

test("wrong arguments end it with 2 and say which", async () => {
  for (const extra of [["--port", "x"], ["--limits", '{"nope":1}'], ["--table", ""], ["--unknown"]]) {
    const wrong = await new EdgeProcess().start({}, extra);
    await until("it ended", () => wrong.child.exitCode !== null);
    assert.equal(wrong.child.exitCode, 2, extra.join(" "));
    assert.equal(wrong.events("usage").length, 1);
    await wrong.dispose();
  }
});

test("it serves on when its parent's pipes are closed and after SIGINT and SIGHUP", async () => {
  const orphan = await new EdgeProcess().start();
  try {
    orphan.child.stdout?.destroy();
    orphan.child.stderr?.destroy();
    orphan.child.kill("SIGINT");
    orphan.child.kill("SIGHUP");
    for (const app of ["one", "two"])
      await orphan.route({ app, hosts: ["a"], targets: [{ instance: "i", port: echo.port }] });
    assert.equal((await ask({ port: orphan.port, host: "a" })).status, 200);
    assert.equal(await orphan.stop(), 0);
  } finally {
    await orphan.dispose();
  }
});

test("SIGTERM: in-flight requests finish with `Connection: close`, nothing new is accepted, exit 0", async () => {
  const draining = await new EdgeProcess().start({ drainMs: 5_000 });
  const agent = new Agent({ keepAlive: true });
  let finish = (): void => undefined;
  const slow = await httpBackend((_req, res) => {
    finish = () => res.end("done");
  });
  try {
    await draining.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: slow.port }] });
    const idle = connect(draining.port, "127.0.0.1");
    const idleClosed = new Promise((resolve) => idle.on("close", resolve).resume());
    const reply = ask({ port: draining.port, host: "a", agent });
    await until("it is in flight", async () => (await draining.status()).active["i"] === 1);
    const ended = draining.stop();
    await until("it drains", () => draining.events("draining").length === 1);
    await assert.rejects(ask({ port: draining.port, host: "a" }), /ECONNREFUSED/);
    finish();
    assert.equal((await reply).body, "done");
    assert.equal((await reply).headers["connection"], "close");
    idle.destroy();
    await idleClosed;
    assert.equal(await ended, 0);
    assert.equal((await draining.lines(1)).length, 1);
    assert.equal(statSync(draining.socket, { throwIfNoEntry: false }), undefined);
  } finally {
    agent.destroy();
    await draining.dispose();
    await slow.close();
  }
});

test("SIGTERM: what outlives the drain is cut, H24", async () => {
  const draining = await new EdgeProcess().start({ drainMs: 100 });
  const silent = await rawBackend(() => undefined);
  try {
    await draining.route({ app: "a", hosts: ["a"], targets: [{ instance: "i", port: silent.port }] });
    const reply = ask({ port: draining.port, host: "a" });
    await until("it is in flight", async () => (await draining.status()).active["i"] === 1);
    const ended = draining.stop();
    assert.equal((await reply).status, 504);
    assert.equal(await ended, 0);
    assert.match(
      (await draining.lines(1))[0] ?? "",
      /^at=error code=H24 desc="Forced close" .* dyno=web\.1 .* status=504 bytes=0/,
    );
  } finally {
    await draining.dispose();
    await silent.close();
  }
});
