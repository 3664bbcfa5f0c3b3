import type { EngineMethod } from "../../src/engines/fake/fake-machine.ts";
import { parseAppName, type AppName } from "../../src/model/app.ts";
import type { Formation } from "../../src/model/formation.ts";
import type { Chance } from "./chance.ts";
import { sourceOf, type SimulatedSource, type VariantName } from "./sources.ts";

/** What happens in a scenario: somebody asks for something, or the world does something to us. */
export type Action =
  | { readonly do: "deploy"; readonly app: AppName; readonly source: SimulatedSource }
  | { readonly do: "scale"; readonly app: AppName; readonly formation: Formation }
  | { readonly do: "config"; readonly app: AppName; readonly values: Readonly<Record<string, string | null>> }
  | { readonly do: "restart"; readonly app: AppName; readonly type?: string; readonly number?: number }
  | { readonly do: "rollback"; readonly app: AppName }
  | { readonly do: "destroy"; readonly app: AppName }
  /** For so long from now, or lifted. */
  | { readonly do: "freeze"; readonly app: AppName; readonly ms: number | null }
  /** Of the newest operation of the app. */
  | { readonly do: "cancel"; readonly app: AppName }
  /** One of the running processes of the app ends by itself; which one, `nth` says. */
  | { readonly do: "killInstance"; readonly app: AppName; readonly nth: number }
  /** The whole machine: instances, control plane and edge. */
  | { readonly do: "reboot" }
  | { readonly do: "killControl" }
  | { readonly do: "edgeDown"; readonly ms: number }
  /** The control plane ends in an orderly way and comes back; somebody may cancel what was open just before it is gone. */
  | { readonly do: "shutdown"; readonly stopInstances: boolean; readonly thenCancel: boolean }
  /** The engine's next call of that method fails, before or after its effect. */
  | { readonly do: "engineFails"; readonly method: EngineMethod; readonly moment: "before" | "after" };

/** `idle`: after everything before it has come to rest; a number: so many milliseconds after the step before. */
export type Step = { readonly when: "idle" | number; readonly action: Action };

/** A story, and where the control plane is killed in it. Points are counted from the first step on, without the setup. */
export type Scenario = {
  readonly title: string;
  /** The command that runs it again. */
  readonly repeat: string;
  readonly seed: number;
  readonly setup: readonly Step[];
  readonly steps: readonly Step[];
  readonly crashPoints: readonly number[];
};

/** A checked app name. */
export function appName(text: string): AppName {
  const name = parseAppName(text);
  if (name === undefined) throw new Error(`${text} is no app name`);
  return name;
}

/** One line for people. */
export function describeStep({ when, action }: Step): string {
  const { do: verb, ...rest } = action;
  const details = Object.entries(rest).map(([key, value]) => `${key}=${describeValue(value)}`);
  return `${when === "idle" ? "at rest" : `after ${when} ms`}: ${[verb, ...details].join(" ")}`;
}

function describeValue(
  value: string | number | boolean | null | SimulatedSource | Readonly<Record<string, unknown>>,
): string {
  if (typeof value !== "object" || value === null) return String(value);
  return "digest" in value ? String(value["name"]) : JSON.stringify(value);
}

const CRASH_GAP_MAX = 90;
const FAILING: readonly EngineMethod[] = ["start", "stop", "forget", "exited", "prepareArtifact", "listeners"];
const BAD: readonly VariantName[] = [
  "neverListens",
  "exitsAtOnce",
  "workerExits",
  "releaseFails",
  "buildFails",
  "checkFails",
  "envMissing",
  "predeployFails",
  "beforeDeployFails",
  "postdeployFails",
  "hookFailsLive",
  "rollingNeverListens",
];
const OK: readonly VariantName[] = [
  "good",
  "withRelease",
  "withEnv",
  "declaresTwo",
  "noWeb",
  "slowStart",
  "slowStop",
  "slowBuild",
  "withHooks",
  "postdeployHeals",
  "rolling",
];

/** The scenario of a seed: 3 to 8 steps on one or two apps, 0 to 3 kills of the control plane at any row. */
export function randomScenario(seed: number, chance: Chance, repeat: string): Scenario {
  const apps = chance.percent(70) ? ["shop"] : ["shop", "blog"];
  let edition = 0;
  const deploy = (variants: readonly VariantName[], app: string): Action => {
    edition += chance.percent(85) ? 1 : 0;
    return { do: "deploy", app: appName(app), source: sourceOf(chance.pick(variants), edition) };
  };
  const setup = chance.percent(75)
    ? apps.map((app): Step => ({ when: "idle", action: deploy(OK.slice(0, 4), app) }))
    : [];
  const steps = Array.from({ length: chance.int(3, 8) }, (): Step => {
    const app = chance.pick(apps);
    const when = chance.weighted<Step["when"]>([
      [45, "idle"],
      [35, chance.int(0, 900)],
      [20, chance.int(900, 8_000)],
    ]);
    return { when, action: randomAction(chance, app, deploy) };
  });
  let point = 0;
  const crashPoints = Array.from({ length: chance.int(0, 3) }, () => (point += chance.int(1, CRASH_GAP_MAX)));
  return { title: `seed ${seed}`, repeat, seed, setup, steps, crashPoints };
}

function randomAction(
  chance: Chance,
  name: string,
  deploy: (variants: readonly VariantName[], app: string) => Action,
): Action {
  const app = appName(name);
  const type = chance.pick(["web", "web", "worker"]);
  const make = chance.weighted<() => Action>([
    [26, () => deploy(OK, name)],
    [14, () => deploy(BAD, name)],
    [12, () => ({ do: "scale", app, formation: { [type]: chance.int(0, 3) } })],
    [8, () => ({ do: "config", app, values: randomValues(chance) })],
    [5, () => ({ do: "restart", app })],
    [3, () => ({ do: "restart", app, type })],
    [3, () => ({ do: "restart", app, type, number: 1 })],
    [7, () => ({ do: "rollback", app })],
    [4, () => ({ do: "destroy", app })],
    [10, () => ({ do: "cancel", app })],
    [5, () => ({ do: "freeze", app, ms: chance.pick([500, 5_000, null]) })],
    [8, () => ({ do: "killInstance", app, nth: chance.int(0, 3) })],
    [3, () => ({ do: "reboot" })],
    [3, () => ({ do: "killControl" })],
    [4, () => ({ do: "edgeDown", ms: chance.pick([300, 3_000, 30_000]) })],
    [4, () => ({ do: "shutdown", stopInstances: chance.percent(50), thenCancel: chance.percent(30) })],
    [6, () => ({ do: "engineFails", method: chance.pick(FAILING), moment: chance.pick(["before", "after"] as const) })],
  ]);
  return make();
}

/** Values start with `hush-`, so that they are found wherever they should not be. */
function randomValues(chance: Chance): Record<string, string | null> {
  const names = ["ALPHA", "BETA", "MODE"].filter(() => chance.percent(60));
  return Object.fromEntries(
    [...names, "GAMMA"].map((name) => [name, chance.percent(25) ? null : `hush-${chance.int(1, 3)}`]),
  );
}
