import assert from "node:assert/strict";
import { chmodSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { localDateTime } from "../lib/local-time.ts";
import type { OperationEventBody } from "../model/operation.ts";
import type { InstanceView } from "../wire/apps.ts";
import { obeyedBy, withoutOurCodes } from "./testing/terminal-text.ts";
import { runCli, startCli, steppingClock, temporaryDirectory, type FakeOptions } from "./testing/fake-process.ts";
import {
  GUESTBOOK,
  StubServer,
  app,
  empty,
  inTurn,
  json,
  lineStream,
  numbered,
  operation,
  operationStream,
  platform,
  problem,
} from "./testing/stub-server.ts";

const LIMIT = { timeout: 20_000 };
const SUCCEEDED: OperationEventBody = { type: "ended", status: "succeeded", durationMs: 1_500, release: 4 };

const INSTANCE: InstanceView = {
  id: "i1",
  name: "web.1",
  type: "web",
  number: 1,
  release: 3,
  phase: "serving",
  port: 5001,
  startedAt: "2025-12-31T23:57:00.000Z",
  restarts: 0,
  exit: null,
  ready: true,
  cpuPercent: 12.34,
  memoryBytes: 50_000_000,
};
const INSTANCES: InstanceView[] = [
  INSTANCE,
  {
    ...INSTANCE,
    id: "i2",
    name: "worker.1",
    type: "worker",
    phase: "crashed",
    port: null,
    restarts: 12,
    exit: "exit code 1",
    cpuPercent: null,
    memoryBytes: null,
  },
];
const LINE = { id: 1, at: "2026-01-01T00:00:00.123456+00:00", source: "app[web.1]", text: "GET /\u001b[2J" };
const CREATED = localDateTime(Date.parse("2025-12-31T12:00:00.000Z"));

/** A home with a server that knows the app guestbook. */
async function scene(t: TestContext): Promise<{
  home: string;
  server: StubServer;
  cli: (words: string, options?: Partial<FakeOptions>) => ReturnType<typeof runCli>;
}> {
  const home = temporaryDirectory(t);
  const server = await new StubServer().listen(home, t);
  const detail = {
    ...app(),
    description: "Says\u202e hello",
    buildpacks: [{ id: "portside/nodejs", version: "0.1.0" }],
    processes: [{ type: "web", command: "node server.js" }],
    instances: INSTANCES,
  };
  const releases = [
    {
      number: 3,
      status: "current",
      description: "Deploy 3f2a",
      createdAt: "2025-12-31T12:00:00.000Z",
      source: "sha256:1",
      artifact: "sha256:2",
    },
  ];
  server
    .on("GET /v1/status", json(platform()))
    .on("GET /v1/apps", json({ apps: [app()] }))
    .on("GET /v1/apps/guestbook", json(detail))
    .on("GET /v1/apps/guestbook/instances", json({ instances: INSTANCES }))
    .on("GET /v1/apps/guestbook/config", json({ values: { ZED: "z", GREETING: "hello\nworld\u001b[2J" } }))
    .on("GET /v1/apps/guestbook/releases", json({ releases }))
    .on("GET /v1/apps/guestbook/logs", json({ lines: [LINE] }))
    .on(
      "GET /v1/operations/7/events",
      operationStream(numbered([{ type: "queued", kind: "scale", app: GUESTBOOK }, { type: "begun" }, SUCCEEDED])),
    );
  for (const order of [
    "POST /v1/apps/guestbook/scale",
    "POST /v1/apps/guestbook/restarts",
    "POST /v1/apps/guestbook/starts",
    "POST /v1/apps/guestbook/stops",
    "POST /v1/apps/guestbook/rollbacks",
    "PATCH /v1/apps/guestbook/config",
    "DELETE /v1/apps/guestbook",
  ]) {
    server.on(order, json(operation(), 202));
  }
  const cli = (words: string, options: Partial<FakeOptions> = {}): ReturnType<typeof runCli> =>
    runCli(words.split(" "), { home, clock: steppingClock(), ...options });
  return { home, server, cli };
}

test("commands that read print tables and pages; §12 log lines have Heroku's form", LIMIT, async (t) => {
  const { cli } = await scene(t);
  const CASES: readonly (readonly [words: string, stdout: string])[] = [
    [
      "apps",
      "APP        RELEASE  SERVING              URL\nguestbook  v3       web 1/1, worker 1/1  http://guestbook.localhost:8080\n",
    ],
    [
      "ps",
      "NAME      STATE    RELEASE  PORT  SINCE     CPU  MEMORY  RESTARTS  LAST EXIT\nweb.1     serving  v3       5001  3 min  12.3 %   50 MB         0  –\nworker.1  crashed  v3          –  3 min       –       –        12  exit code 1\n",
    ],
    ["config", "GREETING  hello\\nworld\\u001b[2J\nZED       z\n"],
    ["config:get GREETING", "hello\nworld\u001b[2J\n"],
    ["ps:scale", "web     1\nworker  1\n"],
    ["releases", `RELEASE  STATUS   CREATED              DESCRIPTION\nv3       current  ${CREATED}  Deploy 3f2a\n`],
    ["logs", "2026-01-01T00:00:00.123456+00:00 app[web.1]: GET /\\u001b[2J\n"],
    [
      "status",
      "Portside  running, version 0.1.0, process 2147483646, up 2 min\nEngine    embedded\nRouter    serving, port 8080, process 77\nAPI       http://127.0.0.1:8090\nHome      /home/ann/.portside\nApps      1\n",
    ],
    [
      "info",
      `guestbook
Description  Says\\u202e hello
URL          http://guestbook.localhost:8080
Release      v3
Serving      web 1/1, worker 1/1
Folder       /home/ann/guestbook
Created      ${CREATED}
Buildpacks   portside/nodejs 0.1.0

Processes
web  node server.js

Instances
NAME      STATE    RELEASE  PORT  SINCE     CPU  MEMORY  RESTARTS  LAST EXIT
web.1     serving  v3       5001  3 min  12.3 %   50 MB         0  –
worker.1  crashed  v3          –  3 min       –       –        12  exit code 1
`,
    ],
  ];
  for (const [words, stdout] of CASES) assert.deepEqual(await cli(words), { exit: 0, stderr: "", stdout }, words);
});

test("--json prints one document, or one line an event", LIMIT, async (t) => {
  const { cli } = await scene(t);
  const CASES: readonly (readonly [words: string, value: unknown])[] = [
    ["apps", [app()]],
    ["ps", INSTANCES],
    ["config", { GREETING: "hello\nworld\u001b[2J", ZED: "z" }],
    ["config:get ZED", { ZED: "z" }],
    ["ps:scale", { web: 1, worker: 1 }],
    ["status", platform()],
    ["logs", LINE],
  ];
  for (const [words, value] of CASES) {
    const { exit, stdout, stderr } = await cli(`${words} --json`);
    assert.deepEqual([exit, stderr, JSON.parse(stdout)], [0, "", value], words);
  }
});

test("commands that change send one request and follow the operation", LIMIT, async (t) => {
  const { cli, server } = await scene(t);
  const CASES: readonly (readonly [words: string, request: string, body: unknown, told: string])[] = [
    [
      "ps:scale web=2 worker=0",
      "POST /v1/apps/guestbook/scale",
      { formation: { web: 2, worker: 0 } },
      "scale web=2 worker=0\n  Scaled in 1.5 s",
    ],
    ["ps:restart", "POST /v1/apps/guestbook/restarts", {}, "restart all\n  Restarted in 1.5 s"],
    ["ps:start worker", "POST /v1/apps/guestbook/starts", { type: "worker" }, "start worker\n  Started in 1.5 s"],
    ["ps:stop web.1", "POST /v1/apps/guestbook/stops", { type: "web", number: 1 }, "stop web.1\n  Stopped in 1.5 s"],
    [
      "ps:restart web.2",
      "POST /v1/apps/guestbook/restarts",
      { type: "web", number: 2 },
      "restart web.2\n  Restarted in 1.5 s",
    ],
    [
      "config:set A=1 B==x",
      "PATCH /v1/apps/guestbook/config",
      { values: { A: "1", B: "=x" } },
      "set A, B\n  Released v4 in 1.5 s",
    ],
    ["config unset A", "PATCH /v1/apps/guestbook/config", { values: { A: null } }, "unset A\n  Released v4 in 1.5 s"],
    [
      "rollback v2",
      "POST /v1/apps/guestbook/rollbacks",
      { release: 2 },
      "rollback to v2\n  Rolled back as v4 in 1.5 s",
    ],
    [
      "rollback",
      "POST /v1/apps/guestbook/rollbacks",
      {},
      "rollback to the release before\n  Rolled back as v4 in 1.5 s",
    ],
  ];
  for (const [words, request, body, told] of CASES) {
    server.requests.length = 0;
    const { exit, stdout, stderr } = await cli(words);
    assert.deepEqual({ exit, stderr, stdout }, { exit: 0, stderr: "", stdout: `guestbook → ${told}\n` }, words);
    const changes = server.requests.filter(({ line }) => !line.startsWith("GET"));
    assert.deepEqual(
      changes.map(({ line, body: sent }) => [line, JSON.parse(sent)]),
      [[request, body]],
      words,
    );
  }
});

test("§4 a config value never appears in what is printed about a change", LIMIT, async (t) => {
  const { cli } = await scene(t);
  for (const words of [
    "config:set KEY=canary-value",
    "config:set canary-value",
    "config:set KEY=canary-value --json",
  ]) {
    const { stdout, stderr } = await cli(words);
    assert.ok(!(stdout + stderr).includes("canary-value"), stdout + stderr);
  }
});

test("wrong arguments are refused before the server is asked, with exit 2", LIMIT, async (t) => {
  const { cli, server } = await scene(t);
  const CASES = [
    ["ps:scale web", /`web` is not TYPE=N/],
    ["ps:scale web=two", /The number of `web` must be a whole number from 0 to 1000, not `two`/],
    ["ps:scale web=1 web=2", /`web` is there twice/],
    ["ps:restart web.0", /`web\.0` is neither a process type nor an instance/],
    ["config:set =x", /Each variable is written NAME=VALUE/],
    ["config:unset A=1", /takes names only/],
    ["rollback latest", /`latest` is no release/],
    ["logs -n many", /--num must be a whole number/],
    ["logs -n 10001", /from 0 to 10000, not `10001`/],
    ["up --port 70000 --no-deploy", /--port must be a whole number from 1 to 65535/],
    ["help pss", /There is no command `pss`/],
    ["apps:destroy", /needs the app's NAME/],
  ] as const;
  for (const [words, message] of CASES) {
    const { exit, stdout, stderr } = await cli(words);
    assert.deepEqual([exit, stdout], [2, ""], words);
    assert.match(stderr, message);
  }
  assert.deepEqual(server.requests, []);
});

test(
  "the app is --app, else the one from this folder, else the only one, else the user is asked to say",
  LIMIT,
  async (t) => {
    const { cli, server } = await scene(t);
    const folder = realpathSync(temporaryDirectory(t));
    const shop = app({ name: "shop", origin: folder });
    server.on("GET /v1/apps", json({ apps: [app(), shop] })).on("GET /v1/apps/shop/instances", json({ instances: [] }));
    assert.equal((await cli("ps", { cwd: folder })).stdout, "shop has no instance\n");
    assert.match((await cli("ps -a guestbook", { cwd: folder })).stdout, /^NAME/);
    const asked = await cli("ps");
    assert.deepEqual([asked.exit, asked.stdout], [2, ""]);
    assert.equal(
      asked.stderr,
      "✗ No app was deployed from this folder, and there are several: guestbook, shop. [E_USAGE]\n  → Say which with `--app NAME`.\n",
    );
    server.on("GET /v1/apps", json({ apps: [shop, { ...shop, name: "shop-two" }] }));
    assert.match(
      (await cli("ps", { cwd: folder })).stderr,
      /Several apps were deployed from this folder: shop, shop-two/,
    );
    server.on("GET /v1/apps", json({ apps: [] }));
    assert.match(
      (await cli("ps")).stderr,
      /There is no app yet\. \[E_USAGE\]\n {2}→ Deploy one with `portside up DIR`/,
    );
  },
);

test("apps:destroy asks for the name on a terminal, and needs --confirm elsewhere", LIMIT, async (t) => {
  const { cli, server } = await scene(t);
  server.on(
    "GET /v1/operations/7/events",
    operationStream(numbered([{ type: "ended", status: "succeeded", durationMs: 20 }])),
  );
  const destroyed = (): number => server.lines(/^DELETE/).length;
  assert.match(
    (await cli("apps:destroy guestbook")).stderr,
    /needs a confirmation\. \[E_USAGE\]\n {2}→ Add `--confirm guestbook`/,
  );
  assert.match((await cli("apps:destroy guestbook --confirm gestbook")).stderr, /--confirm says `gestbook`/);
  assert.equal((await cli("apps:destroy guestbook", { terminalColumns: 80, typed: "gestbook\n" })).exit, 2);
  assert.equal(destroyed(), 0);
  assert.equal((await cli("apps:destroy guestbook", { terminalColumns: 80, typed: "guestbook\n" })).exit, 0);
  server.on("GET /v1/apps/guestbook", inTurn(json(app()), problem("E_APP_UNKNOWN", { app: "guestbook" })));
  assert.equal(
    (await cli("apps:destroy --app guestbook --confirm guestbook")).stdout,
    "guestbook → destroy\n  Destroyed in 20 ms\n",
  );
  assert.equal(destroyed(), 2);
  assert.match((await cli("apps:destroy guestbook")).stderr, /\[E_APP_UNKNOWN\]/);
});

test(
  "§12 logs --tail goes on until Ctrl-C, takes a broken stream up again, and drops what came twice",
  LIMIT,
  async (t) => {
    const { home, server } = await scene(t);
    const second = { ...LINE, id: 2, text: "second" };
    server.on("GET /v1/apps/guestbook/logs", inTurn(lineStream([LINE], "break"), lineStream([LINE, second])));
    const running = startCli(["logs", "--tail", "-n", "5", "-p", "web.1"], { home, clock: steppingClock() });
    await running.shows("second");
    running.interrupt();
    const { exit, stdout, stderr } = await running.finished;
    const head = "2026-01-01T00:00:00.123456+00:00 app[web.1]:";
    assert.deepEqual([exit, stdout], [0, `${head} GET /\\u001b[2J\n${head} second\n`]);
    assert.equal(stderr, "The server does not answer; trying again for 30 s.\n");
    const asked = server.requests.filter(({ line }) => line.includes("/logs"));
    assert.deepEqual(
      asked.map(({ line, lastEventId }) => [line, lastEventId]),
      [
        ["GET /v1/apps/guestbook/logs?num=5&tail=true&ps=web.1", undefined],
        ["GET /v1/apps/guestbook/logs?num=0&tail=true&ps=web.1", "1"],
      ],
    );
  },
);

test("security rule 18: on a terminal log lines and values are shown, never obeyed", LIMIT, async (t) => {
  const { cli, server } = await scene(t);
  server.on("GET /v1/apps/guestbook/logs", json({ lines: [LINE, { ...LINE, source: "portside[\u001b]0;x\u0007]" }] }));
  for (const words of ["logs", "config:get GREETING", "config", "info"]) {
    const { stdout } = await cli(words, { terminalColumns: 80 });
    assert.deepEqual(obeyedBy(withoutOurCodes(stdout)), [], words);
  }
});

test(
  "what the server refuses is told with its code, hint and exit status; --debug adds the stack",
  LIMIT,
  async (t) => {
    const { cli, server } = await scene(t);
    server.on("GET /v1/apps/nobody/instances", problem("E_APP_UNKNOWN", { app: "nobody" }));
    const text = "✗ There is no app `nobody`. [E_APP_UNKNOWN]\n  → List the apps with `npx portside apps`.\n";
    assert.deepEqual(await cli("ps --app nobody", { env: { npm_lifecycle_event: "start" } }), {
      exit: 1,
      stdout: "",
      stderr: text,
    });
    assert.match((await cli("ps --app nobody --debug")).stderr, /\n {4}at /);
    const { exit, stdout, stderr } = await cli("ps --app nobody --json");
    assert.deepEqual([exit, stdout, JSON.parse(stderr).error.code], [1, "", "E_APP_UNKNOWN"]);
    assert.match(
      (await cli("config:get NOPE")).stderr,
      /`guestbook` has no config variable `NOPE`\. \[E_CONFIG_UNKNOWN\]/,
    );
    server.on("GET /v1/apps", (response) => void response.writeHead(500).end("oops"));
    const defect = await cli("apps");
    assert.deepEqual([defect.exit, defect.stdout], [70, ""]);
  },
);

test("open hands the address to the desktop, or says that there is no browser", LIMIT, async (t) => {
  const { cli, server } = await scene(t);
  const folder = temporaryDirectory(t);
  const none = await cli("open", { env: { PATH: folder } });
  assert.deepEqual([none.exit, none.stdout], [1, "http://guestbook.localhost:8080\n"]);
  assert.match(
    none.stderr,
    /^✗ No browser could be opened\. \[E_BROWSER\]\n[^]* → Open http:\/\/guestbook\.localhost:8080 by hand\.\n$/,
  );
  const opener = join(folder, "xdg-open");
  for (const [code, exit] of [
    [0, 0],
    [3, 1],
  ] as const) {
    writeFileSync(
      opener,
      `#!/bin/sh\n[ "$#" = 1 ] && [ "$1" = http://guestbook.localhost:8080/ ] && exit ${code}\nexit 9\n`,
    );
    chmodSync(opener, 0o755);
    assert.equal((await cli("open", { env: { PATH: folder } })).exit, exit);
  }
  server.on("GET /v1/apps/guestbook", json(app({ url: "file:///etc/passwd" })));
  assert.match((await cli("open", { env: { PATH: folder } })).stderr, /is no web address/);
});

test("without a server: status ends with 3, down with 0, everything else with E_SERVER_DOWN", LIMIT, async (t) => {
  const home = temporaryDirectory(t);
  assert.deepEqual(await runCli(["status"], { home }), {
    exit: 3,
    stderr: "",
    stdout: `Portside is not running (home ${home}). Start it with \`portside up\`.\n`,
  });
  assert.equal((await runCli(["status", "--json"], { home: join(home, "absent") })).exit, 3);
  assert.deepEqual(await runCli(["down"], { home }), {
    exit: 0,
    stderr: "",
    stdout: `Portside is not running (home ${home})\n`,
  });
  const router = await new StubServer().listen(home, t, "edgeSocket");
  router.on("GET /status", json({ pid: 77, port: 8080, tableVersion: 3, active: {} }));
  assert.match(
    (await runCli(["status"], { home })).stdout,
    /^Portside is not running, but its router \(port 8080\) and what it routes to go on /,
  );
  const apps = await runCli(["apps"], { home });
  assert.deepEqual(
    [apps.exit, apps.stderr],
    [1, "✗ Portside is not running on this machine. [E_SERVER_DOWN]\n  → Start it with `portside up`.\n"],
  );
});

test("a home that cannot be used is told before anything else", LIMIT, async (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, "file"), "");
  mkdirSync(join(root, "folder"));
  const CASES = [
    [join(root, "file"), "it is not a directory"],
    [join(root, "file", "below"), "a part of its path is not a directory"],
    [join(root, "x".repeat(100)), "its path is too long for the sockets in it"],
  ] as const;
  for (const [home, reason] of CASES) {
    for (const words of [["up", "/nowhere"], ["apps"]]) {
      const { exit, stderr } = await runCli(words, { home });
      assert.equal(exit, 1);
      assert.ok(stderr.startsWith(`✗ The Portside home ${home} cannot be used: ${reason}`), stderr);
    }
  }
  assert.equal((await runCli(["version"], { home: join(root, "file") })).exit, 0);
});

test("down says what it stopped", LIMIT, async (t) => {
  const { cli, server } = await scene(t);
  server
    .on("POST /v1/shutdown", empty(202))
    .on("GET /v1/apps", json({ apps: [app(), app({ name: "idle", serving: {} })] }));
  assert.equal(
    (await cli("down")).stdout,
    "Stopped guestbook (web 1, worker 1)\nStopped Portside (process 2147483646) and its router on port 8080\n",
  );
  assert.match((await cli("down --keep-apps")).stdout, /^Left running guestbook/);
  const bodies = server.requests.filter(({ line }) => line === "POST /v1/shutdown").map(({ body }) => JSON.parse(body));
  assert.deepEqual(bodies, [{ keepInstances: false }, { keepInstances: true }]);
  assert.deepEqual(JSON.parse((await cli("down --json")).stdout), {
    running: false,
    stopped: { pid: 2_147_483_646, apps: ["guestbook"] },
  });
});
