import { PortsideError } from "../../../model/error-registry.ts";
import { runOneOff } from "../one-off.ts";
import type { Step } from "../step.ts";
import { targetRelease } from "./start.ts";

const HOOK = "`scripts.dokku.postdeploy`";

/** Runs `scripts.dokku.postdeploy` after each rollout of a release. When it fails the release is live all the same. Contract §6. */
export const dokkuPostdeploy: Step = {
  name: "dokku-postdeploy",
  async run(context) {
    const release = targetRelease(context);
    const command = release?.hooks.dokkuPostdeploy;
    if (release === undefined || command === undefined) return { outcome: "skipped", detail: "" };
    const oneOff = { name: "dokku-postdeploy", subject: release, command, limitMs: context.limits.hookMs };
    const { ok, problem, evidence } = await runOneOff(context, oneOff);
    if (!ok) throw new PortsideError("E_HOOK_LIVE", { number: release.number, hook: HOOK, problem }, { evidence });
    return { outcome: "done", detail: command.command };
  },
};
