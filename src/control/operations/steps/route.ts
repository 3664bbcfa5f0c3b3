import type { Instance } from "../../../model/instance.ts";
import { computeRouteTable, defaultHost } from "../../routes/route-table.ts";
import { isRouted } from "../../instances/launch-spec.ts";
import type { Facts } from "../request.ts";
import type { Step, StepContext } from "../step.ts";
import { instancePlan, newInstances, targetRelease } from "./start.ts";

/**
 * The commit: in one transaction the new instances serve, the old ones drain, release, config and formation are in force;
 * then the routes are switched in one step and the edge is seen to serve them. Contract §10.
 */
export const route: Step = {
  name: "route",
  async run(context) {
    const release = targetRelease(context);
    switchOver(context);
    await context.router.publish(computeRouteTable(context.store), context.signal);
    for (const instance of newInstances(context)) if (instance.phase === "serving") context.supervisor.watch(instance);
    if (release === undefined) return { outcome: "done", detail: "in force from the first deploy on" };
    const routed = release.types.some((type) => isRouted(release, type));
    return { outcome: "done", detail: routed ? defaultHost(release.app) : "nothing to route" };
  },
  async undo(context) {
    switchBack(context);
    await context.router.publish(computeRouteTable(context.store), context.signal);
  },
};

function switchOver(context: StepContext): void {
  const { store, operation, supervisor } = context;
  const release = targetRelease(context);
  store.transaction(() => {
    // Asked again after a crash, the state before is already noted; today's is the new one.
    if (operation.facts.before === undefined) store.operations.addFacts(operation.id, { before: stateOf(context) });
    if (release !== undefined) {
      for (const old of instancePlan(context, release).retire) {
        supervisor.release(old.id);
        store.instances.setPhase(old.id, isUp(old) ? "draining" : "stopping");
      }
      for (const fresh of newInstances(context)) if (fresh.phase === "starting") store.instances.setPhase(fresh.id, "serving");
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
  const { before } = store.operations.get(operation.id).facts;
  if (before === undefined) return;
  const returning: Instance[] = [];
  store.transaction(() => {
    for (const instance of store.instances.alive(operation.app)) {
      if (instance.operation === operation.id) store.instances.setPhase(instance.id, "stopping");
      else if (instance.phase === "draining" || instance.phase === "stopping") {
        const phase = instance.phase === "draining" ? "serving" : "crashed";
        store.instances.setPhase(instance.id, phase);
        returning.push({ ...instance, phase });
      }
    }
    if (operation.facts.release !== undefined) store.releases.setStatus(operation.app, operation.facts.release, "pending");
    const { currentRelease, ...rest } = before;
    store.apps.update(operation.app, { ...rest, ...(currentRelease === null ? { currentRelease: null } : { currentRelease }) });
    if (currentRelease !== null) store.releases.setStatus(operation.app, currentRelease, "current");
  });
  for (const instance of returning) supervisor.adopt(instance);
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

function isUp(instance: Instance): boolean {
  return instance.phase === "serving" || instance.phase === "draining";
}
