import { PortsideError } from "../../../model/error-registry.ts";
import { endOneOffs, runKeepingFiles } from "../one-off.ts";
import type { Step } from "../step.ts";
import { candidate } from "../subject.ts";

const HOOK = "`scripts.dokku.predeploy`";

/** Runs `scripts.dokku.predeploy` on the new artifact and keeps the files it changes, as another artifact. Contract §6. */
export const predeploy: Step = {
  name: "predeploy",
  async run(context) {
    const command = context.operation.facts.declared?.hooks.predeploy;
    if (command === undefined) return { outcome: "skipped", detail: "" };
    const subject = candidate(context);
    const oneOff = { name: "predeploy", subject, command, limitMs: context.limits.hookMs };
    const artifact = await runKeepingFiles(
      context,
      oneOff,
      (problem, evidence) => new PortsideError("E_HOOK_FAILED", { hook: HOOK, problem }, { evidence }),
    );
    const kept = artifact.digest === subject.artifact ? "" : "  (its files are kept)";
    return { outcome: "done", detail: command.command + kept, facts: { artifact: artifact.digest } };
  },
  undo: endOneOffs,
};
