import { doSideBySide } from "../../../lib/side-by-side.ts";
import { PortsideError } from "../../../model/error-registry.ts";
import { instanceName, isEndedInstance, type Instance } from "../../../model/instance.ts";
import type { Release } from "../../../model/release.ts";
import { planInstances, type InstancePlan, type Replacement, type Slot } from "../../instances/plan-instances.ts";
import type { Step, StepContext } from "../step.ts";

/** Starts the new instances of all types side by side; the old ones go on serving. Contract §10. */
export const start: Step = {
  name: "start",
  async run(context) {
    const release = targetRelease(context);
    if (release === undefined) return { outcome: "skipped", detail: "" };
    const rows = await startInstances(context, release, instancePlan(context, release).start);
    if (rows.length === 0) return { outcome: "skipped", detail: "no new instances" };
    return { outcome: "done", detail: rows.map(instanceName).join("  ") };
  },
  async undo(context) {
    const started = newInstances(context).filter((instance) => !isInBatch(context, instance));
    for (const instance of started) context.store.instances.setPhase(instance.id, "stopping");
    await Promise.all(started.map((instance) => context.supervisor.stop(instance)));
  },
};

/** The release this operation brings up; none when config was set before the first deploy. */
export function targetRelease(context: StepContext): Release | undefined {
  const { store, operation } = context;
  return operation.facts.release === undefined ? undefined : store.releases.get(operation.app, operation.facts.release);
}

/** Writes the rows of new instances, then starts them side by side. Found again, not started again, when it is repeated. */
export async function startInstances(
  context: StepContext,
  release: Release,
  slots: readonly Slot[],
): Promise<readonly Instance[]> {
  const { store } = context;
  // The rows are there before anything is started, so that a crash leaves no instance that nobody knows.
  store.transaction(() => {
    for (const slot of slots) store.instances.insert(rowOf(context, release, slot));
  });
  const rows = startingInstances(context);
  await doSideBySide(rows, (row, signal) => startOne({ ...context, signal }, row), context.signal);
  return rows;
}

/** This operation's instances on their first way up; a successor of a crashed one is the supervisor's. */
export function startingInstances(context: StepContext): readonly Instance[] {
  return newInstances(context).filter(({ phase, restarts }) => phase === "starting" && restarts === 0);
}

/** This operation's instances that are not stopped. */
export function newInstances(context: StepContext): readonly Instance[] {
  return context.store.instances.ofOperation(context.operation.id).filter((instance) => !isEndedInstance(instance));
}

/** What is to start and to retire at last, batches aside; the same answer each time it is asked during one operation. */
export function instancePlan(context: StepContext, release: Release): InstancePlan {
  const { start: slots, retire } = wholePlan(context, release);
  return { start: slots.filter((slot) => !isInBatch(context, slot)), retire };
}

/** All that the operation starts and retires, from what is alive now. */
export function wholePlan(context: StepContext, release: Release): InstancePlan {
  const { store, operation } = context;
  const existing = store.instances.alive(operation.app).filter((instance) => instance.operation !== operation.id);
  const formation = operation.facts.formation ?? store.apps.get(operation.app).formation;
  return planInstances({ types: release.types, formation, existing, replacement: replacementOf(context) });
}

/** Whether that place is filled by one of the batches before the last. */
export function isInBatch({ operation }: StepContext, slot: Slot): boolean {
  const slots = operation.facts.batches?.flatMap((batch) => batch.start) ?? [];
  return slots.some(({ type, number }) => type === slot.type && number === slot.number);
}

function replacementOf(context: StepContext): Replacement {
  const { request } = context.operation;
  if (request.kind === "scale") return { mode: "difference", types: Object.keys(request.formation) };
  if (request.kind !== "restart" && request.kind !== "start") return { mode: "all" };
  const { type, number } = request;
  const mode = request.kind === "restart" ? "named" : "missing";
  return { mode, ...(type === undefined ? {} : { type }), ...(number === undefined ? {} : { number }) };
}

function rowOf(context: StepContext, release: Release, slot: Slot): Instance {
  const { operation, clock } = context;
  const id = `${operation.app}-v${release.number}-${slot.type.toLowerCase().replaceAll(/[^a-z0-9]/g, "-")}-${slot.number}-o${operation.id}`;
  return {
    id,
    app: operation.app,
    release: release.number,
    ...slot,
    phase: "starting",
    startedAt: clock.now(),
    operation: operation.id,
    restarts: 0,
  };
}

async function startOne(context: StepContext, row: Instance): Promise<void> {
  const startedAt = context.clock.now();
  try {
    const started = await context.supervisor.start(row, context.signal);
    const where = started.address === undefined ? "" : `port ${started.address.port}`;
    context.tell.item(instanceName(row), where, context.clock.now() - startedAt);
  } catch (error) {
    if (context.signal.aborted || error instanceof PortsideError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new PortsideError("E_START_FAILED", { instance: instanceName(row), problem }, { cause: error });
  }
}
