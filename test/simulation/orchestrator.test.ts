import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Chance } from "./chance.ts";
import { FIXED_SCENARIOS, type FixedScenario } from "./fixed-scenarios.ts";
import { randomScenario } from "./scenario.ts";
import { simulate, type Report } from "./simulation.ts";

/** `PORTSIDE_SIM_SEEDS`: how many random scenarios; `PORTSIDE_SIM_SEED`: only this one; `PORTSIDE_SIM_CRASH`: only a kill at this point. */
const SEED_COUNT = Number(process.env["PORTSIDE_SIM_SEEDS"] ?? 200);
const ONLY_SEED = process.env["PORTSIDE_SIM_SEED"];
const ONLY_CRASH = process.env["PORTSIDE_SIM_CRASH"];
/** Scenarios that are played in one test. */
const BATCH = 50;
const FILE = "test/simulation/orchestrator.test.ts";

describe("§10 a kill of the control plane at any row", { skip: ONLY_SEED !== undefined }, () => {
  for (const fixed of FIXED_SCENARIOS) {
    test(fixed.title, async (t) => {
      if (ONLY_CRASH !== undefined) return void (await play(fixed, Number(ONLY_CRASH)));
      const { pointCount } = await play(fixed, 0);
      assert.ok(pointCount > 5, `only ${pointCount} points`);
      for (let point = 1; point <= pointCount; point += 1) await play(fixed, point);
      t.diagnostic(`killed at each of ${pointCount} points`);
    });
  }
});

async function play(fixed: FixedScenario, crashPoint: number): Promise<Report> {
  const repeat = `PORTSIDE_SIM_CRASH=${crashPoint} node --test --test-name-pattern='${fixed.title}' ${FILE}`;
  const report = await simulate({ ...fixed, repeat, seed: 1, crashPoints: crashPoint === 0 ? [] : [crashPoint] });
  const { statuses } = report;
  const isExpected =
    statuses.length === fixed.ends.length && statuses.every((status, index) => fixed.ends[index]?.includes(status));
  assert.ok(
    isExpected,
    `killed at point ${crashPoint} the operations ended as ${statuses.join(", ")}; repeat: ${repeat}`,
  );
  return report;
}

describe("§10 random scenarios, killed at random rows", { skip: ONLY_CRASH !== undefined }, () => {
  const first = ONLY_SEED === undefined ? 1 : Number(ONLY_SEED);
  const last = ONLY_SEED === undefined ? SEED_COUNT : first;
  for (let from = first; from <= last; from += BATCH) {
    const to = Math.min(last, from + BATCH - 1);
    test(`seeds ${from} to ${to}`, async (t) => {
      const totals = { operations: 0, kills: 0 };
      for (let seed = from; seed <= to; seed += 1) {
        const report = await simulate(
          randomScenario(seed, new Chance(seed), `PORTSIDE_SIM_SEED=${seed} node --test ${FILE}`),
        );
        totals.operations += report.operationCount;
        totals.kills += report.crashCount;
      }
      t.diagnostic(`${totals.operations} operations, ${totals.kills} kills`);
    });
  }
});
