import assert from "node:assert/strict";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { OperationEventBody, OperationFailure } from "../model/operation.ts";
import { colorsIn, obeyedBy, shownLines, withoutOurCodes } from "./testing/terminal-text.ts";
import { runCli, startCli, steppingClock, temporaryDirectory } from "./testing/fake-process.ts";
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
  type Responder,
} from "./testing/stub-server.ts";

const LIMIT = { timeout: 20_000 };
const URL_OF_APP = "http://guestbook.localhost:8080";
const URL_OF_SOURCE = /^(HEAD|PUT) \/v1\/sources\/sha256:[0-9a-f]{64}$/;

const WARNING: Diagnostic = {
  code: "APP_UNKNOWN_KEY",
  severity: "warning",
  file: "app.json",
  line: 7,
  column: 3,
  message: "`formaton` is not a key of app.json.",
  hint: "Did you mean `formation`?",
};

const done = (step: string, durationMs: number, detail: string): OperationEventBody[] => [
  { type: "stepStarted", step, undo: false },
  { type: "stepEnded", step, outcome: "done", durationMs, detail },
];
const QUEUED: OperationEventBody[] = [{ type: "queued", kind: "deploy", app: GUESTBOOK }, { type: "begun" }];

const SUCCESS = numbered([
  ...QUEUED,
  ...done("check", 4, "Procfile, app.json"),
  { type: "diagnostic", diagnostic: WARNING },
  { type: "stepStarted", step: "build", undo: false },
  { type: "output", step: "build", source: "build", text: "added 3 packages\u001b[2J" },
  { type: "stepEnded", step: "build", outcome: "done", durationMs: 1234, detail: "portside/nodejs, portside/procfile" },
  { type: "stepStarted", step: "predeploy", undo: false },
  { type: "stepEnded", step: "predeploy", outcome: "skipped", durationMs: 0, detail: "" },
  { type: "stepStarted", step: "start", undo: false },
  { type: "item", step: "start", item: "web.1", detail: "" },
  { type: "item", step: "start", item: "worker.1", detail: "" },
  { type: "stepEnded", step: "start", outcome: "done", durationMs: 84, detail: "" },
  { type: "stepStarted", step: "health", undo: false },
  { type: "item", step: "health", item: "web.1", detail: "GET /health 200", durationMs: 140 },
  { type: "item", step: "health", item: "worker.1", detail: "up for 1 s", durationMs: 970 },
  { type: "stepEnded", step: "health", outcome: "done", durationMs: 140, detail: "GET /health 200" },
  ...done("route", 12, "guestbook.localhost"),
  { type: "ended", status: "succeeded", durationMs: 4_912, release: 4, url: URL_OF_APP },
]);

const PLAIN_SUCCESS = `guestbook → embedded engine
  ✓ check     Procfile, app.json                                 4 ms
  ! app.json:7:3  APP_UNKNOWN_KEY  \`formaton\` is not a key of app.json.
                  Did you mean \`formation\`?
    │ added 3 packages\\u001b[2J
  ✓ build     portside/nodejs, portside/procfile                1.2 s
  ✓ start     web.1  worker.1                                   84 ms
  ✓ health    GET /health 200                                  140 ms
              worker.1 up for 1 s  970 ms
  ✓ route     guestbook.localhost                               12 ms
  Deployed v4 in 4.9 s

  http://guestbook.localhost:8080
`;

const FAILURE: OperationFailure = {
  code: "E_HEALTH_STARTUP",
  message: "web.1 did not become healthy: it listens on 127.0.0.1:3000, expected 0.0.0.0:5000.",
  hint: "Listen on 0.0.0.0 and on the port in PORT.",
  step: "health",
  evidence: ["last probe: connection refused", "web.1: ready\u009b31m"],
};

/** A folder called guestbook, a home, and a server that has the source and answers a deploy with these events. */
async function scene(t: TestContext, events: Responder): Promise<{ home: string; folder: string; server: StubServer }> {
  const home = temporaryDirectory(t);
  const folder = join(realpathSync(temporaryDirectory(t)), "guestbook");
  mkdirSync(folder);
  writeFileSync(join(folder, "Procfile"), "web: node server.js\n");
  const server = await new StubServer().listen(home, t);
  server
    .on("GET /v1/status", json(platform()))
    .on("POST /v1/apps/guestbook/deploys", json(operation(), 202))
    .on("POST /v1/operations/7/cancellation", json(operation(), 202))
    .on("GET /v1/operations/7/events", events)
    .on("GET /v1/apps/guestbook", json(app()));
  const { readSourceManifest } = await import("../contract/source-manifest.ts");
  const { digest } = await readSourceManifest(folder);
  server.on(`HEAD /v1/sources/${digest}`, inTurn(problem("E_SOURCE_UNKNOWN", { digest }), empty()));
  server.on(`PUT /v1/sources/${digest}`, empty());
  return { home, folder, server };
}

