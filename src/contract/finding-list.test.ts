import assert from "node:assert/strict";
import { test } from "node:test";
import { hasErrors } from "../model/diagnostic.ts";
import { FindingList, FINDINGS_MAX } from "./finding-list.ts";

function fill(counts: { errors: number; warnings: number }): FindingList {
  const list = new FindingList("f");
  for (let line = 1; line <= counts.warnings; line += 1)
    list.add({ code: "PROC_SLASH_COMMENT", line, column: 2, message: "W.", hint: "H." });
  for (let line = 1; line <= counts.errors; line += 1)
    list.add({ code: "PROC_INVALID_LINE", line, column: 1, message: "E.", hint: () => "H." });
  return list;
}

test("§1 up to the limit every finding is given, by line and column", () => {
  const { length } = fill({ errors: FINDINGS_MAX, warnings: FINDINGS_MAX }).diagnostics();
  assert.equal(length, 2 * FINDINGS_MAX);
  const codes = fill({ errors: 2, warnings: 2 })
    .diagnostics()
    .map((d) => `${d.code}@${d.line}`);
  assert.deepEqual(codes, [
    "PROC_INVALID_LINE@1",
    "PROC_SLASH_COMMENT@1",
    "PROC_INVALID_LINE@2",
    "PROC_SLASH_COMMENT@2",
  ]);
});

test("§1 beyond the limit one closing finding says how many more there are", () => {
  const found = fill({ errors: FINDINGS_MAX + 7, warnings: FINDINGS_MAX + 1 }).diagnostics();
  assert.equal(found.length, 2 * FINDINGS_MAX + 2);
  assert.deepEqual(
    found.slice(-2).map((d) => [d.code, d.severity, d.line, d.message]),
    [
      ["FILE_MORE_ERRORS", "error", FINDINGS_MAX + 1, "The file has 7 more errors than are shown."],
      ["FILE_MORE_WARNINGS", "warning", FINDINGS_MAX + 1, "The file has 1 more warning than are shown."],
    ],
  );
});

test("§1 any number of warnings does not hide an error, and a hint beyond the limit is not worked out", () => {
  const list = fill({ errors: 1, warnings: 5 * FINDINGS_MAX });
  assert.ok(hasErrors(list.diagnostics()) && list.hasErrors());
  const late = (): string => assert.fail("worked out");
  list.add({ code: "PROC_EMPTY", line: 1, column: 1, message: "W.", hint: late });
});
