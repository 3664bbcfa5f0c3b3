import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "../lib/visible-text.ts";
import { reveal } from "../lib/secret.ts";
import type { Secret } from "../lib/secret.ts";
import { PortsideError } from "../model/error-registry.ts";
import {
  appDetailSchema,
  appListSchema,
  configSchema,
  instanceListSchema,
  releaseDetailSchema,
  releaseListSchema,
} from "../wire/apps.ts";
import { checkListSchema } from "../wire/checks.ts";
import { instanceDetailSchema } from "../wire/instances.ts";
import { buildListSchema, buildOutputSchema, buildSchema } from "../wire/builds.ts";
import { logLinesSchema } from "../wire/logs.ts";
import { operationDetailSchema, operationListSchema, operationSchema } from "../wire/operations.ts";
import { releaseDiffSchema } from "../wire/storage.ts";
import { settingsSchema } from "../wire/settings.ts";
import { platformStatusSchema } from "../wire/platform.ts";
import { problemSchema } from "../wire/problem.ts";
import { DIGEST } from "./testing/fake-data.ts";
import { createHarness } from "./testing/harness.ts";
import type { AskOptions } from "./testing/harness.ts";

const READS = [
  ["GET /v1/status", platformStatusSchema],
  ["GET /v1/apps", appListSchema],
  ["GET /v1/apps/demo", appDetailSchema],
  ["GET /v1/apps/demo/config", configSchema],
  ["GET /v1/apps/demo/releases", releaseListSchema],
  ["GET /v1/apps/demo/builds", buildListSchema],
  ["GET /v1/apps/demo/builds/latest", buildSchema],
  ["GET /v1/apps/demo/builds/1", buildSchema],
  ["GET /v1/apps/demo/builds/1/output", buildOutputSchema],
  ["GET /v1/apps/demo/instances", instanceListSchema],
  ["GET /v1/apps/demo/releases/2", releaseDetailSchema],
  ["GET /v1/apps/demo/releases/1/diff/2", releaseDiffSchema],
  ["GET /v1/apps/demo/settings", settingsSchema],
  ["GET /v1/operations?app=demo&limit=5&before=9", operationListSchema],
  ["GET /v1/apps/demo/instances/web.1", instanceDetailSchema],
  ["GET /v1/apps/demo/checks", checkListSchema],
  ["GET /v1/apps/demo/logs?num=5&ps=web.1", logLinesSchema],
] as const;

test("reads answer in the form of the wire, not to be cached, sniffed or run", async () => {
  const { ask, control } = createHarness();
  control.print("hello");
  for (const [line, schema] of READS) {
    const response = await ask(line);
    assert.equal(response.status, 200, line);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("access-control-allow-origin"), null);
    const value: unknown = await response.json();
    assert.deepEqual(value, schema.parse(value), line);
  }
});

const demo = "/v1/apps/demo";
const MUTATIONS: readonly [line: string, body: unknown, call: string, args: unknown[]][] = [
  [
    `POST ${demo}/deploys`,
    { source: DIGEST, origin: "/w", takeOver: false },
    "deploy",
    [{ app: "demo", source: DIGEST, origin: "/w", takeOver: false }],
  ],
  [
    "POST /v1/apps/new/deploys",
    { source: DIGEST, origin: "/n", takeOver: true },
    "deploy",
    [{ app: "new", source: DIGEST, origin: "/n", takeOver: true }],
  ],
  [`POST ${demo}/scale`, { formation: { web: 2, "my_worker-1": 0 } }, "scale", [{ web: 2, "my_worker-1": 0 }]],
  [`POST ${demo}/restarts`, {}, "restart", [{}]],
  [`POST ${demo}/restarts`, undefined, "restart", [{}]],
  [`POST ${demo}/restarts`, { type: "web", number: 2 }, "restart", [{ type: "web", number: 2 }]],
  [`POST ${demo}/starts`, {}, "start", [{}]],
  [`POST ${demo}/starts`, { type: "web" }, "start", [{ type: "web" }]],
  [`POST ${demo}/stops`, { type: "web" }, "stop", [{ type: "web" }]],
  [`POST ${demo}/stops`, { type: "web", number: 2 }, "stop", [{ type: "web", number: 2 }]],
  [`POST ${demo}/rollbacks`, {}, "rollback", [undefined]],
  [`POST ${demo}/rollbacks`, { release: 1 }, "rollback", [1]],
  [`DELETE ${demo}`, undefined, "destroy", []],
  [`PATCH ${demo}/settings`, { tests: false, freeze: null }, "settings", [{ tests: false, freeze: null }]],
  [
    `PATCH ${demo}/settings`,
    { freeze: { reason: "r", until: "2026-12-27T08:00:00+01:00" } },
    "settings",
    [{ freeze: { reason: "r", until: Date.UTC(2026, 11, 27, 7) } }],
  ],
];

