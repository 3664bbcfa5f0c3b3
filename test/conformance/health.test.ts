import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { playHealthCase, readHealthCases } from "./health-cases.ts";
import { HEALTH_ENGINES } from "./health-engines.ts";
import { ENGINES } from "./worlds.ts";

/** How many cases each engine may leave out; a new gap is written down here too. */
const NOT_SUPPORTED_COUNT: Readonly<Record<string, number>> = { fake: 20, process: 0 };

const CASES = readHealthCases();

for (const [name, engine] of Object.entries(HEALTH_ENGINES)) {
  describe(`§8 health checks on the ${name} engine`, { concurrency: 5 }, () => {
    for (const one of CASES) {
      const reason = engine.notSupported(one);
      // What takes long runs in the `slow` lane of CI, so that this one stays quick.
      if (one.slow === true && !engine.isTimeFree) continue;
      test(one.id, { skip: reason === undefined ? false : `NOT_SUPPORTED: ${reason}` }, () =>
        playHealthCase(engine, one),
      );
    }

    test("what it does not support is counted", () => {
      assert.equal(CASES.filter((one) => engine.notSupported(one) !== undefined).length, NOT_SUPPORTED_COUNT[name]);
    });
  });
}

test("every engine of the list is held to the health cases", () => {
  assert.deepEqual(Object.keys(HEALTH_ENGINES).toSorted(), Object.keys(ENGINES).toSorted());
});
