import { PortsideError } from "../../../model/error-registry.ts";
import { demandOneOff, endOneOffs } from "../one-off.ts";
import type { Step } from "../step.ts";
import { targetRelease } from "./start.ts";

/** Runs `before_deploy` of `.aptible.yml`, one command after the other, as the release command before it. Contract §6. */
export const beforeDeploy: Step = {
  name: "before-deploy",
  async run(context) {
    const release = targetRelease(context);
    const commands = release?.hooks.aptible?.before_deploy ?? [];
    if (release === undefined || commands.length === 0) return { outcome: "skipped", detail: "" };
    for (const [index, command] of commands.entries()) {
      const oneOff = { name: "before_deploy", number: index + 1, subject: release, command: { command } };
      await demandOneOff(
        context,
        { ...oneOff, limitMs: context.limits.hookMs },
        (problem, evidence) => new PortsideError("E_HOOK_FAILED", { hook: "`before_deploy`", problem }, { evidence }),
      );
    }
    return { outcome: "done", detail: commands.join("; ") };
  },
  undo: endOneOffs,
};
