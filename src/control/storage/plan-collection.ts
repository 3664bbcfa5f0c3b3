import type { Digest } from "../../model/source.ts";
import type { StoredItem } from "../../model/stored-item.ts";

/** What a collection removed, or would remove. `isHeldBack`: a build is under way, so that artifacts were left alone. */
export type Collection = {
  readonly artifacts: readonly StoredItem[];
  readonly sources: readonly StoredItem[];
  readonly isHeldBack: boolean;
};

/** What may go and what must not. */
export type CollectionInput = {
  readonly stored: readonly StoredItem[];
  /** In use: never collected, whatever it weighs. */
  readonly inUse: ReadonlySet<Digest>;
  /** Wanted for going back, the most wanted first. */
  readonly wanted: readonly Digest[];
  /** Younger than this it may belong to something that nobody has written down yet. */
  readonly keepFrom: number;
  readonly bytesMax: number;
};

/**
 * What of a store can go: whatever nobody uses or wants, then, while what stays weighs more than the limit, the least wanted. What is in
 * use, what that needs, and what is too young always stays. Pure; in the order it is stored.
 */
export function planCollection(input: CollectionInput): readonly StoredItem[] {
  const known = new Map(input.stored.map((one) => [one.digest, one]));
  const isYoung = (one: StoredItem): boolean => one.usedAt >= input.keepFrom;
  const fixed = closure(known, [...input.inUse, ...input.stored.filter(isYoung).map(({ digest }) => digest)]);
  const wanted = [...input.wanted];
  for (;;) {
    const kept = closure(known, [...fixed, ...wanted]);
    const bytes = input.stored.reduce((sum, one) => sum + (kept.has(one.digest) ? one.sizeBytes : 0), 0);
    if (bytes <= input.bytesMax || wanted.length === 0) return input.stored.filter(({ digest }) => !kept.has(digest));
    wanted.pop();
  }
}

function closure(known: ReadonlyMap<Digest, StoredItem>, digests: readonly Digest[]): Set<Digest> {
  const all = new Set(digests);
  for (const digest of all) {
    const needs = known.get(digest)?.needs;
    if (needs !== undefined) all.add(needs);
  }
  return all;
}
