import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppName } from "../../model/app.ts";
import type { Instance, InstancePhase } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import { planRoute } from "./route-table.ts";

const APP = "shop" as AppName;

function release(types: readonly string[]): Release {
  // Only the types matter to a route.
  return { app: APP, number: 1, types } as unknown as Release;
}

function instance(name: string, phase: InstancePhase, port?: number): Instance {
  const [type = "", number = "1"] = name.split(".");
  const address = port === undefined ? {} : { address: { host: "127.0.0.1", port } };
  return {
    id: `${name}-${phase}`,
    app: APP,
    release: 1,
    type,
    number: Number(number),
    phase,
    startedAt: 0,
    operation: 1,
    restarts: 0,
    ...address,
  };
}

const CASES: readonly (readonly [string, Parameters<typeof planRoute>[0], string, readonly number[]])[] = [
  ["no release is blank", { app: APP, formation: {}, instances: [] }, "blank", []],
  [
    "serving instances are targets",
    {
      app: APP,
      formation: { web: 2 },
      release: release(["web"]),
      instances: [instance("web.1", "serving", 1), instance("web.2", "serving", 2)],
    },
    "serving",
    [1, 2],
  ],
  [
    "starting, draining and stopping ones are not",
    {
      app: APP,
      formation: { web: 2 },
      release: release(["web"]),
      instances: [instance("web.1", "starting", 1), instance("web.2", "draining", 2), instance("web.1", "stopping", 3)],
    },
    "serving",
    [],
  ],
  [
    "one that is not ready is not (§8)",
    {
      app: APP,
      formation: { web: 2 },
      release: release(["web"]),
      instances: [instance("web.1", "serving", 1), instance("web.2", "serving", 2)],
      notReady: new Set(["web.2-serving"]),
    },
    "serving",
    [1],
  ],
  [
    "other types never are",
    {
      app: APP,
      formation: { web: 1, worker: 1 },
      release: release(["web", "worker"]),
      instances: [instance("web.1", "starting"), instance("worker.1", "serving", 9)],
    },
    "serving",
    [],
  ],
  [
    "cmd is routed when there is no web",
    { app: APP, formation: { cmd: 1 }, release: release(["cmd"]), instances: [instance("cmd.1", "serving", 3)] },
    "serving",
    [3],
  ],
  [
    "quantity 0 is stopped",
    { app: APP, formation: { web: 0 }, release: release(["web"]), instances: [] },
    "stopped",
    [],
  ],
  [
    "all of the type on their way out is stopped",
    {
      app: APP,
      formation: { web: 2 },
      release: release(["web"]),
      instances: [instance("web.1", "draining", 1), instance("web.2", "stopping", 2)],
    },
    "stopped",
    [],
  ],
  [
    "all of the type stopped on purpose is stopped",
    {
      app: APP,
      formation: { web: 1, worker: 1 },
      release: release(["web", "worker"]),
      instances: [instance("worker.1", "serving", 9)],
    },
    "stopped",
    [],
  ],
  [
    "no routed type is stopped",
    { app: APP, formation: { worker: 1 }, release: release(["worker"]), instances: [] },
    "stopped",
    [],
  ],
  [
    "all in back-off is crashed",
    {
      app: APP,
      formation: { web: 2 },
      release: release(["web"]),
      instances: [instance("web.1", "crashed"), instance("web.2", "crashed")],
    },
    "crashed",
    [],
  ],
  [
    "one alive is not crashed",
    {
      app: APP,
      formation: { web: 2 },
      release: release(["web"]),
      instances: [instance("web.1", "crashed"), instance("web.2", "serving", 2)],
    },
    "serving",
    [2],
  ],
];

for (const [title, input, state, ports] of CASES) {
  test(`§11 route table: ${title}`, () => {
    const route = planRoute(input);
    assert.deepEqual([route.state, route.hosts], [state, ["shop.localhost"]]);
    assert.deepEqual(
      route.targets.map((target) => target.port),
      ports,
    );
  });
}
