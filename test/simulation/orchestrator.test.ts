import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { FIXED_SCENARIOS } from "./fixed-scenarios.ts";
import { PlayerPool } from "./player-pool.ts";

/** `PORTSIDE_SIM_SEEDS`: how many random scenarios; `PORTSIDE_SIM_SEED`: only this one; `PORTSIDE_SIM_CRASH`: only a kill at this point. */
const SEED_COUNT = Number(process.env["PORTSIDE_SIM_SEEDS"] ?? 300);
const ONLY_SEED = process.env["PORTSIDE_SIM_SEED"];
const ONLY_CRASH = process.env["PORTSIDE_SIM_CRASH"];
/** Scenarios that are played in one test. */
const BATCH = 50;
/** Less than anything here has: a scenario that reaches fewer points did not run. */
const POINTS_MIN = 10;
const PLAYERS = 2;

const pool = new PlayerPool(PLAYERS);
after(() => pool.close());

describe("§10 a kill of the control plane at any row", { skip: ONLY_SEED !== undefined, concurrency: PLAYERS }, () => {
  for (const { title } of FIXED_SCENARIOS) {
    test(title, async (t) => {
      const crashPoint = ONLY_CRASH === undefined ? "each" : Number(ONLY_CRASH);
      const { points, kills } = await pool.play({ fixed: title, crashPoint });
      t.diagnostic(`${points} points, ${kills} kills`);
      assert.ok(points >= POINTS_MIN);
      if (crashPoint === "each") assert.equal(kills, points);
    });
  }
});

describe(
  "§10 random scenarios, killed at random rows",
  { skip: ONLY_CRASH !== undefined, concurrency: PLAYERS },
  () => {
    const first = ONLY_SEED === undefined ? 1 : Number(ONLY_SEED);
    const last = ONLY_SEED === undefined ? SEED_COUNT : first;
    for (let fromSeed = first; fromSeed <= last; fromSeed += BATCH) {
      const toSeed = Math.min(last, fromSeed + BATCH - 1);
      test(`seeds ${fromSeed} to ${toSeed}`, async (t) => {
        const { operations, kills } = await pool.play({ fromSeed, toSeed });
        t.diagnostic(`${operations} operations, ${kills} kills`);
        if (fromSeed < toSeed) assert.ok(operations > 0 && kills > 0);
      });
    }
  },
);
