import type { Instance } from "../../model/instance.ts";
import type { Leaving } from "./request.ts";
import type { StepContext } from "./step.ts";

/**
 * Takes instances out of service: nobody watches them any more; those that are up drain, the others are only to be stopped.
 * Belongs into the transaction that stores its answer, without which they could not be put back.
 */
export function takeOut({ store, supervisor }: StepContext, instances: readonly Instance[]): Leaving {
  for (const { id, phase } of instances) {
    supervisor.release(id);
    store.instances.setPhase(id, phase === "serving" || phase === "draining" ? "draining" : "stopping");
  }
  return instances.map(({ id, phase }) => ({ id, phase }));
}

/** Puts them back into the phase that each had, if nothing has become of them since, and has them cared for again. Safe to repeat. */
export function putBack({ store, supervisor }: StepContext, leaving: Leaving): void {
  const returned = store.transaction(() =>
    leaving.flatMap(({ id, phase }) => {
      const instance = store.instances.find(id);
      if (instance?.phase !== "draining" && instance?.phase !== "stopping") return [];
      store.instances.setPhase(id, phase);
      return [{ ...instance, phase }];
    }),
  );
  for (const instance of returned) supervisor.adopt(instance);
}