test("changes answer 202 with the operation and where to watch it", async () => {
  for (const [line, body, method, args] of MUTATIONS) {
    const { ask, control } = createHarness();
    const response = await ask(line, { body });
    assert.equal(response.status, 202, `${line} ${await response.clone().text()}`);
    assert.equal(response.headers.get("location"), "/v1/operations/1");
    const value: unknown = await response.json();
    assert.deepEqual(value, operationSchema.parse(value));
    assert.deepEqual(control.calls, [{ method, args }]);
    const detail: unknown = await (await ask("GET /v1/operations/1")).json();
    assert.deepEqual(detail, operationDetailSchema.parse(detail));
    assert.equal((await ask("POST /v1/operations/1/cancellation")).status, 202);
  }
});

test("config values arrive as secrets, byte for byte, and null unsets (§4)", async () => {
  const { ask, control } = createHarness();
  const values = { A: "", B: " x\r\n\t'\"$(id)`é🙂 ", C: null, constructor: "c", toString: "t" };
  assert.equal((await ask(`PATCH ${demo}/config`, { body: { values } })).status, 202);
  const [given] = (control.calls[0]?.args ?? []) as [Record<string, Secret | null>];
  const plain = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value && reveal(value, "test")]),
  );
  assert.deepEqual(plain, values);
});

test("that config values were shown is recorded, without them (security rule 6)", async () => {
  const { ask, logged } = createHarness();
  const response = await ask(`GET ${demo}/config`);
  assert.deepEqual(await response.json(), { values: { GREETING: "hello" } });
  assert.deepEqual(logged[0], { level: "info", msg: "config values shown", request: 1, app: "demo", by: "owner" });
  assert.doesNotMatch(JSON.stringify(logged), /hello|GREETING/);
});

test("a source is streamed to control; HEAD says whether it is there", async () => {
  const { ask, control } = createHarness();
  assert.equal((await ask(`HEAD /v1/sources/${DIGEST}`)).status, 404);
  const response = await ask(`PUT /v1/sources/${DIGEST}`, { rawBody: new Uint8Array(100_000) });
  assert.equal(response.status, 204);
  assert.equal(await response.text(), "");
  assert.equal(control.stored.get(DIGEST), 100_000);
  assert.equal((await ask(`HEAD /v1/sources/${DIGEST}`)).status, 204);
});

test("shutdown is passed on and answers the state that follows", async () => {
  const { ask, control } = createHarness();
  const response = await ask("POST /v1/shutdown", { body: { keepInstances: true } });
  assert.equal(response.status, 202);
  assert.equal(platformStatusSchema.parse(await response.json()).state, "stopping");
  assert.deepEqual(control.calls[0], { method: "shutdown", args: [{ keepInstances: true }] });
});

