import type { ObservedInstance } from "../../engines/engine.ts";
import { isEndedInstance, type Instance } from "../../model/instance.ts";
import { operationOfOneOff } from "../operations/one-off.ts";
import { computeRouteTable } from "../routes/route-table.ts";
import type { World } from "../world.ts";
import type { Supervisor } from "./supervisor.ts";

const ORPHAN_GRACE_MS = 10_000;

/**
 * After a start of the control plane: what the rows want and what the engine has are brought together.
 * Serving instances are watched again, lost ones replaced, strangers stopped, routes written anew.
 * Apps with an open operation are left to that operation.
 */
export async function reconcile(world: World, supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  await world.engine.open(world.logs.sink, signal);
  const observed = await world.engine.list(signal);
  await stopStrangers(world, observed, signal);
  const busy = new Set(world.store.operations.open().map((operation) => operation.app));
  for (const instance of world.store.instances.allAlive()) {
    const isKnown = observed.some(({ id }) => id === instance.id);
    if (instance.phase === "serving" && !isKnown) markLost(world, supervisor, instance);
    else if (instance.phase === "serving" || instance.phase === "crashed") supervisor.adopt(instance);
    // A successor after a crash is the supervisor's, never an operation's.
    else if (instance.phase === "starting" && instance.restarts > 0) supervisor.adopt(instance);
    else if (busy.has(instance.app)) continue;
    else if (instance.phase === "starting") supervisor.adopt(instance);
    else stopLeftOver(world, supervisor, instance);
  }
  world.router.write(computeRouteTable(world.store));
}

/** An operation that ended before it was stopped left it; nobody waits for its end. */
function stopLeftOver(world: World, supervisor: Supervisor, instance: Instance): void {
  supervisor.stop(instance).catch((error: unknown) => {
    world.log({ level: "error", msg: "an instance could not be stopped", instance: instance.id, error: String(error) });
  });
}

/** A reboot took it: its place is filled again. */
function markLost(world: World, supervisor: Supervisor, instance: Instance): void {
  const exit = { lost: true, at: world.clock.now() };
  world.store.instances.setEnded(instance.id, "crashed", exit);
  supervisor.adopt({ ...instance, phase: "crashed", exit, restarts: 0 });
}

/** Instances that no row wants: a crash between the engine's work and ours, or an app that is gone. */
async function stopStrangers(world: World, observed: readonly ObservedInstance[], signal: AbortSignal): Promise<void> {
  const open = new Set(world.store.operations.open().map((operation) => operation.id));
  const isWanted = ({ id, kind }: ObservedInstance): boolean => {
    if (kind === "oneOff") return open.has(operationOfOneOff(id) ?? 0);
    const row = world.store.instances.find(id);
    return row !== undefined && !isEndedInstance(row);
  };
  await Promise.all(
    observed
      .filter((instance) => !isWanted(instance))
      .map(async ({ id }) => {
        await world.engine.stop(id, ORPHAN_GRACE_MS, signal);
        await world.engine.forget(id, signal);
        world.logs.dropCursor(id);
      }),
  );
}
