import assert from "node:assert/strict";
import { test } from "node:test";
import { excerptOf, linesOf } from "./source-excerpt.ts";
import { displayWidth } from "./text.ts";

/** Line, column from 1, columns to fit; the line as shown, and the caret's column from 0. */
const CASES: readonly (readonly [string, number, number, string, number])[] = [
  ["web: a", 1, 80, "web: a", 0],
  ["web: a", 6, 80, "web: a", 5],
  ["web: a", 99, 80, "web: a", 6],
  ["web: a", 0, 80, "web: a", 0],
  ["", 1, 80, "", 0],
  ["\tweb:\tx", 7, 80, "    web:    x", 12],
  ["a\tb", 3, 80, "a   b", 4],
  ["日本: x", 5, 80, "日本: x", 6],
  ["🚀: x", 3, 80, "🚀: x", 2],
  ["🚀: x", 2, 80, "🚀: x", 0],
  ["a\u001b[31mb", 7, 80, "a\\u001b[31mb", 11],
  ["e\u0301x", 3, 80, "e\u0301x", 1],
  ["abcdefghijklmnopqrstuvwxyz", 1, 20, "abcdefghijklmnopqr…", 0],
  ["abcdefghijklmnopqrstuvwxyz", 26, 20, "…ijklmnopqrstuvwxyz", 18],
  ["abcdefghijklmnopqrstuvwxyz", 15, 20, "…cdefghijklmnopqrst…", 13],
];

test("a line is shown with its caret below the right character, whatever it holds", () => {
  for (const [line, column, columnsMax, text, caretColumn] of CASES)
    assert.deepEqual(excerptOf(line, column, columnsMax), { text, caretColumn }, JSON.stringify([line, column]));
});

test("of a file that is one long line only what is around the place is looked at and shown", () => {
  const line = "日\t".repeat(200_000) + "X" + "y\u001b".repeat(200_000);
  const at = line.indexOf("X") + 1;
  const startedAt = performance.now();
  for (let count = 0; count < 1_000; count += 1) {
    const { text, caretColumn } = excerptOf(line, at, 80);
    assert.ok(displayWidth(text) <= 80 && text.startsWith("…") && text.endsWith("…"));
    assert.equal(displayWidth(text.slice(0, text.indexOf("X"))), caretColumn);
  }
  assert.ok(performance.now() - startedAt < 5_000);
});

test("a text is cut into lines as its parser counts them", () => {
  assert.deepEqual(linesOf("\uFEFFa\r\nb\n"), ["a", "b", ""]);
});
