import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleExcerpt, visibleText } from "../lib/visible-text.ts";
import { problemSchema } from "../wire/problem.ts";
import { DIGEST } from "./testing/fake-data.ts";
import { createHarness } from "./testing/harness.ts";

/** The one payload that is a possible name of an app and of a process type. */
const NAME = "constructor";
const MAY_PASS: readonly string[] = ["app of a deploy", "type to restart"];

/** security.md §7. */
const PAYLOADS: readonly string[] = [
  "$(id)",
  "`id`",
  "; id",
  "| id",
  "&& id",
  "\nid",
  "--upload-pack=id",
  "-oProxyCommand=id",
  "../../etc/passwd",
  "/etc/passwd",
  "%2e%2e/",
  "a\0b",
  "a\u202eb",
  "a".repeat(10_000_000),
  '{"$ne":null}',
  "' OR 1=1 --",
  "{{7*7}}",
  "${jndi:x}",
  "__proto__",
  NAME,
  "<script>alert(1)</script>",
  "\u001b]8;;http://x\u0007",
  "%zz",
  "..",
  "\ud800",
];

/** Every string of every request. */
const FIELDS: readonly [name: string, build: (text: string) => readonly [line: string, body?: unknown]][] = [
  ["app", (text) => [`GET /v1/apps/${encode(text)}`]],
  ["app of a config", (text) => [`GET /v1/apps/${encode(text)}/config`]],
  ["app of a stream", (text) => [`GET /v1/apps/${encode(text)}/logs`]],
  [
    "app of a deploy",
    (text) => [`POST /v1/apps/${encode(text)}/deploys`, { source: DIGEST, origin: "/w", takeOver: false }],
  ],
  [
    "path of a deploy",
    (text) => ["POST /v1/apps/demo/deploys", { source: "x", origin: "/w", takeOver: false, path: text }],
  ],
  ["buildpack to remove", (text) => [`DELETE /v1/buildpacks/${encode(text)}`]],
  ["app of a buildpack list", (text) => [`PUT /v1/apps/${encode(text)}/buildpacks`, { buildpacks: [] }]],
  ["app to destroy", (text) => [`DELETE /v1/apps/${encode(text)}`]],
  ["operation", (text) => [`GET /v1/operations/${encode(text)}`]],
  ["operation of a stream", (text) => [`GET /v1/operations/${encode(text)}/events`]],
  ["operation to cancel", (text) => [`POST /v1/operations/${encode(text)}/cancellation`]],
  ["digest", (text) => [`HEAD /v1/sources/${encode(text)}`]],
  ["digest to store", (text) => [`PUT /v1/sources/${encode(text)}`]],
  ["path", (text) => [`GET /${encode(text)}`]],
  ["query name", (text) => [`GET /v1/apps/demo/logs?${encode(text)}=1`]],
  ["num", (text) => [`GET /v1/apps/demo/logs?num=${encode(text)}`]],
  ["source", (text) => ["POST /v1/apps/demo/deploys", { source: text, origin: "/w", takeOver: false }]],
  ["type to restart", (text) => ["POST /v1/apps/demo/restarts", { type: text }]],
  ["type to scale", (text) => ["POST /v1/apps/demo/scale", { formation: { [text]: "1" } }]],
  ["config name", (text) => ["PATCH /v1/apps/demo/config", { values: { [text]: 1 } }]],
  ["release", (text) => ["POST /v1/apps/demo/rollbacks", { release: text }]],
  ["unknown key", (text) => ["POST /v1/shutdown", { [text]: true }]],
];

test("no hostile text in any field is a defect, reaches control as a name, or comes back alive (security §7)", async () => {
  const harness = createHarness();
  let count = 0;
  for (const payload of PAYLOADS) {
    for (const [name, build] of FIELDS) {
      const [line, body] = build(payload);
      const what = `${name}: ${JSON.stringify(payload.slice(0, 40))}`;
      const response = await harness.ask(line, { body });
      const text = await response.text();
      count += 1;
      if (response.status < 300) assert.ok(MAY_PASS.includes(name) && payload === NAME, what);
      else assert.ok(response.status >= 400 && response.status < 500, `${what} gave ${response.status}`);
      // Decoded or not, nothing of it can be obeyed by a page or a terminal.
      assert.doesNotMatch(text, /[<>]/, what);
      assert.equal(text, visibleText(text), what);
      assert.ok(text.length < 5_000, `${what} came back with ${text.length} characters`);
      if (text === "" || response.status < 300) continue;
      const { detail } = problemSchema.parse(JSON.parse(text));
      assert.equal(detail, visibleExcerpt(detail, detail.length), what);
    }
  }
  assert.equal(count, PAYLOADS.length * FIELDS.length);
  for (const { args } of harness.control.calls)
    assert.match(JSON.stringify(args), /constructor|"app":"demo"/, "only names got as far as control");
});

test("hostile config values and origins are data: they arrive whole and unread", async () => {
  for (const payload of PAYLOADS.filter((text) => text.length < 1_000 && text.isWellFormed() && !text.includes("\0"))) {
    const { ask, control } = createHarness();
    assert.equal((await ask("PATCH /v1/apps/demo/config", { body: { values: { A: payload } } })).status, 202);
    assert.equal(
      (await ask("POST /v1/apps/demo/deploys", { body: { source: DIGEST, origin: payload, takeOver: false } })).status,
      202,
    );
    assert.deepEqual(control.calls[1]?.args, [{ app: "demo", source: DIGEST, origin: payload, takeOver: false }]);
  }
});

/** A path segment; what cannot be encoded goes in as it is. */
function encode(text: string): string {
  return text.isWellFormed() && text !== "%zz" ? encodeURIComponent(text) : text;
}
