import type { Instance } from "../../../model/instance.ts";
import type { Batch } from "../request.ts";
import type { StepContext } from "../step.ts";

const POLL_MS = 50;
/** On top of what a start may take: for the engine's own work. */
const SPARE_MS = 10_000;

/**
 * Brings the instances back that batches have replaced: those that were only taken out go on, those that were stopped are started
 * again from their own release, and are waited for as long as a start may take. Safe to repeat. Contract §10.
 */
export async function restoreReplaced(context: StepContext, batches: readonly Batch[]): Promise<void> {
  const replaced = batches.flatMap((batch) => batch.retire);
  for (const old of replaced) await bringBack(context, old);
  await awaitServing(context, replaced);
}

async function bringBack(context: StepContext, old: Instance): Promise<void> {
  const { store, supervisor } = context;
  const present = inPlaceOf(context, old);
  if (present?.phase === "draining") {
    store.instances.setPhase(present.id, "serving");
    return supervisor.adopt({ ...present, phase: "serving" });
  }
  // Told to end already: nothing to go back to.
  if (present?.phase === "stopping") await supervisor.stop(present);
  else if (present !== undefined) return;
  const again = successorOf(context, old);
  store.instances.insert(again);
  supervisor.adopt(again);
}

/** Whoever of another operation is alive in that place. */
function inPlaceOf({ store, operation }: StepContext, old: Instance): Instance | undefined {
  return store.instances
    .alive(operation.app)
    .find(
      (instance) => instance.operation !== operation.id && instance.type === old.type && instance.number === old.number,
    );
}

/** It counts as a restart, so that the supervisor cares for it like for the successor of a crash. */
function successorOf({ operation, clock }: StepContext, old: Instance): Instance {
  const { exit: _exit, address: _address, ...place } = old;
  const id = `${old.id.replace(/(-b\d+)?(-r\d+)?$/, "")}-b${operation.id}`;
  return { ...place, id, phase: "starting", startedAt: clock.now(), restarts: Math.max(1, old.restarts) };
}

/** Gives up after a while: what does not come up is the supervisor's, and the new instances go in any case. */
async function awaitServing(context: StepContext, replaced: readonly Instance[]): Promise<void> {
  const { clock, limits, signal } = context;
  const deadline = clock.now() + limits.bootMs + SPARE_MS;
  const isBack = (old: Instance): boolean => inPlaceOf(context, old)?.phase === "serving";
  while (!replaced.every(isBack)) {
    if (clock.now() >= deadline)
      return context.tell.warning("Not all instances of the previous release came back in time; they are tried again.");
    await clock.sleep(POLL_MS, signal);
  }
}
