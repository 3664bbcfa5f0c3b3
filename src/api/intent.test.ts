import assert from "node:assert/strict";
import { test } from "node:test";
import { createHarness, TOKEN } from "./testing/harness.ts";

const change = "PATCH /v1/apps/demo/settings";
const body = { tests: true };

test("an operation knows who asked for it, through which door, and why (security rule 20)", async () => {
  const { ask, control } = createHarness();
  const headers = {
    "portside-user": "j%C3%B6rg",
    "portside-message": encodeURIComponent("it's time: 100 % 🚢"),
    "portside-override-freeze": "hotfix",
  };
  assert.equal((await ask(change, { body, headers })).status, 202);
  assert.equal(
    (await ask(change, { body, trusted: false, headers: { authorization: `Bearer ${TOKEN}` } })).status,
    202,
  );
  assert.deepEqual(control.intents, [
    { via: "socket", user: "jörg", message: "it's time: 100 % 🚢", overrideReason: "hotfix" },
    { via: "token" },
  ]);
});

const REFUSED: readonly [header: string, value: string, problem: RegExp][] = [
  ["portside-message", "%", /portside-message is not percent-encoded/],
  ["portside-message", "a".repeat(501), /longer than 500/],
  ["portside-message", "a%0Ab", /control character/],
  ["portside-user", "%00", /control character/],
  ["portside-override-freeze", "%20", /blank/],
];

for (const [header, value, problem] of REFUSED) {
  test(`the header ${header}: ${value.slice(0, 10)} is refused, and nothing happens`, async () => {
    const { ask, control } = createHarness();
    const response = await ask(change, { body, headers: { [header]: value } });
    assert.equal(response.status, 400);
    assert.match(((await response.json()) as { detail: string }).detail, problem);
    assert.deepEqual(control.calls, []);
  });
}