test("buildpacks: the app's list is read and replaced; the machine's are listed, installed, removed (contract §3)", async () => {
  const { ask, control } = createHarness();
  const from = { from: "/srv/x", digest: DIGEST };
  const lines: readonly (readonly [string, unknown, unknown])[] = [
    [`GET ${demo}/buildpacks`, undefined, { buildpacks: ["heroku/nodejs"], path: "" }],
    [`PUT ${demo}/buildpacks`, { buildpacks: ["./x"] }, { buildpacks: ["./x"], path: "" }],
    ["POST /v1/buildpacks", { reference: "/srv/x" }, { buildpacks: [{ id: "acme/x", version: "2.0.0", ...from }] }],
    ["DELETE /v1/buildpacks/acme%2Fx", undefined, { buildpacks: [{ id: "acme/x", version: "2.0.0", ...from }] }],
    [
      "DELETE /v1/buildpacks/acme%2Fx%401.0.0",
      undefined,
      { buildpacks: [{ id: "acme/x", version: "1.0.0", ...from }] },
    ],
  ];
  for (const [line, body, answer] of lines) {
    const response = await ask(line, { body });
    assert.equal(response.status, 200, `${line} ${await response.clone().text()}`);
    assert.deepEqual(await response.json(), answer, line);
  }
  assert.deepEqual(control.calls.at(-1), { method: "uninstallBuildpack", args: ["acme/x", "1.0.0"] });
  const known = (await (await ask("GET /v1/buildpacks")).json()) as { buildpacks: readonly { installed: unknown }[] };
  assert.deepEqual(
    known.buildpacks.map(({ installed }) => installed),
    [null, { from: "/srv/x", at: "2026-01-01T00:00:00.000Z" }],
  );
});

test("a deploy may name the app's directory and buildpacks of its own (contract §1, §3)", async () => {
  const { ask, control } = createHarness();
  const body = { source: DIGEST, origin: "/w", takeOver: false, path: "./services/api/", buildpacks: ["a/b"] };
  assert.equal((await ask(`POST ${demo}/deploys`, { body })).status, 202);
  const order = {
    app: "demo",
    source: DIGEST,
    origin: "/w",
    takeOver: false,
    path: "services/api",
    buildpacks: ["a/b"],
  };
  assert.deepEqual(control.calls, [{ method: "deploy", args: [order] }]);
  for (const path of ["../x", "/etc", "a/../b", "a//b", "a\0"]) {
    const refused = await ask(`POST ${demo}/deploys`, { body: { ...body, path } });
    assert.equal(refused.status, 422, path);
    assert.equal(((await refused.json()) as { code: string }).code, "E_APP_PATH");
  }
});

