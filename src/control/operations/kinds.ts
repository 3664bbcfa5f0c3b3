import type { OperationKind } from "../../model/operation.ts";
import type { Plan } from "../orchestrator/decide.ts";
import { afterFailure, afterSuccess } from "./steps/after-hooks.ts";
import { batches } from "./steps/batches.ts";
import { beforeDeploy } from "./steps/before-deploy.ts";
import { build } from "./steps/build.ts";
import { check } from "./steps/check.ts";
import { chooseRelease } from "./steps/choose-release.ts";
import { config } from "./steps/config.ts";
import { remove, unroute } from "./steps/destroy.ts";
import { dokkuPostdeploy } from "./steps/dokku-postdeploy.ts";
import { health } from "./steps/health.ts";
import { postdeploy } from "./steps/postdeploy.ts";
import { predeploy } from "./steps/predeploy.ts";
import { release } from "./steps/release.ts";
import { retire } from "./steps/retire.ts";
import { route } from "./steps/route.ts";
import { setConfig } from "./steps/set-config.ts";
import { settings } from "./steps/settings.ts";
import { start } from "./steps/start.ts";
import { stop } from "./steps/stop.ts";
import { tests } from "./steps/tests.ts";
import { restartCurrent, setFormation } from "./steps/use-current.ts";
import type { Step } from "./step.ts";

/**
 * A kind of operation: its runbook, and the step after which its new state is in force. What stands behind that one is only told
 * when it fails. `failureStep` runs when the operation has failed and the previous state is back.
 */
export type Kind = { readonly steps: readonly Step[]; readonly commitStep: string; readonly failureStep?: Step };

/** How every rollout goes; with `max_parallel`, all batches but the last go the same way within `batches`. */
const ROLLOUT = [batches, start, health, route, retire] as const;

/** What runs once the new state serves; a cancel ends these early and undoes nothing. */
const HOOKS: readonly Step[] = [postdeploy, dokkuPostdeploy, afterSuccess];

/** The runbooks, in the contract's words and order (§6, §10). */
export const KINDS: Readonly<Record<OperationKind, Kind>> = {
  deploy: {
    steps: [check, config, build, tests, predeploy, release, beforeDeploy, ...ROLLOUT, ...HOOKS],
    commitStep: "route",
    failureStep: afterFailure,
  },
  config: {
    steps: [setConfig, release, ...ROLLOUT, dokkuPostdeploy, afterSuccess],
    commitStep: "route",
    failureStep: afterFailure,
  },
  rollback: { steps: [chooseRelease, release, ...ROLLOUT, dokkuPostdeploy], commitStep: "route" },
  scale: { steps: [setFormation, ...ROLLOUT, afterSuccess], commitStep: "route", failureStep: afterFailure },
  restart: { steps: [restartCurrent, ...ROLLOUT, afterSuccess], commitStep: "route", failureStep: afterFailure },
  settings: { steps: [settings], commitStep: "settings" },
  start: { steps: [restartCurrent, ...ROLLOUT], commitStep: "route" },
  stop: { steps: [stop, retire], commitStep: "stop" },
  destroy: { steps: [unroute, remove], commitStep: "unroute" },
};

/** A kind as the orchestrator sees it: names alone. */
export function planOf(kind: Kind): Plan {
  const hooks = new Set(HOOKS);
  return {
    steps: kind.steps.map((step) => step.name),
    commitStep: kind.commitStep,
    hookSteps: kind.steps.filter((step) => hooks.has(step)).map((step) => step.name),
    ...(kind.failureStep === undefined ? {} : { failureStep: kind.failureStep.name }),
  };
}
