import { planBatches } from "../../instances/plan-batches.ts";
import { instanceName, type Instance } from "../../../model/instance.ts";
import type { Release } from "../../../model/release.ts";
import { assertRunning } from "../../health/startup.ts";
import { computeRouteTable } from "../../routes/route-table.ts";
import { takeOut } from "../leaving.ts";
import type { Batch } from "../request.ts";
import type { Step, StepContext } from "../step.ts";
import { awaitAllHealthy } from "./health.ts";
import { restoreReplaced } from "./restore-batches.ts";
import { retireInstances } from "./retire.ts";
import { isInBatch, newInstances, startInstances, startingInstances, targetRelease, wholePlan } from "./start.ts";

/**
 * With `max_parallel`: start, health, route and retire of every batch but the last, which goes through the steps behind this one and
 * with which the release is in force. Until then both releases serve. Contract §5, §10.
 */
export const batches: Step = {
  name: "batches",
  async run(context) {
    const release = targetRelease(context);
    const planned = release === undefined ? [] : plannedBatches(context, release);
    if (release === undefined || planned.length === 0) return { outcome: "skipped", detail: "" };
    const { store, operation } = context;
    const done = operation.facts.batchesDone ?? 0;
    for (const [index, batch] of planned.entries()) {
      if (index < done) continue;
      const startedAt = context.clock.now();
      await roll({ ...context, operation: store.operations.get(operation.id) }, release, batch);
      store.operations.addFacts(operation.id, { batchesDone: index + 1 });
      context.tell.item(`batch ${index + 1}`, namesOf(batch), context.clock.now() - startedAt);
    }
    return { outcome: "done", detail: `${planned.length} of ${planned.length + 1}` };
  },
  async undo(context) {
    const { store, operation, router, signal } = context;
    const { batches: planned } = store.operations.get(operation.id).facts;
    if (planned === undefined) return;
    await restoreReplaced(context, planned);
    const own = newInstances(context).filter((instance) => isInBatch(context, instance));
    store.transaction(() => takeOut(context, own));
    await router.publish(computeRouteTable(store), signal);
    await retireInstances(
      context,
      newInstances(context).filter((instance) => isInBatch(context, instance)),
    );
  },
};

/** All but the last; written down before the first one changes what it was made from. */
function plannedBatches(context: StepContext, release: Release): readonly Batch[] {
  const { store, operation } = context;
  if (operation.facts.batches !== undefined) return operation.facts.batches;
  // Scaling replaces nothing.
  if (operation.kind === "scale") return [];
  const planned = planBatches(wholePlan(context, release), release.maxParallel).slice(0, -1);
  if (planned.length > 0) store.operations.addFacts(operation.id, { batches: planned });
  return planned;
}

/** New ones beside the old, healthy, routed; then the old ones go. Finds what it did when it is repeated. */
async function roll(context: StepContext, release: Release, batch: Batch): Promise<void> {
  const { router, store, signal, supervisor } = context;
  await startInstances(context, release, batch.start);
  await awaitAllHealthy(context, release, startingInstances(context));
  // Those of earlier batches too: a release that does not stay up goes no further.
  await assertRunning(context, newInstances(context), signal);
  const isReplaced = (instance: Instance): boolean =>
    instance.operation !== context.operation.id &&
    batch.start.some(({ type, number }) => instance.type === type && instance.number === number);
  const fresh = startingInstances(context).map(({ id }) => id);
  store.transaction(() => {
    takeOut(context, store.instances.alive(context.operation.app).filter(isReplaced));
    for (const id of fresh) store.instances.setPhase(id, "serving");
  });
  await router.publish(computeRouteTable(store), signal);
  for (const instance of newInstances(context))
    if (instance.phase === "serving" && isOf(batch, instance)) supervisor.watch(instance);
  await retireInstances(context, store.instances.alive(context.operation.app).filter(isReplaced));
}

function isOf(batch: Batch, instance: Instance): boolean {
  return batch.start.some(({ type, number }) => instance.type === type && instance.number === number);
}

function namesOf(batch: Batch): string {
  return batch.start.map(instanceName).join(" ");
}