const json = { "content-type": "application/json" };
const REFUSED: readonly [line: string, options: AskOptions, status: number, code: string, detail: RegExp][] = [
  ["GET /nope", {}, 404, "E_NOT_FOUND", /no such address/],
  ["GET /v1/apps/", {}, 404, "E_NOT_FOUND", /no such address/],
  ["GET /v1/apps/gone", {}, 404, "E_APP_UNKNOWN", /`gone`/],
  ["GET /v1/apps/Demo", {}, 404, "E_APP_UNKNOWN", /`Demo`/],
  ["DELETE /v1/apps/gone", {}, 404, "E_APP_UNKNOWN", /`gone`/],
  [
    "POST /v1/apps/Bad_Name/deploys",
    { body: { source: DIGEST, origin: "/w", takeOver: false } },
    400,
    "E_APP_NAME",
    /`Bad_Name`/,
  ],
  [
    "POST /v1/apps/a/deploys",
    { body: { source: "sha256:0", origin: "/w", takeOver: false } },
    400,
    "E_REQUEST_INVALID",
    /`sha256:0` is no digest/,
  ],
  [
    "POST /v1/apps/a/deploys",
    { body: { source: DIGEST, origin: "/w\0", takeOver: false } },
    400,
    "E_REQUEST_INVALID",
    /`origin` has a NUL/,
  ],
  [
    "POST /v1/apps/a/deploys",
    { body: { origin: 3, takeOver: "x", more: 1 } },
    400,
    "E_REQUEST_INVALID",
    /body\.source: .*; body\.origin: .*; body\.takeOver: .*; body: Unrecognized key: "more"/,
  ],
  [`POST ${demo}/scale`, { body: { formation: { web: 1.5 } } }, 400, "E_REQUEST_INVALID", /body\.formation\.web: /],
  [
    `POST ${demo}/scale`,
    { body: { formation: { "a b": 1 } } },
    400,
    "E_REQUEST_INVALID",
    /`a b` cannot be a process type/,
  ],
  [`POST ${demo}/scale`, {}, 400, "E_REQUEST_INVALID", /body\.formation: /],
  [`POST ${demo}/restarts`, { body: { number: 1 } }, 400, "E_REQUEST_INVALID", /needs a `type`/],
  [`POST ${demo}/rollbacks`, { body: { release: 0 } }, 400, "E_REQUEST_INVALID", /body\.release: /],
  [`POST ${demo}/rollbacks`, { body: [] }, 400, "E_REQUEST_INVALID", /body: expected object/],
  [`POST ${demo}/rollbacks`, { rawBody: "{", headers: json }, 400, "E_REQUEST_INVALID", /not JSON/],
  [`POST ${demo}/rollbacks`, { rawBody: "", headers: json }, 202, "", /./],
  [`POST ${demo}/rollbacks`, { rawBody: new Uint8Array([0xff]), headers: json }, 400, "E_REQUEST_INVALID", /not UTF-8/],
  [
    `POST ${demo}/rollbacks`,
    { rawBody: "{}", headers: { "content-type": "text/plain" } },
    400,
    "E_REQUEST_INVALID",
    /must be application\/json/,
  ],
  [
    `POST ${demo}/rollbacks`,
    { rawBody: new Uint8Array([123, 125]) },
    400,
    "E_REQUEST_INVALID",
    /must be application\/json/,
  ],
  [
    `PATCH ${demo}/config`,
    { rawBody: '{"values":{"__proto__":"x"}}', headers: json },
    400,
    "E_REQUEST_INVALID",
    /`__proto__`/,
  ],
  [
    `PATCH ${demo}/config`,
    { rawBody: '{"__proto__":{},"values":{}}', headers: json },
    400,
    "E_REQUEST_INVALID",
    /`__proto__`/,
  ],
  [
    `PATCH ${demo}/config`,
    { rawBody: '{"values":{"A":"\\ud800"}}', headers: json },
    422,
    "E_CONFIG_VALUE",
    /`A` has half/,
  ],
  [`GET ${demo}/logs?num=10001`, {}, 400, "E_REQUEST_INVALID", /query\.num: /],
  [`GET ${demo}/logs?num=1&num=2`, {}, 400, "E_REQUEST_INVALID", /query\.num: /],
  [`GET ${demo}/logs?tial=true`, {}, 400, "E_REQUEST_INVALID", /"tial"/],
  [`GET ${demo}/logs?tail=true`, {}, 400, "E_REQUEST_INVALID", /text\/event-stream/],
  [`GET ${demo}/logs?ps=web.0`, {}, 400, "E_REQUEST_INVALID", /`web\.0`/],
  [`GET ${demo}/logs?ps=web.1.1`, {}, 400, "E_REQUEST_INVALID", /`web\.1\.1`/],
  [
    `GET ${demo}/logs`,
    { headers: { accept: "text/event-stream", "last-event-id": "x" } },
    400,
    "E_REQUEST_INVALID",
    /Last-Event-ID/,
  ],
  ["GET /v1/operations/7", {}, 404, "E_OPERATION_UNKNOWN", /operation 7/],
  ["GET /v1/operations/0", {}, 404, "E_OPERATION_UNKNOWN", /operation 0/],
  ["GET /v1/operations/1e3", {}, 404, "E_OPERATION_UNKNOWN", /operation 1e3/],
  ["GET /v1/operations/9007199254740993", {}, 404, "E_OPERATION_UNKNOWN", /operation 9007199254740993/],
  ["GET /v1/operations/7/events", {}, 404, "E_OPERATION_UNKNOWN", /operation 7/],
  ["PUT /v1/sources/sha256:xyz", { rawBody: "x" }, 400, "E_REQUEST_INVALID", /no digest/],
];

test("refusals are problems with a code of the registry", async () => {
  for (const [line, options, status, code, detail] of REFUSED) {
    const { ask } = createHarness();
    const response = await ask(line, options);
    const text = await response.text();
    assert.equal(response.status, status, `${line} ${text}`);
    if (code === "") continue;
    assert.equal(response.headers.get("content-type"), "application/problem+json", line);
    const problem = problemSchema.parse(JSON.parse(text));
    assert.deepEqual([problem.code, problem.status, problem.type], [code, status, `urn:portside:error:${code}`], line);
    assert.match(problem.detail, detail, line);
  }
});

