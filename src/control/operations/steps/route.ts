import { assertRunning } from "../../health/startup.ts";
import { computeRouteTable, defaultHost } from "../../routes/route-table.ts";
import { isRouted } from "../../instances/launch-spec.ts";
import { putBack, takeOut } from "../leaving.ts";
import type { Instance } from "../../../model/instance.ts";
import type { Facts } from "../request.ts";
import type { Step, StepContext } from "../step.ts";
import { instancePlan, isInBatch, newInstances, startingInstances, targetRelease } from "./start.ts";

/**
 * The commit: in one transaction the new instances serve, the old ones drain, release, config and formation are in force;
 * then the routes are switched in one step and the edge is seen to serve them. Contract §10.
 */
export const route: Step = {
  name: "route",
  async run(context) {
    const release = targetRelease(context);
    // Asked again after a crash, the switch is made already: the state of now is the new one, and the supervisor cares for it.
    const isSwitched = context.operation.facts.before !== undefined;
    if (!isSwitched) {
      await assertRunning(context, newInstances(context), context.signal);
      switchOver(context);
    }
    await context.router.publish(computeRouteTable(context.store), context.signal);
    // The old ones are still there: the last moment to go back to them.
    if (!isSwitched) await assertRunning(context, newInstances(context), context.signal);
    for (const instance of newInstances(context)) if (instance.phase === "serving") context.supervisor.watch(instance);
    if (release === undefined) return { outcome: "done", detail: "in force from the first deploy on" };
    const routed = release.types.some((type) => isRouted(release, type));
    return { outcome: "done", detail: routed ? defaultHost(release.app) : "nothing to route" };
  },
  async undo(context) {
    switchBack(context);
    await context.router.publish(computeRouteTable(context.store), context.signal);
    const routed = ownInstances(context).filter((instance) => instance.address !== undefined);
    await context.router.drain(
      routed.map(({ id }) => id),
      context.limits.drainMs,
      context.signal,
    );
  },
};

function switchOver(context: StepContext): void {
  const { store, operation } = context;
  const release = targetRelease(context);
  store.transaction(() => {
    store.operations.addFacts(operation.id, { before: stateOf(context) });
    if (release !== undefined) {
      store.operations.addFacts(operation.id, { leaving: takeOut(context, instancePlan(context, release).retire) });
      for (const fresh of startingInstances(context)) store.instances.setPhase(fresh.id, "serving");
      makeCurrent(context, release.number);
    }
    const { configVersion, handledEnv, formation } = operation.facts;
    store.apps.update(operation.app, {
      ...(configVersion === undefined ? {} : { configVersion }),
      ...(handledEnv === undefined ? {} : { handledEnv }),
      ...(formation === undefined ? {} : { formation }),
    });
  });
}

function switchBack(context: StepContext): void {
  const { store, operation, supervisor } = context;
  const { before, leaving = [] } = store.operations.get(operation.id).facts;
  if (before === undefined) return;
  store.transaction(() => {
    for (const { id } of ownInstances(context)) {
      supervisor.release(id);
      store.instances.setPhase(id, "stopping");
    }
    putBack(context, leaving);
    if (operation.facts.release !== undefined)
      store.releases.setStatus(operation.app, operation.facts.release, "pending");
    store.apps.update(operation.app, before);
    if (before.currentRelease !== null) store.releases.setStatus(operation.app, before.currentRelease, "current");
  });
}

/** Without those of earlier batches, whose own step takes them back. */
function ownInstances(context: StepContext): readonly Instance[] {
  return newInstances(context).filter((instance) => !isInBatch(context, instance));
}

function makeCurrent(context: StepContext, number: number): void {
  const { store, operation } = context;
  const app = store.apps.get(operation.app);
  if (app.currentRelease === number) return;
  if (app.currentRelease !== undefined) store.releases.setStatus(app.name, app.currentRelease, "superseded");
  store.releases.setStatus(app.name, number, "current");
  store.apps.update(app.name, { currentRelease: number });
}

function stateOf(context: StepContext): NonNullable<Facts["before"]> {
  const { currentRelease, configVersion, handledEnv, formation } = context.store.apps.get(context.operation.app);
  return { currentRelease: currentRelease ?? null, configVersion, handledEnv, formation };
}