test("§10 a deploy uploads an unknown source, shows its steps as plain lines and the URL last", LIMIT, async (t) => {
  const { home, folder, server } = await scene(t, operationStream(SUCCESS));
  const { exit, stdout, stderr } = await runCli(["deploy", folder], { home });
  assert.deepEqual({ exit, stderr, stdout }, { exit: 0, stderr: "", stdout: PLAIN_SUCCESS });
  const sources = server.lines(/sources/);
  assert.equal(sources.length, 2);
  assert.ok(
    sources.every((line) => URL_OF_SOURCE.test(line)),
    sources.join(),
  );
  const put = server.requests.find((request) => request.line.startsWith("PUT"));
  assert.match(put?.body ?? "", /^Procfile\0[^]*web: node server\.js\n/);
  const deploys = server.requests.filter((request) => request.line.startsWith("POST"));
  assert.deepEqual(
    deploys.map((request) => JSON.parse(request.body)),
    [{ source: sources[0]?.replace("HEAD /v1/sources/", ""), origin: folder, takeOver: false }],
  );
});

test("§10 a source the server has is not uploaded; --app takes an existing app over", LIMIT, async (t) => {
  const { home, folder, server } = await scene(t, operationStream(SUCCESS));
  await runCli(["deploy", folder], { home });
  const { exit } = await runCli(["deploy", folder, "--app", "guestbook"], { home });
  assert.equal(exit, 0);
  assert.equal(server.lines(/^PUT/).length, 1);
  const last = server.requests.findLast((request) => request.line.startsWith("POST"));
  assert.equal(JSON.parse(last?.body ?? "").takeOver, true);
});

test("§10 --json prints one event a line and nothing else", LIMIT, async (t) => {
  const { home, folder } = await scene(t, operationStream(SUCCESS));
  const { exit, stdout, stderr } = await runCli(["deploy", folder, "--json"], { home });
  assert.deepEqual({ exit, stderr }, { exit: 0, stderr: "" });
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    SUCCESS,
  );
  assert.deepEqual(obeyedBy(stdout), []);
});

test("§10 a failure tells what happened, the evidence, what to do and what still serves", LIMIT, async (t) => {
  const events = numbered([
    ...QUEUED,
    ...done("check", 4, "Procfile"),
    { type: "stepStarted", step: "health", undo: false },
    {
      type: "stepEnded",
      step: "health",
      outcome: "failed",
      durationMs: 60_100,
      detail: "web.1 is not healthy",
      failure: FAILURE,
    },
    { type: "stepStarted", step: "health", undo: true },
    { type: "stepEnded", step: "health", outcome: "undone", durationMs: 3, detail: "" },
    { type: "stepStarted", step: "start", undo: true },
    { type: "stepEnded", step: "start", outcome: "undone", durationMs: 31, detail: "1 new instance stopped" },
    { type: "ended", status: "failed", durationMs: 60_200, release: 4, failure: FAILURE },
  ]);
  const { home, folder } = await scene(t, operationStream(events));
  const { exit, stdout, stderr } = await runCli(["deploy", folder], { home });
  assert.equal(exit, 1);
  assert.equal(
    stdout,
    `guestbook → embedded engine
  ✓ check     Procfile                                           4 ms
  ✗ health    E_HEALTH_STARTUP                                  1 min
  ↩ start     1 new instance stopped                            31 ms
`,
  );
  assert.equal(
    stderr,
    `✗ web.1 did not become healthy: it listens on 127.0.0.1:3000, expected 0.0.0.0:5000. [E_HEALTH_STARTUP]
  │ last probe: connection refused
  │ web.1: ready\\u009b31m
  → Listen on 0.0.0.0 and on the port in PORT.
  v3 still serves: http://guestbook.localhost:8080
`,
  );
});

