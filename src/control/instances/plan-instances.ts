import { defaultQuantity, quantityOf, type Formation } from "../../model/formation.ts";
import type { Instance } from "../../model/instance.ts";

/** One place to fill: `web.1`. */
export type Slot = { readonly type: string; readonly number: number };

/**
 * Which instances an operation replaces: all of them (a new release), none but the difference to the formation (scale, of some
 * types alone when they are given), the ones named (restart), or none: only places without an instance are filled (start).
 */
export type Replacement =
  | { readonly mode: "all" }
  | { readonly mode: "difference"; readonly types?: readonly string[] }
  | { readonly mode: "named" | "missing"; readonly type?: string; readonly number?: number };

/** What to start and which old instances are to go once the new ones are healthy. */
export type InstancePlan = { readonly start: readonly Slot[]; readonly retire: readonly Instance[] };

/**
 * From what runs and what is wanted to what to do. Pure. `existing` are the app's instances that are not stopped and were
 * not started by this very operation, so that asking again after a crash gives the same answer. Contract §5, §10.
 */
export function planInstances(input: {
  readonly types: readonly string[];
  readonly formation: Formation;
  readonly existing: readonly Instance[];
  readonly replacement: Replacement;
}): InstancePlan {
  const wanted = input.types.flatMap((type) =>
    slotsOf(type, quantityOf(input.formation, type) ?? defaultQuantity(type)),
  );
  const isWanted = (instance: Instance): boolean => wanted.some((slot) => isSame(slot, instance));
  const { replacement } = input;
  const isReplaced = (slot: Slot): boolean =>
    replacement.mode === "all" || (replacement.mode === "named" && isMeant(slot, replacement));
  const retire = input.existing.filter((instance) => !isWanted(instance) || isReplaced(instance));
  const kept = input.existing.filter((instance) => !retire.includes(instance));
  const isFree = (slot: Slot): boolean => !kept.some((instance) => isSame(slot, instance));
  return { start: wanted.filter((slot) => isFree(slot) && isMeant(slot, replacement)), retire };
}

function slotsOf(type: string, quantity: number): Slot[] {
  return Array.from({ length: quantity }, (_, index) => ({ type, number: index + 1 }));
}

function isSame(a: Slot, b: Slot): boolean {
  return a.type === b.type && a.number === b.number;
}

/** Whether an operation is about that place. One that was stopped on purpose stays so until somebody means it. */
function isMeant(slot: Slot, replacement: Replacement): boolean {
  if (replacement.mode === "all") return true;
  if (replacement.mode === "difference") return replacement.types?.includes(slot.type) !== false;
  const typeFits = replacement.type === undefined || replacement.type === slot.type;
  return typeFits && (replacement.number === undefined || replacement.number === slot.number);
}
