import { doSideBySide } from "../../../lib/side-by-side.ts";
import { instanceName, type Instance } from "../../../model/instance.ts";
import type { Release } from "../../../model/release.ts";
import { awaitStartup, endedEarly } from "../../health/startup.ts";
import type { Step, StepContext } from "../step.ts";
import { startingInstances, targetRelease } from "./start.ts";

/** Waits until every new instance has passed its startup checks; one failure fails the operation. Contract §8, §10. */
export const health: Step = {
  name: "health",
  async run(context) {
    const release = targetRelease(context);
    const instances = startingInstances(context);
    if (release === undefined || instances.length === 0) return { outcome: "skipped", detail: "" };
    const details = await awaitAllHealthy(context, release, instances);
    return { outcome: "done", detail: [...new Set(details)].join("; ") };
  },
};

/** Waits for the startup checks of all of them, side by side; gives what they showed. E_HEALTH_STARTUP. */
export function awaitAllHealthy(
  context: StepContext,
  release: Release,
  instances: readonly Instance[],
): Promise<readonly string[]> {
  return whileAllLive(context, instances, (signal) =>
    doSideBySide(
      instances,
      (instance, inner) => awaitHealthy({ ...context, signal: inner }, instance, release),
      signal,
    ),
  );
}

/** A quick instance may die while the slow ones still start: that fails the rollout too, and ends the work. */
async function whileAllLive<T>(
  context: StepContext,
  instances: readonly Instance[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, done.signal]);
  const ends = instances.map(async (instance) => {
    const exit = await context.engine.exited(instance.id, signal);
    throw await endedEarly(context, instance, exit);
  });
  const working = work(signal);
  try {
    return await Promise.race([working, ...ends]);
  } finally {
    done.abort(new Error("the checks are over"));
    // The first failure is told; the others follow from it.
    await Promise.allSettled([...ends, working]);
  }
}

async function awaitHealthy(context: StepContext, instance: Instance, release: Release): Promise<string> {
  const startedAt = context.clock.now();
  const report = await awaitStartup(context, { instance, release }, context.signal);
  const detail = report.details.join(", ");
  context.tell.item(instanceName(instance), detail, context.clock.now() - startedAt);
  for (const warning of report.warnings) context.tell.item(instanceName(instance), `warning only: ${warning}`);
  return detail;
}