test("§10 what is told about the app after a failure is what was seen", LIMIT, async (t) => {
  const CASES = [
    [json(app({ release: null, url: null, serving: {} })), "  `guestbook` has no release yet; nothing of it runs.\n"],
    [json(app({ serving: { web: 0 } })), "  v3 is the current release, but none of its instances serves.\n"],
    [json(app({ release: 4 })), "  v4 serves all the same: http://guestbook.localhost:8080\n"],
    [problem("E_APP_UNKNOWN", { app: "guestbook" }), "  There is no app `guestbook` now.\n"],
    [problem("E_INTERNAL", { problem: "no disk" }), "PORT.\n"],
  ] as const;
  const ended = numbered([...QUEUED, { type: "ended", status: "failed", durationMs: 5, release: 4, failure: FAILURE }]);
  for (const [answer, ending] of CASES) {
    const { home, folder, server } = await scene(t, operationStream(ended));
    server.on("GET /v1/apps/guestbook", answer);
    const { stderr } = await runCli(["deploy", folder], { home });
    assert.ok(stderr.endsWith(ending), stderr);
  }
});

test("§10 nothing changed: one line with the release and the URL", LIMIT, async (t) => {
  const events = numbered([
    ...QUEUED,
    { type: "stepStarted", step: "check", undo: false },
    { type: "diagnostic", diagnostic: WARNING },
    { type: "stepEnded", step: "check", outcome: "done", durationMs: 2, detail: "Procfile", unchanged: true },
    { type: "ended", status: "unchanged", durationMs: 3 },
  ]);
  const { home, folder } = await scene(t, operationStream(events));
  const { exit, stdout } = await runCli(["deploy", folder], { home });
  assert.deepEqual(
    { exit, stdout },
    { exit: 0, stdout: `guestbook is unchanged, v3 serves: ${URL_OF_APP} (1 warning, as before)\n` },
  );
});

test("§10 a connection that breaks is taken up again behind the last event", LIMIT, async (t) => {
  const head = operationStream(SUCCESS.slice(0, 6), "break");
  const away: Responder = (response) => response.destroy();
  const { home, folder, server } = await scene(t, inTurn(head, away, operationStream(SUCCESS)));
  const { exit, stdout } = await runCli(["deploy", folder], { home, clock: steppingClock() });
  const note = "  ! the server does not answer; trying again for 30 s\n";
  assert.equal(exit, 0);
  assert.ok(stdout.includes(note), stdout);
  assert.equal(stdout.replace(note, ""), PLAIN_SUCCESS);
  const asked = server.requests.filter((request) => request.line.endsWith("/events"));
  assert.deepEqual(
    asked.map((request) => request.lastEventId),
    [undefined, "6", "6"],
  );
});

test("§10 a server that stays away is given up after 30 s", LIMIT, async (t) => {
  const { home, folder } = await scene(t, operationStream(SUCCESS.slice(0, 3), "break"));
  const clock = steppingClock();
  const startedAt = clock.now();
  const { exit, stderr } = await runCli(["deploy", folder], { home, clock });
  assert.equal(exit, 1);
  assert.match(stderr, /\[E_SERVER_DOWN\]/);
  assert.ok(clock.now() - startedAt > 30_000 && clock.now() - startedAt < 32_000);
});

/** A stream that sends its first events, and the others once the operation was cancelled. */
function untilCancelled(
  server: () => StubServer,
  first: readonly OperationEventBody[],
  then: readonly OperationEventBody[],
): Responder {
  const all = numbered([...first, ...then]);
  return (response, seen) => {
    operationStream(all.slice(0, first.length), "open")(response, seen);
    server().on("POST /v1/operations/7/cancellation", (answer, order) => {
      json(operation(), 202)(answer, order);
      for (const event of all.slice(first.length))
        response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    });
  };
}

const CANCELLED: OperationFailure = {
  code: "E_CANCELLED",
  message: "The operation was cancelled; the previous state is back.",
  hint: "Run the command again when you are ready.",
  evidence: [],
};
const BUILDING: OperationEventBody[] = [
  ...QUEUED,
  { type: "stepStarted", step: "build", undo: false },
  { type: "output", step: "build", source: "build", text: "building" },
];

