import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzTarget } from "./fuzz-target.ts";
import { TARGETS } from "./targets.ts";

const RUNS = 2_000;
const SEED = 20_260_101;

test("the shares of all targets add up", () =>
  assert.equal(
    TARGETS.reduce((sum, target) => sum + target.share, 0),
    1_000,
  ));

for (const target of TARGETS)
  test(`§1 no input makes the parser of ${target.name} throw, hang or point outside the file (quick; \`npm run fuzz\` is the long one)`, () => {
    const runs = (RUNS * target.share) / 1_000;
    assert.ok(fuzzTarget(target, { runs, seed: SEED }).runs >= runs);
  });
