import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Case } from "./case.ts";
import { ENVIRONMENT_CASES } from "./environment-cases.ts";
import { LIFECYCLE_CASES } from "./lifecycle-cases.ts";
import { OUTPUT_CASES } from "./output-cases.ts";
import { STOP_CASES } from "./stop-cases.ts";
import { ENGINES, World } from "./worlds.ts";

const CASES: readonly Case[] = [...ENVIRONMENT_CASES, ...LIFECYCLE_CASES, ...STOP_CASES, ...OUTPUT_CASES];

/** How many cases each engine may leave out; a new gap is written down here too. */
const NOT_SUPPORTED_COUNT: Readonly<Record<string, number>> = { fake: 38, process: 0 };

for (const [name, makeKind] of Object.entries(ENGINES)) {
  describe(`engine ${name}`, { concurrency: 4 }, () => {
    for (const { title, notOn, run } of CASES) {
      const reason = notOn?.[name];
      test(title, { skip: reason === undefined ? false : `NOT_SUPPORTED: ${reason}` }, async () => {
        const world = new World(makeKind());
        try {
          await world.open();
          await run(world);
        } finally {
          await world.dispose();
        }
      });
    }

    test("what it does not support is written down and counted", () => {
      assert.equal(CASES.filter((entry) => entry.notOn?.[name] !== undefined).length, NOT_SUPPORTED_COUNT[name]);
    });
  });
}

test("every gap names an engine that exists, and no title is used twice", () => {
  for (const { notOn = {} } of CASES) for (const name of Object.keys(notOn)) assert.ok(name in ENGINES, name);
  assert.equal(new Set(CASES.map((entry) => entry.title)).size, CASES.length);
});
