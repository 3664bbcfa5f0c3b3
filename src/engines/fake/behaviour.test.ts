import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBehaviour, type Behaviour } from "./behaviour.ts";

const NOTHING: Behaviour = { answers: {}, prints: { count: 0, everyMs: 0 } };

const CASES: readonly (readonly [text: string, expected: Partial<Behaviour>])[] = [
  ["", {}],
  ["run", {}],
  ["never listen", {}],
  ["serve", { listen: { afterMs: 0, where: "ownPort" } }],
  ["serve after 500ms", { listen: { afterMs: 500, where: "ownPort" } }],
  ["serve locally after 2s", { listen: { afterMs: 2_000, where: "ownPortLocally" } }],
  ["listen on other port", { listen: { afterMs: 0, where: "otherPort" } }],
  ["answer 503", { answers: { "*": 503 } }],
  ["answer nothing on /slow; answer 200 on /", { answers: { "/slow": "silent", "/": 200 } }],
  ["exit 1 after 1m", { exit: { afterMs: 60_000, end: { code: 1 } } }],
  ["die by SIGSEGV", { exit: { afterMs: 0, end: { signal: "SIGSEGV" } } }],
  ["serve; ignore SIGTERM", { listen: { afterMs: 0, where: "ownPort" }, onTerm: "ignore" }],
  ["on SIGTERM exit 0 after 1s", { onTerm: { afterMs: 1_000, end: { code: 0 } } }],
  ["print 3 lines every 10ms ;", { prints: { count: 3, everyMs: 10 } }],
];

for (const [text, expected] of CASES) {
  test(`behaviour \`${text}\``, () => assert.deepEqual(parseBehaviour(text), { ...NOTHING, ...expected }));
}

test("a behaviour it does not know is an error", () => {
  for (const text of ["node server.js", "serve;exit", "exit", "serve after 5"])
    assert.throws(() => parseBehaviour(text), /knows no behaviour/);
});

test("a change keeps what it does not name", () => {
  const base = parseBehaviour("serve; answer 200 on /a");
  assert.deepEqual(parseBehaviour("answer 500 on /b", base), { ...base, answers: { "/a": 200, "/b": 500 } });
});
