import type { AptibleHooks } from "../../../model/app-contract.ts";
import type { OperationKind } from "../../../model/operation.ts";
import { runOneOff } from "../one-off.ts";
import { candidate, currentRelease } from "../subject.ts";
import type { RunSubject } from "../../instances/launch-spec.ts";
import type { Step, StepContext, StepResult } from "../step.ts";
import { targetRelease } from "./start.ts";

type HookName = Exclude<keyof AptibleHooks, "before_deploy">;

/** What `.aptible.yml` calls our kinds of operations; it has no hooks for the others. */
const NAMES: Readonly<Partial<Record<OperationKind, "deploy" | "restart" | "configure" | "scale">>> = {
  deploy: "deploy",
  restart: "restart",
  config: "configure",
  scale: "scale",
};

/** Runs `after_…_success` of `.aptible.yml` with what serves now. A failure is a warning. Contract §6. */
export const afterSuccess: Step = {
  name: "after-success",
  run(context) {
    const release = targetRelease(context);
    const hook = hookName(context, "success");
    return runAll(context, { hook, subject: release, commands: commandsOf(release?.hooks.aptible, hook) });
  },
};

/**
 * Runs `after_…_failure` of `.aptible.yml` once the previous state is back: with the code that failed where it was built, else with
 * the code that serves; with the config in force. A failure is a warning. Contract §6, decision 0033.
 */
export const afterFailure: Step = {
  name: "after-failure",
  run(context) {
    const { kind, facts } = context.operation;
    const hook = hookName(context, "failure");
    const isBuilt = kind === "deploy" && facts.artifact !== undefined && facts.source !== undefined;
    const release = currentRelease(context);
    const hooks = isBuilt ? facts.declared?.hooks : release?.hooks;
    const { configVersion } = context.store.apps.get(context.operation.app);
    const subject = isBuilt ? { ...candidate(context), configVersion } : release;
    return runAll(context, { hook, subject, commands: commandsOf(hooks?.aptible, hook) });
  },
};

async function runAll(
  context: StepContext,
  what: {
    readonly hook: HookName | undefined;
    readonly subject: RunSubject | undefined;
    readonly commands: readonly string[];
  },
): Promise<StepResult> {
  const { hook, subject, commands } = what;
  if (hook === undefined || subject === undefined || commands.length === 0) return { outcome: "skipped", detail: "" };
  for (const [index, command] of commands.entries()) {
    const oneOff = { name: hook, number: index + 1, subject, command: { command }, limitMs: context.limits.hookMs };
    const { ok, problem, evidence } = await runOneOff(context, oneOff);
    if (!ok) context.tell.warning(`\`${hook}\` failed: ${problem}.`, evidence);
  }
  return { outcome: "done", detail: commands.join("; ") };
}

function hookName({ operation }: StepContext, end: "success" | "failure"): HookName | undefined {
  const name = NAMES[operation.kind];
  return name === undefined ? undefined : `after_${name}_${end}`;
}

function commandsOf(hooks: AptibleHooks | undefined, hook: HookName | undefined): readonly string[] {
  return hook === undefined ? [] : (hooks?.[hook] ?? []);
}
