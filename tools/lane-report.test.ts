import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as report from "./lane-report.ts";
import { endProcesses, findLeftovers } from "./left-behind.ts";

const ENDING = "ℹ tests 7\nℹ suites 0\nℹ pass 4\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\nℹ duration_ms 5\n";

test("counts are read from the closing lines of node:test, coloured or not", () => {
  const expected = { passed: 4, failed: 2, skipped: 1 };
  assert.deepEqual(report.readTestCounts(`✔ a (1ms)\n${ENDING}`), expected);
  assert.deepEqual(report.readTestCounts(ENDING.replaceAll("ℹ pass 4", "\u001B[34mℹ pass 4\u001B[39m")), expected);
  assert.equal(report.readTestCounts("Error: no such file\n"), undefined);
});

test("a nested run is read from its last summary line", () => {
  assert.deepEqual(report.readSummaryLine("1 passed, 0 failed\nunit 9 passed\n12 passed, 3 failed, 1 skipped\n"), {
    passed: 12,
    failed: 3,
    skipped: 1,
  });
  assert.equal(report.readSummaryLine("12 passed"), undefined);
});

test("Node's warnings are found, its advice to trace them is not counted twice", () => {
  const output =
    "(node:12) ExperimentalWarning: x is new\n(Use `node --trace-warnings ...` to show where)\n  (node:13) [DEP0001] DeprecationWarning: old\nfine (node: 3)\n";
  assert.deepEqual(report.readNodeWarnings(output), [
    "(node:12) ExperimentalWarning: x is new",
    "(node:13) [DEP0001] DeprecationWarning: old",
  ]);
});

test("the excerpt of a failure starts at the failing tests, else it is the end", () => {
  assert.equal(report.failureExcerpt("✔ a\n✖ failing tests:\n\n✖ b\n  why\n", 9), "✖ failing tests:\n\n✖ b\n  why");
  assert.equal(report.failureExcerpt("1\n2\n3\n4\n", 2), "… 2 lines before\n3\n4");
});

test("the summary ends in the one line that is read by others, and names what failed and what was skipped", () => {
  const lane = {
    name: "unit",
    ok: true,
    counts: { passed: 3, failed: 0, skipped: 1 },
    durationMs: 5,
    problems: [],
    skips: ["a # no docker"],
  };
  const lines = report
    .summary(
      [lane, { ...lane, name: "edge", ok: false, counts: { passed: 1, failed: 2, skipped: 0 }, skips: [] }],
      2_000,
    )
    .split("\n");
  assert.deepEqual(lines, [
    "  skipped in unit: a # no docker",
    "failed: edge",
    "2 lanes in 2.0 s",
    "4 passed, 2 failed, 1 skipped",
  ]);
  assert.equal(
    report
      .summary([{ ...lane, skips: [], counts: { passed: 3, failed: 0, skipped: 0 } }], 1)
      .split("\n")
      .at(-1),
    "3 passed, 0 failed",
  );
});

test(
  "a process is known by the temporary directory it got, and ended by its id",
  { skip: process.platform === "linux" ? false : "needs /proc" },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "portside-left-"));
    const sleeper = ["-e", "setInterval(() => {}, 60000); console.log('up')"];
    const spawned = (options: { cwd?: string; env?: NodeJS.ProcessEnv; args?: string[] }): ReturnType<typeof spawn> =>
      spawn(process.execPath, [...sleeper, ...(options.args ?? [])], {
        cwd: options.cwd,
        env: options.env ?? {},
        stdio: ["ignore", "pipe", "ignore"],
      });
    const ours = [
      spawned({ cwd: directory }),
      spawned({ env: { TMPDIR: directory } }),
      spawned({ args: [join(directory, "x")] }),
    ];
    const other = spawned({});
    try {
      await Promise.all([...ours, other].map((child) => once(child.stdout ?? child, "data")));
      const pids = findLeftovers(directory).map(({ pid }) => pid);
      assert.deepEqual(
        pids.toSorted((a, b) => a - b),
        ours.map((child) => child.pid ?? 0).toSorted((a, b) => a - b),
      );
      const ended = ours.map((child) => once(child, "exit"));
      endProcesses(findLeftovers(directory));
      await Promise.all(ended);
      assert.deepEqual(findLeftovers(directory), []);
      assert.equal(other.exitCode ?? other.signalCode, null);
    } finally {
      for (const child of [...ours, other]) child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
