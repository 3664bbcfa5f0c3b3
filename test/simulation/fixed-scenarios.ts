import { appName, type Action, type Scenario, type Step } from "./scenario.ts";
import { sourceOf, type VariantName } from "./sources.ts";

/** A short story whose end is known, whatever row the control plane is killed at. */
export type FixedScenario = Pick<Scenario, "title" | "setup" | "steps"> & {
  /** Statuses of the operations of the steps, in order; several where a kill may decide. */
  readonly ends: readonly (readonly string[])[];
};

const app = appName("shop");

function deploy(variant: VariantName, edition = 2): Action {
  return { do: "deploy", app, source: sourceOf(variant, edition) };
}

function atRest(...actions: readonly Action[]): readonly Step[] {
  return actions.map((action) => ({ when: "idle", action }));
}

const RUNS_ONE = atRest(deploy("good", 1));
const RUNS_TWO = atRest(deploy("declaresTwo", 1));
const RUNS_ROLLING = atRest(deploy("rolling", 1));
const RUNS_WITH_RELEASE = atRest(deploy("withRelease", 1));
const SUCCEEDS = [["succeeded"]] as const;
const FAILS = [["failed"]] as const;

/** Every kind of operation, and the ways in which one fails (contract §5, §6, §10). */
export const FIXED_SCENARIOS: readonly FixedScenario[] = [
  { title: "first deploy", setup: [], steps: atRest(deploy("withRelease")), ends: SUCCEEDS },
  { title: "redeploy of two web instances", setup: RUNS_TWO, steps: atRest(deploy("withRelease")), ends: SUCCEEDS },
  { title: "redeploy that changes nothing", setup: RUNS_ONE, steps: atRest(deploy("good", 1)), ends: [["unchanged"]] },
  { title: "deploy with generated secrets", setup: RUNS_ONE, steps: atRest(deploy("withEnv")), ends: SUCCEEDS },
  { title: "deploy that never listens", setup: RUNS_ONE, steps: atRest(deploy("neverListens")), ends: FAILS },
  {
    title: "deploy whose web dies while others start",
    setup: RUNS_ONE,
    steps: atRest(deploy("diesWhileOthersStart")),
    ends: FAILS,
  },
  { title: "deploy whose release command fails", setup: RUNS_TWO, steps: atRest(deploy("releaseFails")), ends: FAILS },
  { title: "deploy whose build fails", setup: RUNS_ONE, steps: atRest(deploy("buildFails")), ends: FAILS },
  {
    title: "config change",
    setup: RUNS_WITH_RELEASE,
    steps: atRest({ do: "config", app, values: { ALPHA: "hush-1", BETA: "hush-2" } }),
    ends: SUCCEEDS,
  },
  {
    title: "config before the first release",
    setup: atRest(deploy("buildFails", 1)),
    steps: atRest({ do: "config", app, values: { ALPHA: "hush-1" } }),
    ends: SUCCEEDS,
  },
  {
    title: "scale up and down",
    setup: RUNS_ONE,
    steps: atRest({ do: "scale", app, formation: { web: 3 } }, { do: "scale", app, formation: { web: 1 } }),
    ends: [["succeeded"], ["succeeded"]],
  },
  {
    title: "scale to nothing",
    setup: RUNS_TWO,
    steps: atRest({ do: "scale", app, formation: { web: 0, worker: 0 } }),
    ends: SUCCEEDS,
  },
  {
    title: "restart of one instance",
    setup: RUNS_TWO,
    steps: atRest({ do: "restart", app, type: "web", number: 2 }),
    ends: SUCCEEDS,
  },
  {
    title: "rollback",
    setup: atRest(deploy("declaresTwo", 1), deploy("good", 1)),
    steps: atRest({ do: "rollback", app }),
    ends: SUCCEEDS,
  },
  {
    title: "cancel in health",
    setup: RUNS_TWO,
    steps: [...atRest(deploy("slowStart")), { when: 900, action: { do: "cancel", app } }],
    ends: [["cancelled", "succeeded"]],
  },
  {
    title: "cancel in the release phase",
    setup: RUNS_ONE,
    steps: [...atRest(deploy("withRelease")), { when: 250, action: { do: "cancel", app } }],
    ends: [["cancelled", "succeeded"]],
  },
  { title: "deploy with every hook", setup: RUNS_ONE, steps: atRest(deploy("withHooks")), ends: SUCCEEDS },
  {
    title: "config change with every hook",
    setup: atRest(deploy("withHooks", 1)),
    steps: atRest({ do: "config", app, values: { ALPHA: "hush-1" } }),
    ends: SUCCEEDS,
  },
  { title: "deploy whose predeploy fails", setup: RUNS_ONE, steps: atRest(deploy("predeployFails")), ends: FAILS },
  {
    title: "postdeploy is tried until it has succeeded once",
    setup: RUNS_ONE,
    steps: atRest(deploy("postdeployFails"), deploy("postdeployHeals")),
    ends: [["failed"], ["succeeded"]],
  },
  {
    title: "deploy whose hook fails when it is live",
    setup: RUNS_ONE,
    steps: atRest(deploy("hookFailsLive")),
    ends: [["hookFailed"]],
  },
  {
    title: "a hook that hangs is cancelled",
    setup: RUNS_ONE,
    steps: [...atRest(deploy("hookHangs")), { when: 9_000, action: { do: "cancel", app } }],
    ends: [["hookFailed", "cancelled"]],
  },
  { title: "rollout in batches", setup: RUNS_ROLLING, steps: atRest(deploy("rolling")), ends: SUCCEEDS },
  {
    title: "the second of three batches does not start",
    setup: RUNS_ROLLING,
    steps: [
      ...atRest(deploy("rolling")),
      { when: 350, action: { do: "engineFails", method: "start", moment: "before" } },
    ],
    ends: [["failed", "succeeded"]],
  },
  {
    title: "cancel between batches",
    setup: RUNS_ROLLING,
    steps: [...atRest(deploy("rolling")), { when: 1_000, action: { do: "cancel", app } }],
    ends: [["cancelled", "succeeded"]],
  },
  {
    title: "the newest deploy wins",
    setup: RUNS_ONE,
    steps: [
      ...atRest(deploy("slowBuild")),
      { when: 10, action: deploy("good", 2) },
      { when: 10, action: deploy("good", 3) },
    ],
    ends: [["succeeded"], ["superseded", "succeeded"], ["succeeded"]],
  },
  {
    title: "a freeze holds back what waits, not what runs",
    setup: RUNS_ONE,
    steps: [
      ...atRest(deploy("slowBuild")),
      { when: 10, action: deploy("good", 2) },
      { when: 10, action: { do: "freeze", app, ms: 60_000 } },
    ],
    ends: [["succeeded"], ["failed", "succeeded"], ["succeeded"]],
  },
  {
    title: "the router is down at the switch",
    setup: RUNS_TWO,
    steps: [...atRest(deploy("good")), { when: 300, action: { do: "edgeDown", ms: 12_000 } }],
    ends: [["failed", "succeeded"]],
  },
  {
    title: "an instance dies during a deploy",
    setup: RUNS_TWO,
    steps: [...atRest(deploy("slowStart")), { when: 600, action: { do: "killInstance", app, nth: 0 } }],
    ends: [["succeeded", "failed"]],
  },
  {
    title: "the machine reboots during a deploy",
    setup: RUNS_TWO,
    steps: [...atRest(deploy("slowStart")), { when: 900, action: { do: "reboot" } }],
    ends: [["succeeded", "failed"]],
  },
  {
    title: "the engine refuses the first stop",
    setup: RUNS_ONE,
    steps: atRest({ do: "engineFails", method: "stop", moment: "before" }, { do: "restart", app }),
    ends: SUCCEEDS,
  },
  {
    title: "a shutdown during a deploy, then a cancel",
    setup: RUNS_ONE,
    steps: [
      ...atRest(deploy("slowStart")),
      { when: 900, action: { do: "shutdown", stopInstances: false, thenCancel: true } },
    ],
    ends: [["cancelled", "succeeded"]],
  },
  { title: "destroy", setup: RUNS_TWO, steps: atRest({ do: "destroy", app }), ends: SUCCEEDS },
  {
    title: "destroy while the router is down",
    setup: RUNS_TWO,
    steps: [...atRest({ do: "edgeDown", ms: 12_000 }), { when: 1, action: { do: "destroy", app } }],
    ends: [["failed", "succeeded"]],
  },
];
