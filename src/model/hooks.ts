import type { AptibleHooks, Script } from "./app-contract.ts";

/**
 * What an app's files want to run around a rollout, besides the release command of the Procfile (contract §6).
 * Written by control from app.json and `.aptible.yml`. Read by its operations. Stored with the operation and in the release,
 * whose hooks later config changes, rollbacks, scalings and restarts run.
 */
export type Hooks = {
  /** `scripts.dokku.predeploy`. */
  readonly predeploy?: Script;
  /** `scripts.postdeploy`. */
  readonly postdeploy?: Script;
  /** `scripts.dokku.postdeploy`. */
  readonly dokkuPostdeploy?: Script;
  /** `.aptible.yml`. */
  readonly aptible?: AptibleHooks;
};
