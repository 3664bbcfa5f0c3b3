import { stripVTControlCharacters } from "node:util";

/** How many checks of a lane did what. */
export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** What became of a lane. `problems` are reasons of the runner's own: a limit, a warning, a process left behind. */
export type LaneResult = {
  readonly name: string;
  readonly ok: boolean;
  readonly counts: Counts;
  readonly durationMs: number;
  readonly problems: readonly string[];
  /** Names and reasons of skipped tests. */
  readonly skips: readonly string[];
};

/** Sums the closing lines of node:test's spec reporter; `undefined` when there are none. */
export function readTestCounts(output: string): Counts | undefined {
  const totals = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  const lines = [...stripVTControlCharacters(output).matchAll(/^ℹ (pass|fail|cancelled|skipped|todo) (\d+)$/gm)];
  for (const [, what, count] of lines) totals[what as keyof typeof totals] += Number(count);
  if (lines.length === 0) return undefined;
  return { passed: totals.pass, failed: totals.fail + totals.cancelled, skipped: totals.skipped + totals.todo };
}

/** The last `N passed, N failed` line; `undefined` when there is none. */
export function readSummaryLine(output: string): Counts | undefined {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  return last === undefined
    ? undefined
    : { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}

/** Lines of node:test about skipped tests. */
export function readSkips(output: string): string[] {
  return [...stripVTControlCharacters(output).matchAll(/^\s*﹣ (.*)$/gm)].map((match) =>
    (match[1] ?? "").replace(/ \([\d.]+ms\)/, ""),
  );
}

/** Warnings that Node itself printed: each fails its lane. */
export function readNodeWarnings(output: string): string[] {
  return [...stripVTControlCharacters(output).matchAll(/^.*\(node:\d+\) (?!\(Use).*$/gm)].map((match) =>
    match[0].trim(),
  );
}

/** What a person needs of a failed lane's output: from the list of failing tests on, else the last lines. */
export function failureExcerpt(output: string, linesMax: number): string {
  const failing = output.lastIndexOf("✖ failing tests:");
  const lines = (failing >= 0 ? output.slice(failing) : output).trimEnd().split("\n");
  if (lines.length <= linesMax) return lines.join("\n");
  const left = lines.length - linesMax;
  return failing >= 0
    ? [...lines.slice(0, linesMax), `… ${left} more lines`].join("\n")
    : [`… ${left} lines before`, ...lines.slice(-linesMax)].join("\n");
}

/** One line when a lane is over. */
export function laneLine(result: LaneResult): string {
  const { passed, failed, skipped } = result.counts;
  const cells = [
    result.ok ? "✔" : "✖",
    result.name.padEnd(13),
    `${passed} passed`.padStart(12),
    (failed === 0 ? "" : `${failed} failed`).padStart(10),
    (skipped === 0 ? "" : `${skipped} skipped`).padStart(11),
    `${(result.durationMs / 1_000).toFixed(1)} s`.padStart(9),
  ];
  return cells.join(" ");
}

/** The closing block: skips, what failed, the time, and last the one line that other programs read. */
export function summary(results: readonly LaneResult[], durationMs: number): string {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { counts } of results) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  const skips = results.flatMap(({ name, skips: texts }) => texts.map((text) => `  skipped in ${name}: ${text}`));
  const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
  return [
    ...skips,
    failed.length === 0 ? "" : `failed: ${failed.join(", ")}`,
    `${results.length} lanes in ${(durationMs / 1_000).toFixed(1)} s`,
    `${total.passed} passed, ${total.failed} failed${total.skipped === 0 ? "" : `, ${total.skipped} skipped`}`,
  ]
    .filter((line) => line !== "")
    .join("\n");
}
