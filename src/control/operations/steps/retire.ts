import { instanceName, type Instance } from "../../../model/instance.ts";
import type { Step, StepContext } from "../step.ts";

/** Lets the replaced instances finish their requests, then stops them: router first, then SIGTERM. Contract §10. */
export const retire: Step = {
  name: "retire",
  async run(context) {
    const leaving = leavingInstances(context);
    if (leaving.length === 0) return { outcome: "skipped", detail: "" };
    return { outcome: "done", detail: await retireInstances(context, leaving) };
  },
};

/** Drains what is up, stops all of them, and says which. */
export async function retireInstances(context: StepContext, leaving: readonly Instance[]): Promise<string> {
  const routed = leaving.filter((instance) => instance.phase === "draining" && instance.address !== undefined);
  const drained = await context.router.drain(
    routed.map((instance) => instance.id),
    context.limits.drainMs,
    context.signal,
  );
  for (const instance of leaving) context.store.instances.setPhase(instance.id, "stopping");
  await Promise.all(leaving.map((instance) => context.supervisor.stop(instance)));
  const names = leaving.map((instance) => `${instanceName(instance)} (v${instance.release})`).join("  ");
  return drained === "cut" ? `${names}; requests still open after the drain time were cut` : names;
}

/** What the route step marked, and what an interrupted earlier operation left to be stopped. */
function leavingInstances(context: StepContext): readonly Instance[] {
  return context.store.instances
    .alive(context.operation.app)
    .filter((instance) => instance.phase === "draining" || instance.phase === "stopping");
}
