import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGoMatch } from "./go-match.ts";

// The edges that Go's documentation of filepath.Match names, and those where shells do otherwise.
const CASES: readonly [pattern: string, matching: readonly string[], others: readonly string[]][] = [
  ["abc", ["abc"], ["ab", "abcd", ""]],
  ["*", ["a", "", ".hidden"], ["a/b", "/"]],
  ["*c", ["abc", "c"], ["ab/c", "cd"]],
  ["a*/b", ["a/b", "abc/b"], ["a/c/b", "ab"]],
  ["a*b*c*d*e*/f", ["axbxcxdxe/f", "axbxcxdxexxx/f"], ["axbxcxdxe/xxx/f", "axbxcxdxexxx/fff"]],
  ["a*b?c*x", ["abxbbxdbxebxczzx"], ["abxbbxdbxebxczzy"]],
  ["ab[c]", ["abc"], ["abd"]],
  ["ab[b-d]", ["abc"], ["abe"]],
  ["ab[^c]", ["abd"], ["abc"]],
  ["ab[!c]", ["ab!", "abc"], ["abd"]],
  ["a\\*b", ["a*b"], ["aab"]],
  ["a?b", ["a☺b"], ["a/b", "ab"]],
  ["a[^a]b", ["a☺b", "a/b"], ["aab"]],
  ["[a-ζ]*", ["α"], ["A"]],
  ["*[a-ζ]", ["α"], ["A"]],
  ["a*b", ["ab", "a☺b"], ["a/b"]],
  ["[\\]a]", ["]", "a"], ["\\"]],
  ["[\\-x]", ["-", "x"], ["a"]],
  ["*x", ["xxx"], []],
  ["**", ["a", "ab"], ["a/b"]],
  ["a/**", ["a/b"], ["a/b/c", "a"]],
  ["public/*", ["public/x", "public/"], ["public", "public/x/y"]],
  ["", [""], ["a"]],
];

for (const [pattern, matching, others] of CASES) {
  test(`§8.3 ${pattern || "the empty pattern"}`, () => {
    const match = compileGoMatch(pattern);
    assert.ok(match !== undefined);
    const wrong = [...matching.filter((path) => !match(path)), ...others.filter((path) => match(path))];
    assert.deepEqual(wrong, []);
  });
}

for (const pattern of ["[]a]", "[-]", "[x-]", "[-x]", "[", "[^", "[^bc", "a[", "[a-b-c]", "a\\", "[\\"]) {
  test(`§8.3 ${pattern} is malformed`, () => assert.equal(compileGoMatch(pattern), undefined));
}

test("a hostile pattern takes no time", () => {
  const startedAt = performance.now();
  assert.equal(compileGoMatch(`${"*a".repeat(100)}b`)?.("a".repeat(255)), false);
  assert.ok(performance.now() - startedAt < 100);
});