test("a wrong method is 405 and names the right ones", async () => {
  const { ask, routes } = createHarness();
  const cases = [
    ["DELETE /v1/apps", "GET, HEAD"],
    [`PUT ${demo}`, "DELETE, GET, HEAD"],
    [`GET ${demo}/scale`, "POST"],
    [`HEAD ${demo}/scale`, "POST"],
    [`GET ${demo}/config?x=1`, undefined],
    [`POST ${demo}/config`, "GET, HEAD, PATCH"],
    [`GET /v1/sources/${DIGEST}`, "HEAD, PUT"],
    ["BREW /openapi.json", "GET, HEAD"],
  ] as const;
  for (const [line, allow] of cases) {
    const response = await ask(line);
    assert.equal(response.status, allow === undefined ? 200 : 405, line);
    assert.equal(response.headers.get("allow"), allow ?? null, line);
  }
  assert.ok(routes.length > 0);
});

test("every GET answers HEAD without a body", async () => {
  const { ask } = createHarness();
  for (const [line] of READS) {
    const response = await ask(line.replace("GET", "HEAD"));
    assert.deepEqual([response.status, await response.text()], [200, ""], line);
  }
});

test("control's refusals keep code, hint and evidence; terminal and page escapes in them are defused (security rule 18)", async () => {
  const { ask, control } = createHarness();
  const evidence = ["\u001b[31mred\u001b[0m", "<img src=x>", "plain"];
  control.failure = new PortsideError("E_APP_NAME_TAKEN", { app: "demo", origin: "/a\u202e<script>" }, { evidence });
  const response = await ask(`POST ${demo}/rollbacks`, { body: {} });
  const text = await response.text();
  assert.equal(response.status, 409);
  assert.doesNotMatch(text, /[<>]/);
  assert.equal(text, visibleText(text));
  const problem = problemSchema.parse(JSON.parse(text));
  assert.equal(problem.detail, "`demo` already exists and was deployed from /a\\u202e<script>.");
  assert.match(problem.hint, /--app demo/);
  assert.deepEqual(problem.evidence, ["\\u001b[31mred\\u001b[0m", "<img src=x>", "plain"]);
});

test("a defect answers E_INTERNAL without stack, path or message, and the log has the rest (security rule 18)", async () => {
  const defects: readonly unknown[] = [
    new TypeError("boom at /home/x/src/secret.ts"),
    new PortsideError("E_INTERNAL", { problem: "/home/x broke" }),
  ];
  for (const failure of defects) {
    const { ask, control, logged } = createHarness();
    control.failure = failure;
    const response = await ask("GET /v1/apps");
    const text = await response.text();
    assert.equal(response.status, 500);
    assert.doesNotMatch(text, /boom|\/home|\.ts|    at /);
    assert.match(text, /request 1 failed unexpectedly/);
    const entry = logged.find(({ msg }) => msg === "api request failed");
    assert.deepEqual([entry?.level, entry?.["request"], entry?.["err"]], ["error", 1, failure]);
  }
});

test("a full disk is E_DISK_FULL", async () => {
  const { ask, control } = createHarness();
  control.failure = Object.assign(new Error("no space left on /x"), { code: "ENOSPC" });
  const response = await ask(`PUT /v1/sources/${DIGEST}`, { rawBody: "x" });
  assert.equal(response.status, 507);
  assert.doesNotMatch(await response.text(), /\/x/);
});

test("the log has one line a request: pattern, status and principal, never path, query or body", async () => {
  const { ask, logged } = createHarness();
  await ask("GET /v1/apps/s3cret-name?s3cret=1");
  await ask(`PATCH ${demo}/config`, { body: { values: { A: "s3cret", B: 7 } } });
  assert.deepEqual(
    logged.map(({ level, route, status, by }) => [level, route, status, by]),
    [
      ["debug", "/v1/apps/{app}", 404, "owner"],
      ["info", "/v1/apps/{app}/config", 400, "owner"],
    ],
  );
  assert.doesNotMatch(JSON.stringify(logged), /s3cret/);
});
