// Runs a set of lanes: `node tools/run-lanes.ts check|test|acceptance|real|ci [lane …]`.
// Prints one line a lane, the output of failures alone, and last `N passed, N failed`.
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, globSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as report from "./lane-report.ts";
import { LANE_SETS, type Lane } from "./lanes.ts";
import { endProcesses, findLeftovers, type Leftover } from "./left-behind.ts";

const ROOT = join(import.meta.dirname, "..");
/** How long a process may take to end after its lane. */
const ENDING_MS = 3_000;
const LOGS = join(ROOT, "node_modules/.cache/portside-lanes");
const EXCERPT_LINES_MAX = 150;
const SIDE_BY_SIDE = 2;
const IN_CI = process.env["CI"] === "true";

const running = new Set<ChildProcess>();

function laneEnvironment(temporary: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [join(ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter),
    NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/node"),
    TMPDIR: temporary,
    NO_COLOR: "1",
  };
}

type Ended = { readonly exitCode: number | null; readonly timedOut: boolean; readonly problem?: string };

/** Output goes to a file, not a pipe: a process left behind could keep a pipe open and us waiting. */
function runToFile(lane: Lane, log: string, temporary: string): Promise<Ended> {
  const output = openSync(log, "w");
  const [program, ...args] = lane.argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: laneEnvironment(temporary),
      stdio: ["ignore", output, output],
      detached: true,
    });
    running.add(child);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, lane.limitMs);
    const settle = (ended: Ended): void => {
      clearTimeout(timer);
      running.delete(child);
      closeSync(output);
      resolve(ended);
    };
    child.once("error", (error) =>
      settle({ exitCode: null, timedOut, problem: `${program} cannot be started: ${error.message}` }),
    );
    child.once("exit", (exitCode) => settle({ exitCode, timedOut }));
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}

/** What still runs after a while: a process that was just told to end, or sees its home gone, may take a moment. */
async function findLasting(temporary: string): Promise<Leftover[]> {
  const deadline = performance.now() + ENDING_MS;
  for (;;) {
    const leftovers = findLeftovers(temporary);
    if (leftovers.length === 0 || performance.now() > deadline) return leftovers;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function runLane(lane: Lane): Promise<report.LaneResult> {
  const startedAt = performance.now();
  const missing = (lane.files ?? []).length > 0 && globSync([...(lane.files ?? [])], { cwd: ROOT }).length === 0;
  if (missing) return missingLane(lane);
  const log = join(LOGS, `${lane.name}.log`);
  const temporary = mkdtempSync(join(tmpdir(), "pl-"));
  const ended = await runToFile(lane, log, temporary);
  const output = readFileSync(log, "utf8");
  const leftovers = await findLasting(temporary);
  endProcesses(leftovers);
  const stray = readdirSync(temporary);
  if (stray.length > 0)
    console.log(
      `  note: ${lane.name} left in its temporary directory: ${stray.slice(0, 5).join(", ")}${stray.length > 5 ? " …" : ""}`,
    );
  rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  const problems = [
    ...(ended.problem === undefined ? [] : [ended.problem]),
    ...(ended.timedOut ? [`stopped at its limit of ${lane.limitMs / 1_000} s`] : []),
    ...leftovers.map(({ pid, command }) => `process left behind: ${pid} ${command.slice(0, 160)}`),
    ...(lane.kind === "tests" ? report.readNodeWarnings(output).map((warning) => `Node warning: ${warning}`) : []),
  ];
  const judged = judge({ ended, problems, counts: countsOf(lane, ended, output) });
  const result = {
    name: lane.name,
    ...judged,
    durationMs: performance.now() - startedAt,
    skips: report.readSkips(output),
  };
  console.log(report.laneLine(result));
  if (!result.ok) showFailure(result, output, log);
  return result;
}

type Judged = Pick<report.LaneResult, "ok" | "counts" | "problems">;

function judge(lane: { ended: Ended; problems: readonly string[]; counts: report.Counts }): Judged {
  const { ended, counts } = lane;
  const ran = counts.passed + counts.failed + counts.skipped > 0;
  const problems = ran ? lane.problems : [...lane.problems, "it ran no test"];
  const ok = ended.exitCode === 0 && counts.failed === 0 && problems.length === 0;
  // A lane that failed for another reason than a test still counts as one failure.
  return { ok, problems, counts: ok || counts.failed > 0 ? counts : { ...counts, failed: 1 } };
}

function countsOf(lane: Lane, ended: Ended, output: string): report.Counts {
  if (lane.kind === "tool")
    return { passed: ended.exitCode === 0 ? 1 : 0, failed: ended.exitCode === 0 ? 0 : 1, skipped: 0 };
  const read = lane.kind === "tests" ? report.readTestCounts : report.readSummaryLine;
  return read(output) ?? { passed: 0, failed: 0, skipped: 0 };
}

/** Tests that are not there are told loudly; in CI they are a failure, so that a lane cannot vanish unseen. */
function missingLane(lane: Lane): report.LaneResult {
  const fails = IN_CI && lane.optional !== true;
  const counts = { passed: 0, failed: fails ? 1 : 0, skipped: fails ? 0 : 1 };
  const text = `NOT RUN: no file matches ${(lane.files ?? []).join(" ")}`;
  const result = { name: lane.name, ok: !fails, counts, durationMs: 0, problems: [text], skips: fails ? [] : [text] };
  console.log(`${report.laneLine(result)}\n  ${text}`);
  return result;
}

function showFailure(result: report.LaneResult, output: string, log: string): void {
  console.log(
    [
      ...result.problems.map((problem) => `  ${problem}`),
      report.failureExcerpt(output, EXCERPT_LINES_MAX),
      `  whole output: ${log}`,
      "",
    ].join("\n"),
  );
}

async function runStage(lanes: readonly Lane[]): Promise<report.LaneResult[]> {
  const waiting = [...lanes];
  const results: report.LaneResult[] = [];
  const work = async (): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) results.push(await runLane(lane));
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return results;
}

async function main(setName: string, wanted: readonly string[]): Promise<number> {
  const set = LANE_SETS[setName];
  const unknown = wanted.filter((name) => !set?.some((lane) => lane.name === name));
  if (set === undefined || unknown.length > 0) {
    console.error(
      `usage: run-lanes.ts ${Object.keys(LANE_SETS).join("|")} [lane …]; lanes of ${setName}: ${(set ?? []).map(({ name }) => name).join(", ") || "none"}`,
    );
    return 2;
  }
  mkdirSync(LOGS, { recursive: true });
  const startedAt = performance.now();
  const lanes = set.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const results: report.LaneResult[] = [];
  for (const stage of new Set(lanes.map((lane) => lane.stage)))
    results.push(...(await runStage(lanes.filter((lane) => lane.stage === stage))));
  console.log(`\n${report.summary(results, performance.now() - startedAt)}`);
  return results.every(({ ok }) => ok) ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of running) killGroup(child);
    process.exit(130);
  });
}

const [setName = "", ...wanted] = process.argv.slice(2);
process.exitCode = await main(setName, wanted);
