import assert from "node:assert/strict";
import { test } from "node:test";
import { obeyedBy } from "../testing/terminal-text.ts";
import { styleFor } from "./style.ts";
import { formatFacts, formatTable } from "./table.ts";
import {
  displayWidth,
  formatAge,
  formatDuration,
  padLeft,
  padRight,
  safeJson,
  safeJsonDocument,
  truncate,
  visible,
  visibleLine,
  wrap,
} from "./text.ts";

test("durations have two units at most", () => {
  const CASES = [
    [0, "0 ms"],
    [4.2, "4 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [1_234, "1.2 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min"],
    [65_000, "1 min 5 s"],
    [3_600_000, "1 h"],
    [7_380_000, "2 h 3 min"],
    [86_400_000, "1 d"],
    [273_600_000, "3 d 4 h"],
  ] as const;
  for (const [ms, text] of CASES) assert.equal(formatDuration(ms), text);
  assert.deepEqual([-5, 0, 12_900, 59_999, 180_400].map(formatAge), ["0 s", "0 s", "12 s", "59 s", "3 min"]);
});

test("security rule 18: strangers' text cannot move the cursor, reorder or end a line", () => {
  const hostile = "a\u001b]8;;x\u0007b\r\n\u009b2J\u202egnp\u2028\tz";
  for (const text of [visible(hostile), visibleLine(hostile), safeJson({ hostile })]) {
    assert.deepEqual(obeyedBy(text.replaceAll("	", "")), [], text);
  }
  assert.equal(visible("a\tb\nc"), "a\\tb\\nc");
  assert.equal(visibleLine("a\tb"), "a\tb");
  assert.deepEqual(JSON.parse(safeJson({ hostile })), { hostile });
  assert.deepEqual(JSON.parse(safeJsonDocument({ hostile })), { hostile });
});

test("widths count terminal columns, and texts are cut and filled by them", () => {
  assert.deepEqual(
    ["abc", "\u001b[31mabc\u001b[39m", "日本", "e\u0301", "✓", "🚀"].map(displayWidth),
    [3, 3, 4, 1, 1, 2],
  );
  assert.equal(padRight("日", 4) + "|", "日  |");
  assert.equal(padLeft("7", 3), "  7");
  assert.deepEqual([truncate("abcdef", 6), truncate("abcdef", 5), truncate("日本語", 4)], ["abcdef", "abcd…", "日…"]);
  assert.deepEqual(wrap("one two  three fourteenletters", 9), ["one two ", "three", "fourteenletters"]);
});

test("tables align, show hostile cells on one line, and are plain without colour", () => {
  const lines = formatTable(
    styleFor(false),
    [{ title: "APP" }, { title: "N", align: "right" }],
    [
      ["a\nb", "1"],
      ["longer", "22"],
    ],
  );
  assert.deepEqual(lines, ["APP      N", "a\\nb     1", "longer  22"]);
  assert.deepEqual(
    formatFacts(styleFor(false), [
      ["A", "1"],
      ["LONG", undefined],
      ["BB", ""],
    ]),
    ["A   1", "BB"],
  );
});