test("§10 Ctrl-C cancels, waits until the previous state is back, and ends with 130", LIMIT, async (t) => {
  const tail: OperationEventBody[] = [
    { type: "cancelRequested", failure: CANCELLED },
    { type: "stepEnded", step: "build", outcome: "failed", durationMs: 900, detail: "stopped", failure: CANCELLED },
    { type: "ended", status: "cancelled", durationMs: 950, failure: CANCELLED },
  ];
  const { home, folder, server } = await scene(
    t,
    untilCancelled(() => server, BUILDING, tail),
  );
  const running = startCli(["deploy", folder], { home, clock: steppingClock() });
  await running.shows("building");
  running.interrupt();
  running.interrupt(); // npm forwards what the terminal has sent already
  const { exit, stdout, stderr } = await running.finished;
  assert.equal(exit, 130);
  assert.equal(server.lines(/cancellation/).length, 1);
  assert.match(stdout, /Ctrl-C: cancelling; once more leaves at once\n/);
  assert.equal(
    stderr,
    `✗ The operation was cancelled; the previous state is back. [E_CANCELLED]
  → Run the command again when you are ready.
  v3 still serves: http://guestbook.localhost:8080
`,
  );
});

test("§10 a cancel that comes too late changes nothing about a success", LIMIT, async (t) => {
  const { home, folder, server } = await scene(
    t,
    untilCancelled(() => server, BUILDING, [
      { type: "ended", status: "succeeded", durationMs: 950, release: 4, url: URL_OF_APP },
    ]),
  );
  const running = startCli(["deploy", folder], { home });
  await running.shows("building");
  running.interrupt();
  const { exit, stdout, stderr } = await running.finished;
  assert.deepEqual({ exit, stderr }, { exit: 0, stderr: "" });
  assert.match(stdout, /Deployed v4 in 950 ms/);
});

test("§10 a second Ctrl-C leaves at once and says that the operation goes on", LIMIT, async (t) => {
  const clock = steppingClock();
  const { home, folder, server } = await scene(t, operationStream(numbered(BUILDING), "open"));
  const running = startCli(["deploy", folder], { home, clock });
  await running.shows("building");
  running.interrupt();
  await running.shows("once more");
  clock.advance(1_000);
  running.interrupt();
  const { exit, stderr } = await running.finished;
  assert.equal(exit, 130);
  assert.match(stderr, /Left while operation 7 on `guestbook` was being cancelled\. \[E_CLI_INTERRUPTED\]/);
  assert.ok(server.lines(/cancellation/).length <= 1);
});

test("§10 Ctrl-C while the order is on its way cancels the operation it became", LIMIT, async (t) => {
  const ended: OperationEventBody[] = [{ type: "ended", status: "cancelled", durationMs: 9, failure: CANCELLED }];
  const { home, folder, server } = await scene(t, operationStream(numbered([...QUEUED, ...ended])));
  const asked = Promise.withResolvers<() => void>();
  server.on("POST /v1/apps/guestbook/deploys", (response, seen) => {
    asked.resolve(() => json(operation(), 202)(response, seen));
  });
  const running = startCli(["deploy", folder], { home });
  const answer = await asked.promise;
  running.interrupt();
  answer();
  const { exit } = await running.finished;
  assert.equal(exit, 130);
  assert.deepEqual(server.lines(/cancellation/), ["POST /v1/operations/7/cancellation"]);
});

test("up --stop-on-exit stops everything also after a Ctrl-C before there was an operation", LIMIT, async (t) => {
  const { home, folder, server } = await scene(t, operationStream(SUCCESS));
  server.on("GET /v1/apps", json({ apps: [app()] })).on("POST /v1/shutdown", empty(202));
  const asked = Promise.withResolvers<void>();
  const { readSourceManifest } = await import("../contract/source-manifest.ts");
  server.on(`HEAD /v1/sources/${(await readSourceManifest(folder)).digest}`, () => asked.resolve());
  const running = startCli(["up", folder, "--stop-on-exit"], { home });
  await asked.promise;
  running.interrupt();
  const { exit, stdout } = await running.finished;
  assert.equal(exit, 130);
  assert.match(stdout, /Stopped guestbook \(web 1, worker 1\)\nStopped Portside/);
});

test("§10 Ctrl-C before there is an operation changes nothing and ends with 130", LIMIT, async (t) => {
  const { home, folder, server } = await scene(t, operationStream(SUCCESS));
  const asked = Promise.withResolvers<void>();
  server.on("GET /v1/status", () => asked.resolve());
  const running = startCli(["deploy", folder], { home });
  await asked.promise;
  running.interrupt();
  const { exit, stderr } = await running.finished;
  assert.deepEqual(
    { exit, stderr },
    { exit: 130, stderr: "✗ Interrupted. [E_CLI_INTERRUPTED]\n  → Nothing was changed.\n" },
  );
  assert.deepEqual(server.lines(/POST|PUT/), []);
});

