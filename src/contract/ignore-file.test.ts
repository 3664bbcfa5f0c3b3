import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgePath, parseIgnoreFile } from "./ignore-file.ts";

/** A path that ends in `/` is a directory. */
function judge(file: string, path: string): string {
  const isDirectory = path.endsWith("/");
  return judgePath(parseIgnoreFile(file), (isDirectory ? path.slice(0, -1) : path).split("/"), isDirectory) ?? "unsaid";
}

/** What git's own `check-ignore` says to each file and path: `-` ignored, `+` kept by a negation, `.` not named. */
const CASES: readonly [file: string, verdicts: Readonly<Record<string, "-" | "+" | ".">>][] = [
  ["", { a: "." }],
  ["\n  \n# a\n", { a: ".", "# a": "." }],
  ["a\n", { a: "-", "x/a": "-", "a/": "-", ab: "." }],
  ["/a\n", { a: "-", "x/a": "." }],
  ["x/a", { "x/a": "-", "y/x/a": "." }],
  ["a/", { a: ".", "a/": "-", "x/a/": "-", "x/a": "." }],
  ["/a/b/", { "a/b/": "-", "a/b": ".", "c/a/b/": "." }],
  ["*.log\n!keep.log", { "x.log": "-", "keep.log": "+", "x/keep.log": "+" }],
  ["!keep.log\n*.log", { "keep.log": "-" }],
  ["!", { a: ".", "!": "." }],
  ["\\!a\n\\#b", { "!a": "-", "#b": "-", a: "." }],
  ["a #b", { "a #b": "-", a: "." }],
  ["a  ", { a: "-", "a  ": "." }],
  ["a\\ ", { "a ": "-", a: "." }],
  ["a\\  ", { "a ": "-", a: "." }],
  [" a", { " a": "-", a: "." }],
  ["a\t", { "a\t": "-", a: "." }],
  ["a\r\nb\r\n", { a: "-", b: "-" }],
  ["\uFEFFa", { a: "-" }],
  ["**/a", { a: "-", "x/a": "-", "x/y/a": "-", ab: "." }],
  ["a/**", { "a/": ".", "a/b": "-", "a/b/c": "-", "x/a/b": "." }],
  ["a/**/b", { "a/b": "-", "a/x/b": "-", "a/x/y/b": "-", ab: ".", "c/a/b": "." }],
  ["**", { a: "-", "a/b": "-" }],
  ["**/", { a: ".", "a/": "-" }],
  ["/**", { a: "-", "a/b": "-" }],
  ["**/a/**/b/**", { "a/b/": ".", "a/b/c": "-", "x/a/y/b/c/d": "-" }],
  ["/*", { a: "-", "a/": "-", "a/b": "." }],
  ["/*\n!/src", { a: "-", src: "+", "src/": "+" }],
  ["a/*/c", { "a/b/c": "-", "a/c": ".", "a/b/b/c": "." }],
  ["a**b/c", { "axxb/c": "-", "a/b/c": "." }],
  ["a?c", { abc: "-", "a/c": "." }],
  ["[ab]/c", { "a/c": "-", "c/c": "." }],
  ["foo\\/bar", { "foo/bar": "-", "x/foo/bar": "." }],
  ["a\\", { a: ".", "a\\": "." }],
  ["/", { a: ".", "a/": "." }],
  ["a//b", { "a/b": "." }],
  ["[a", { "[a": ".", a: "." }],
];

for (const [file, verdicts] of CASES) {
  test(`ignore file ${JSON.stringify(file)}`, () => {
    const signs = { ignored: "-", kept: "+", unsaid: "." } as const;
    const found = Object.keys(verdicts).map((path) => [path, Reflect.get(signs, judge(file, path)) as string]);
    assert.deepEqual(Object.fromEntries(found), verdicts);
  });
}

test("no text makes it throw (fuzz)", () => {
  const text = fc
    .array(
      fc.constantFrom("*", "**", "/", "a", "!", "#", "\\", "[", "]", "-", "[:alpha:]", " ", "\n", "\r", "😀", "\ud800"),
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      text,
      fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
      fc.boolean(),
      (file, segments, isDirectory) => void judgePath(parseIgnoreFile(file), segments, isDirectory),
    ),
    { numRuns: 1_000 },
  );
});

test("hostile patterns take no time", () => {
  const file = `${"**/*a/".repeat(50)}b`;
  const startedAt = performance.now();
  assert.equal(judge(file, `${"xa/".repeat(100)}c`), "unsaid");
  assert.ok(performance.now() - startedAt < 200);
});
