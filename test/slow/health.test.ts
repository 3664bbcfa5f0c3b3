import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { playHealthCase, readHealthCases } from "../conformance/health-cases.ts";
import { HEALTH_ENGINES } from "../conformance/health-engines.ts";

const SLOW = readHealthCases().filter(({ slow }) => slow === true);

test("there are slow cases", () => assert.ok(SLOW.length >= 3));

for (const [name, engine] of Object.entries(HEALTH_ENGINES)) {
  if (engine.isTimeFree) continue;
  describe(`§8 slow health checks on the ${name} engine`, { concurrency: true }, () => {
    for (const one of SLOW) {
      test(one.id, () => playHealthCase(engine, one));
    }
  });
}
