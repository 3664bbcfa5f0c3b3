import type { Random } from "../lib/random.ts";

/** What a choice needs to know of an instance. */
export type Choosable = { readonly activeCount: number; accepts(nowMs: number): boolean };

/**
 * The less busy of two random ones among those that accept requests; `undefined` when none does.
 * Two random ones spread nearly as well as a full comparison and never send everybody to the same newcomer. router.md §5.
 */
export function chooseInstance<I extends Choosable>(
  instances: readonly I[],
  nowMs: number,
  random: Random,
): I | undefined {
  const open = instances.filter((instance) => instance.accepts(nowMs));
  if (open.length < 2) return open[0];
  const first = random.bytes(2).readUInt16BE() % open.length;
  const step = 1 + (random.bytes(2).readUInt16BE() % (open.length - 1));
  const one = open[first];
  const other = open[(first + step) % open.length];
  if (one === undefined || other === undefined) return one;
  return other.activeCount < one.activeCount ? other : one;
}
