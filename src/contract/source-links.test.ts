import assert from "node:assert/strict";
import { test } from "node:test";
import { findEscapingLink } from "./source-links.ts";

const CASES: readonly [title: string, links: Readonly<Record<string, string>>, escaping: string | undefined][] = [
  ["none", {}, undefined],
  ["a neighbour", { a: "b" }, undefined],
  ["a path inside", { "x/y/a": "../../z/./b" }, undefined],
  ["nothing there, still inside", { a: "missing/deep" }, undefined],
  ["its own folder", { "x/a": "." }, undefined],
  ["the root itself", { "x/a": ".." }, undefined],
  ["above the root", { "x/a": "../.." }, "x/a"],
  ["out and back in", { a: "../app/b" }, "a"],
  ["absolute", { a: "/etc/passwd" }, "a"],
  ["absolute to the tree's own place", { ok: "b", a: "/" }, "a"],
  ["double slashes are one", { "x/a": "..//b" }, undefined],
  ["a circle", { a: "b", b: "a", c: "c" }, undefined],
  ["out by its text, though a link would keep it inside", { short: "deep/er", a: "short/../../ok" }, "a"],
  ["`..` after a link is the parent of its target", { short: "deep/er", "x/a": "../short/../ok" }, undefined],
  ["the cause before what leads through it", { a: "x/up/b", "x/up": "../.." }, "x/up"],
  ["out through a link to a shallower place", { "x/y/up": "../..", a: "x/y/up/../z" }, "a"],
  ["out through a chain", { "x/one": "..", "x/two": "one/x/one", "x/three": "two/../b" }, "x/three"],
  ["a link below a link", { dir: "x/y", "dir/a": "../../.." }, "dir/a"],
];

for (const [title, links, escaping] of CASES) {
  test(`links: ${title}`, () => {
    const found = findEscapingLink(Object.entries(links).map(([path, target]) => ({ path, target })));
    assert.equal(found?.path, escaping);
  });
}

test("links: hundreds that double each other take no time", () => {
  const links = Array.from({ length: 300 }, (_, index) => ({
    path: `l${index}`,
    target: `l${index + 1}/l${index + 1}`,
  }));
  const startedAt = performance.now();
  assert.equal(findEscapingLink(links), undefined);
  // Followed one by one there are 2^300 of them: a busy machine takes a second, doubling takes for ever.
  assert.ok(performance.now() - startedAt < 20_000);
});
