import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleExcerpt, visibleText } from "./visible-text.ts";

const CASES: readonly [text: string, shown: string][] = [
  ["plain é 漢 🙂", "plain é 漢 🙂"],
  ["a\tb\nc", "a\tb\nc"],
  ["\u001b]8;;x\u0007", "\\u001b]8;;x\\u0007"],
  ["a\u202eb\u0000\r", "a\\u202eb\\u0000\\u000d"],
];

test("visibleText writes control and direction characters out and leaves the rest", () => {
  for (const [text, shown] of CASES) assert.equal(visibleText(text), shown);
});

test("visibleExcerpt is one short line", () => {
  assert.equal(visibleExcerpt("a\nb"), "a\\u000ab");
  assert.equal(visibleExcerpt("x".repeat(81)), `${"x".repeat(80)}…`);
  assert.equal(visibleExcerpt("🙂🙂", 3), "🙂\ufffd…");
});
