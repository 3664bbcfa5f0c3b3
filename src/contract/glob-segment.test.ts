import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGlob } from "./glob-segment.ts";

const CASES: readonly [pattern: string, matching: readonly string[], others: readonly string[]][] = [
  ["a", ["a"], ["A", "ab", ""]],
  ["*", ["a", ".hidden", "é", "a b"], []],
  ["*.log", [".log", "a.log", "a.log.log"], ["a.logs", "log"]],
  ["a*b*c", ["abc", "a-b-c", "abbcc"], ["ab", "acb"]],
  ["f**o", ["fo", "fxyo"], ["f", "ofo"]],
  ["?", ["a", "é", "😀"], ["", "ab"]],
  ["[a-c]x", ["ax", "cx"], ["dx", "Ax"]],
  ["[!a]", ["b", "^"], ["a", ""]],
  ["[^a]", ["b"], ["a"]],
  ["[]x]", ["]", "x"], ["a"]],
  ["[]-a]", ["]", "^", "a"], ["b"]],
  ["[a-]", ["a", "-"], ["b"]],
  ["[z-a]", [], ["a", "z"]],
  ["[[:digit:]_]", ["7", "_"], ["a", ":"]],
  ["[![:upper:]]", ["a"], ["A"]],
  ["[[:nonsense:]]", [], ["a", ":"]],
  ["[\\]a]", ["]", "a"], ["\\"]],
  ["\\*", ["*"], ["a", "\\*"]],
  ["\\a\\?", ["a?"], ["ab"]],
];

for (const [pattern, matching, others] of CASES) {
  test(`glob ${pattern} matches ${matching.join(" ") || "nothing"}`, () => {
    const glob = compileGlob(pattern);
    assert.ok(glob !== undefined);
    assert.deepEqual(
      matching.filter((name) => !glob(name)),
      [],
    );
    assert.deepEqual(
      others.filter((name) => glob(name)),
      [],
    );
  });
}

for (const pattern of ["", "[a", "[", "[!", "a\\", "[[:digit:]"]) {
  test(`glob ${JSON.stringify(pattern)} can match nothing`, () => assert.equal(compileGlob(pattern), undefined));
}

test("a hostile glob takes no time", () => {
  const glob = compileGlob(`${"*a".repeat(100)}b`);
  const startedAt = performance.now();
  assert.equal(glob?.("a".repeat(255)), false);
  assert.ok(performance.now() - startedAt < 100);
});
