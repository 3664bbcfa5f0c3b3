import { quantityOf } from "../../model/formation.ts";
import type { Instance } from "../../model/instance.ts";
import type { InstancePlan, Slot } from "./plan-instances.ts";

/**
 * Cuts a rollout into batches by `max_parallel`: of each type with a limit at most so many instances are replaced at a time, the last
 * ones in the last batch. Everything that replaces nothing, every type without a limit, and what only goes, is in the last batch: it
 * is switched all at once. Pure. Gives at least one batch. Contract §5, §10.
 */
export function planBatches(
  plan: InstancePlan,
  maxParallel: Readonly<Record<string, number>>,
): readonly [...InstancePlan[], InstancePlan] {
  const early = new Map<string, number>();
  for (const type of new Set(plan.start.map((slot) => slot.type))) {
    const limit = quantityOf(maxParallel, type);
    const replacing = replacements(plan, type);
    if (limit === undefined) continue;
    const batchCount = Math.ceil(replacing.length / limit);
    // Counted from the end: the last batch of every type is the last of all.
    for (const [index, slot] of replacing.entries())
      early.set(keyOf(slot), Math.floor(index / limit) - (batchCount - 1));
  }
  const stage = (slot: Slot): number => early.get(keyOf(slot)) ?? 0;
  const first = Math.min(0, ...early.values());
  const batch = (number: number): InstancePlan => ({
    start: plan.start.filter((slot) => stage(slot) === number),
    retire: plan.retire.filter((instance) => stage(instance) === number),
  });
  const before = Array.from({ length: -first }, (_, index) => batch(first + index));
  return [...before, batch(0)];
}

function replacements(plan: InstancePlan, type: string): readonly Slot[] {
  return plan.start.filter((slot) => slot.type === type && plan.retire.some((old) => isSame(old, slot)));
}

function isSame(instance: Instance, slot: Slot): boolean {
  return instance.type === slot.type && instance.number === slot.number;
}

function keyOf(slot: Slot): string {
  return `${slot.type}.${slot.number}`;
}
