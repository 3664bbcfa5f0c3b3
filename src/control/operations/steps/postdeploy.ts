import { PortsideError } from "../../../model/error-registry.ts";
import { runOneOff } from "../one-off.ts";
import type { Step } from "../step.ts";
import { targetRelease } from "./start.ts";

/** Runs `scripts.postdeploy` once the app serves, at every deploy until it has succeeded once. Contract §6. */
export const postdeploy: Step = {
  name: "postdeploy",
  async run(context) {
    const { store, operation, limits } = context;
    const release = targetRelease(context);
    const command = release?.hooks.postdeploy;
    if (release === undefined || command === undefined) return { outcome: "skipped", detail: "" };
    if (store.apps.get(operation.app).isPostdeployDone) return { outcome: "skipped", detail: "" };
    const oneOff = { name: "postdeploy", subject: release, command, limitMs: limits.hookMs };
    const { ok, problem, evidence } = await runOneOff(context, oneOff);
    if (!ok) throw new PortsideError("E_POSTDEPLOY", { number: release.number, problem }, { evidence });
    store.apps.update(operation.app, { isPostdeployDone: true });
    return { outcome: "done", detail: command.command };
  },
};
