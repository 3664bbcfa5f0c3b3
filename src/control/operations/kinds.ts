import type { OperationKind } from "../../model/operation.ts";
import { build } from "./steps/build.ts";
import { check } from "./steps/check.ts";
import { chooseRelease } from "./steps/choose-release.ts";
import { config } from "./steps/config.ts";
import { remove, unroute } from "./steps/destroy.ts";
import { health } from "./steps/health.ts";
import { release } from "./steps/release.ts";
import { retire } from "./steps/retire.ts";
import { route } from "./steps/route.ts";
import { setConfig } from "./steps/set-config.ts";
import { start } from "./steps/start.ts";
import { restartCurrent, setFormation } from "./steps/use-current.ts";
import type { Step } from "./step.ts";

/** A kind of operation: its runbook, and the step after which its new state is in force. */
export type Kind = { readonly steps: readonly Step[]; readonly commitStep: string };

/** How every rollout ends. */
const ROLLOUT = [start, health, route, retire] as const;

/** The runbooks, in the contract's words and order (§10). */
export const KINDS: Readonly<Record<OperationKind, Kind>> = {
  deploy: { steps: [check, config, build, release, ...ROLLOUT], commitStep: "route" },
  config: { steps: [setConfig, release, ...ROLLOUT], commitStep: "route" },
  rollback: { steps: [chooseRelease, release, ...ROLLOUT], commitStep: "route" },
  scale: { steps: [setFormation, ...ROLLOUT], commitStep: "route" },
  restart: { steps: [restartCurrent, ...ROLLOUT], commitStep: "route" },
  destroy: { steps: [unroute, remove], commitStep: "unroute" },
};