test("a folder that cannot be deployed is refused before the server is asked", LIMIT, async (t) => {
  const { home, folder, server } = await scene(t, operationStream(SUCCESS));
  const CASES = [
    [
      ["deploy", join(folder, "absent")],
      1,
      /The folder \S+ cannot be read: there is no such folder\. \[E_SOURCE_UNREADABLE\]/,
    ],
    [["deploy", join(folder, "Procfile")], 1, /it is not a folder\. \[E_SOURCE_UNREADABLE\]/],
    [["deploy", folder, "--app", "Guest\u001bbook"], 2, /`Guest\\u001bbook` cannot be an app's name\. \[E_APP_NAME\]/],
  ] as const;
  for (const [words, exit, message] of CASES) {
    const finished = await runCli(words, { home });
    assert.equal(finished.exit, exit);
    assert.match(finished.stderr, message);
  }
  assert.deepEqual(server.requests, []);
});

test("up deploys, prints the URL, follows the app's new lines; Ctrl-C leaves everything running", LIMIT, async (t) => {
  const { home, folder, server } = await scene(t, operationStream(SUCCESS));
  const line = { at: "2026-01-01T00:00:01.000000+00:00", source: "app[web.1]", text: "listening" };
  server.on(
    "GET /v1/apps/guestbook/logs",
    lineStream([
      { ...line, id: 1, at: "2025-12-31T23:59:59.000000+00:00", text: "from the release before" },
      { ...line, id: 2, source: "app[release.1]", text: "shown already" },
      { ...line, id: 3 },
    ]),
  );
  const running = startCli(["up", "guestbook"], {
    home,
    cwd: "/",
    env: { npm_command: "run-script", npm_package_name: "portside", INIT_CWD: join(folder, "..") },
  });
  await running.shows("listening");
  running.interrupt();
  const { exit, stdout, stderr } = await running.finished;
  assert.deepEqual({ exit, stderr }, { exit: 0, stderr: "" });
  assert.equal(
    stdout,
    `${PLAIN_SUCCESS}
Logs of guestbook; Ctrl-C leaves it running
2026-01-01T00:00:01.000000+00:00 app[web.1]: listening

guestbook goes on running. Stop it with \`npx portside down\`.
`,
  );
  assert.deepEqual(server.lines(/logs/), ["GET /v1/apps/guestbook/logs?num=100&tail=true"]);
});

test("up --stop-on-exit does what down does, also after a failure", LIMIT, async (t) => {
  const ended = numbered([...QUEUED, { type: "ended", status: "failed", durationMs: 5, failure: FAILURE }]);
  const { home, folder, server } = await scene(t, operationStream(ended));
  server.on("GET /v1/apps", json({ apps: [app()] })).on("POST /v1/shutdown", empty(202));
  const { exit, stdout } = await runCli(["up", folder, "--stop-on-exit"], { home });
  assert.equal(exit, 1);
  assert.match(
    stdout,
    /Stopped guestbook \(web 1, worker 1\)\nStopped Portside \(process 2147483646\) and its router on port 8080\n$/,
  );
  assert.equal(server.lines(/shutdown/).length, 1);
});

test("§10 on a terminal the running step has a live line that leaves no trace, and colours end", LIMIT, async (t) => {
  const { home, folder } = await scene(t, operationStream(SUCCESS));
  const { stdout } = await runCli(["deploy", folder], { home, terminalColumns: 60 });
  assert.ok(withoutOurCodes(stdout).includes("⠋ build"), stdout);
  const shown = shownLines(stdout);
  assert.ok(
    shown.every((line) => !line.includes("⠋") && line.length <= 60),
    shown.join("\n"),
  );
  assert.ok(shown.includes("  ✓ start     web.1  worker.1                         84 ms"), shown.join("\n"));
  assert.ok(colorsIn(stdout).length > 0);
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const colorless = await runCli(["deploy", folder], { home, terminalColumns: 60, env });
    assert.deepEqual(colorsIn(colorless.stdout), [], JSON.stringify(env));
  }
  const dumb = await runCli(["deploy", folder], { home, terminalColumns: 60, env: { TERM: "dumb" } });
  assert.deepEqual(obeyedBy(dumb.stdout), []);
});
