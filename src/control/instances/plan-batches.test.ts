import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppName } from "../../model/app.ts";
import type { Instance } from "../../model/instance.ts";
import { planBatches } from "./plan-batches.ts";
import { planInstances } from "./plan-instances.ts";

const old = (type: string, number: number): Instance => ({
  id: `old-${type}-${number}`,
  app: "shop" as AppName,
  release: 1,
  type,
  number,
  phase: "serving",
  startedAt: 0,
  operation: 1,
  restarts: 0,
});

function batches(
  formation: Record<string, number>,
  running: Record<string, number>,
  maxParallel: Record<string, number>,
): string[] {
  const existing = Object.entries(running).flatMap(([type, count]) =>
    Array.from({ length: count }, (_, index) => old(type, index + 1)),
  );
  const plan = planInstances({ types: ["web", "worker"], formation, existing, replacement: { mode: "all" } });
  const name = (slot: { type: string; number: number }): string => `${slot.type}.${slot.number}`;
  return planBatches(plan, maxParallel).map(
    ({ start, retire }) => `+${start.map(name).join(" ")} -${retire.map(name).join(" ")}`,
  );
}

const CASES: readonly [
  title: string,
  formation: Record<string, number>,
  running: Record<string, number>,
  maxParallel: Record<string, number>,
  expected: string[],
][] = [
  ["absent: all at once", { web: 3, worker: 0 }, { web: 3 }, {}, ["+web.1 web.2 web.3 -web.1 web.2 web.3"]],
  ["1: one by one", { web: 3, worker: 0 }, { web: 3 }, { web: 1 }, ["+web.1 -web.1", "+web.2 -web.2", "+web.3 -web.3"]],
  [
    "2 of 5",
    { web: 5, worker: 0 },
    { web: 5 },
    { web: 2 },
    ["+web.1 web.2 -web.1 web.2", "+web.3 web.4 -web.3 web.4", "+web.5 -web.5"],
  ],
  ["more than there are", { web: 2, worker: 0 }, { web: 2 }, { web: 9 }, ["+web.1 web.2 -web.1 web.2"]],
  [
    "a type without a limit is switched at the end, at once",
    { web: 2, worker: 2 },
    { web: 2, worker: 2 },
    { web: 1 },
    ["+web.1 -web.1", "+web.2 worker.1 worker.2 -web.2 worker.1 worker.2"],
  ],
  [
    "fewer batches of one type than of the other end together",
    { web: 3, worker: 2 },
    { web: 3, worker: 2 },
    { web: 1, worker: 1 },
    ["+web.1 -web.1", "+web.2 worker.1 -web.2 worker.1", "+web.3 worker.2 -web.3 worker.2"],
  ],
  ["nothing to replace: nothing to wait for", { web: 3, worker: 0 }, {}, { web: 1 }, ["+web.1 web.2 web.3 -"]],
  [
    "new ones and those that only go are in the last",
    { web: 3, worker: 0 },
    { web: 2, worker: 1 },
    { web: 1 },
    ["+web.1 -web.1", "+web.2 web.3 -web.2 worker.1"],
  ],
  ["nothing at all is one empty batch", { web: 0, worker: 0 }, {}, { web: 1 }, ["+ -"]],
];

for (const [title, formation, running, maxParallel, expected] of CASES)
  test(`§5 max_parallel: ${title}`, () => assert.deepEqual(batches(formation, running, maxParallel), expected));
