import assert from "node:assert/strict";
import { parentPort } from "node:worker_threads";
import { Chance } from "./chance.ts";
import { FIXED_SCENARIOS, type FixedScenario } from "./fixed-scenarios.ts";
import { randomScenario } from "./scenario.ts";
import { simulate, type Report } from "./simulation.ts";

const FILE = "test/simulation/orchestrator.test.ts";

/** What a player is asked for: a fixed scenario killed at one point (0: at none) or at each, or random ones by their seeds. */
export type Job =
  | { readonly fixed: string; readonly crashPoint: number | "each" }
  | { readonly fromSeed: number; readonly toSeed: number };

/** What it says: what it is about to play, and at the end what all came to, or the first failure. */
export type Answer =
  | { readonly type: "playing"; readonly what: string }
  | { readonly type: "done"; readonly totals: Totals }
  | { readonly type: "failed"; readonly message: string };

export type Totals = { readonly operations: number; readonly kills: number; readonly points: number };

/** Plays the job's scenarios one after the other. Rejects with the first failure. */
async function play(job: Job, say: (what: string) => void): Promise<Totals> {
  const reports = "fixed" in job ? await playFixed(job, say) : await playSeeds(job, say);
  const sum = (of: (report: Report) => number): number => reports.reduce((total, report) => total + of(report), 0);
  return {
    operations: sum((report) => report.operationCount),
    kills: sum((report) => report.crashCount),
    points: reports[0]?.pointCount ?? 0,
  };
}

async function playFixed(job: Extract<Job, { fixed: string }>, say: (what: string) => void): Promise<Report[]> {
  const fixed = FIXED_SCENARIOS.find(({ title }) => title === job.fixed);
  assert.ok(fixed !== undefined, `no scenario ${job.fixed}`);
  if (job.crashPoint !== "each") return [await playOne(fixed, job.crashPoint, say)];
  const reports = [await playOne(fixed, 0, say)];
  const pointCount = reports[0]?.pointCount ?? 0;
  for (let point = 1; point <= pointCount; point += 1) reports.push(await playOne(fixed, point, say));
  return reports;
}

async function playOne(fixed: FixedScenario, crashPoint: number, say: (what: string) => void): Promise<Report> {
  const repeat = `PORTSIDE_SIM_CRASH=${crashPoint} node --test --test-name-pattern='${fixed.title}' ${FILE}`;
  say(`${fixed.title}, killed at point ${crashPoint}; repeat: ${repeat}`);
  const report = await simulate({ ...fixed, repeat, seed: 1, crashPoints: crashPoint === 0 ? [] : [crashPoint] });
  const { statuses } = report;
  const isExpected =
    statuses.length === fixed.ends.length && statuses.every((status, index) => fixed.ends[index]?.includes(status));
  assert.ok(
    isExpected,
    `killed at point ${crashPoint} its operations ended as ${statuses.join(", ")}; repeat: ${repeat}`,
  );
  return report;
}

async function playSeeds(job: Extract<Job, { fromSeed: number }>, say: (what: string) => void): Promise<Report[]> {
  const reports: Report[] = [];
  for (let seed = job.fromSeed; seed <= job.toSeed; seed += 1) {
    const repeat = `PORTSIDE_SIM_SEED=${seed} node --test ${FILE}`;
    say(`seed ${seed}; repeat: ${repeat}`);
    reports.push(await simulate(randomScenario(seed, new Chance(seed), repeat)));
  }
  return reports;
}

const port = parentPort;
port?.on("message", (job: Job) => {
  const answer = (told: Answer): void => port.postMessage(told);
  play(job, (what) => answer({ type: "playing", what })).then(
    (totals) => answer({ type: "done", totals }),
    (error: unknown) => answer({ type: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});
