import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppName } from "../../model/app.ts";
import type { Instance } from "../../model/instance.ts";
import { planInstances, type Replacement } from "./plan-instances.ts";

function running(...names: string[]): Instance[] {
  return names.map((name) => {
    const [type = "", number = "1"] = name.split(".");
    return {
      id: name,
      app: "shop" as AppName,
      release: 1,
      type,
      number: Number(number),
      phase: "serving",
      startedAt: 0,
      operation: 1,
      restarts: 0,
    };
  });
}

const ALL: Replacement = { mode: "all" };
const DIFFERENCE: Replacement = { mode: "difference" };

const CASES: readonly (readonly [
  string,
  { formation: Record<string, number>; existing: Instance[]; replacement: Replacement },
  string[],
  string[],
])[] = [
  ["first deploy: web 1 by default, workers 0", { formation: {}, existing: [], replacement: ALL }, ["web.1"], []],
  [
    "a deploy replaces everything",
    { formation: { web: 2 }, existing: running("web.1", "web.2"), replacement: ALL },
    ["web.1", "web.2"],
    ["web.1", "web.2"],
  ],
  [
    "from 2 to 3 starts one and touches no other",
    { formation: { web: 3 }, existing: running("web.1", "web.2"), replacement: DIFFERENCE },
    ["web.3"],
    [],
  ],
  [
    "from 3 to 1 retires the highest",
    { formation: { web: 1 }, existing: running("web.1", "web.2", "web.3"), replacement: DIFFERENCE },
    [],
    ["web.2", "web.3"],
  ],
  ["to 0 retires all", { formation: { web: 0 }, existing: running("web.1"), replacement: DIFFERENCE }, [], ["web.1"]],
  [
    "a type that is gone is retired",
    { formation: { web: 1 }, existing: running("web.1", "clock.1"), replacement: DIFFERENCE },
    [],
    ["clock.1"],
  ],
  [
    "restart of a type",
    {
      formation: { web: 1, worker: 1 },
      existing: running("web.1", "worker.1"),
      replacement: { mode: "named", type: "worker" },
    },
    ["worker.1"],
    ["worker.1"],
  ],
  [
    "restart of one",
    {
      formation: { web: 2 },
      existing: running("web.1", "web.2"),
      replacement: { mode: "named", type: "web", number: 2 },
    },
    ["web.2"],
    ["web.2"],
  ],
  [
    "restart leaves a stopped one of another type alone, and starts one of its own",
    {
      formation: { web: 2, worker: 1 },
      existing: running("web.1"),
      replacement: { mode: "named", type: "web" },
    },
    ["web.1", "web.2"],
    ["web.1"],
  ],
  [
    "scale fills the places of its own types alone",
    {
      formation: { web: 2, worker: 2 },
      existing: running("web.1", "worker.1"),
      replacement: { mode: "difference", types: ["web"] },
    },
    ["web.2"],
    [],
  ],
  [
    "start fills what is free and touches nothing else",
    { formation: { web: 2, worker: 1 }, existing: running("web.1"), replacement: { mode: "missing" } },
    ["web.2", "worker.1"],
    [],
  ],
  [
    "start of one",
    {
      formation: { web: 2, worker: 1 },
      existing: running("web.1"),
      replacement: { mode: "missing", type: "worker", number: 1 },
    },
    ["worker.1"],
    [],
  ],
];

for (const [title, input, start, retire] of CASES) {
  test(`§5 instances: ${title}`, () => {
    const plan = planInstances({ types: ["web", "worker"], ...input });
    assert.deepEqual(
      plan.start.map((slot) => `${slot.type}.${slot.number}`),
      start,
    );
    assert.deepEqual(
      plan.retire.map((instance) => instance.id),
      retire,
    );
  });
}
