import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { unifiedDiff } from "./unified-diff.ts";

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join("");

test("equal texts give nothing", () => assert.deepEqual(unifiedDiff("a", "x\n", "x\n"), []));

test("a change is shown with three lines around it, near ones together", () => {
  const before = numbers(1, 30);
  const after = before.replace("\n5\n", "\nfive\n").replace("\n9\n", "\n").replace("\n25\n", "\n25\nmore\n");
  assert.deepEqual(unifiedDiff("Procfile", before, after), [
    "--- a/Procfile",
    "+++ b/Procfile",
    "@@ -2,11 +2,10 @@",
    ..." 2| 3| 4|-5|+five| 6| 7| 8|-9| 10| 11| 12".split("|"),
    "@@ -23,6 +22,7 @@",
    ..." 23| 24| 25|+more| 26| 27| 28".split("|"),
  ]);
});

test("a line feed that is missing at the end is told", () => {
  const lines = unifiedDiff("a", "x", "x\n");
  assert.deepEqual(lines.slice(2), ["@@ -1 +1 @@", "-x", "\\ No newline at end of file", "+x"]);
  assert.deepEqual(unifiedDiff("a", "", "x\n").slice(2), ["@@ -0,0 +1 @@", "+x"]);
});

/** What `patch` would make of it. */
function applied(before: string, diff: readonly string[]): string {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  for (const [index, line] of diff.entries()) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
    if (head !== null && index > 1) {
      const start = Number(head[1]) - (head[2] === "0" ? 0 : 1);
      while (at < start) out.push(lines[at++] ?? "");
    } else if (index > 1 && !line.startsWith("\\")) {
      const isCut = diff[index + 1]?.startsWith("\\") === true;
      const text = line.slice(1) + (isCut ? "" : "\n");
      if (line[0] !== "+") assert.equal(lines[at++], text);
      if (line[0] !== "-") out.push(text);
    }
  }
  return [...out, ...lines.slice(at)].join("");
}

test("the difference turns the one text into the other (fuzz)", () => {
  const text = fc
    .array(fc.constantFrom("a\n", "b\n", "c\n", "\n", "d"), { maxLength: 30 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => assert.equal(applied(before, unifiedDiff("f", before, after)), after)),
    { numRuns: 2_000 },
  );
});

test("two long texts that share nothing are told in a moment, as replaced", () => {
  const before = numbers(1, 20_000);
  const after = before.replaceAll("\n", "x\n");
  const startedAt = performance.now();
  const diff = unifiedDiff("f", before, after);
  assert.ok(performance.now() - startedAt < 2_000);
  assert.equal(applied(before, diff), after);
});
