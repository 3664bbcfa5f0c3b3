/**
 * Does the work for all items side by side and gives the results in their order. The first failure aborts the others, and is
 * thrown when all of them have ended: nothing goes on behind the caller's back. The work's signal aborts at the end in any case.
 */
export async function doSideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const over = new AbortController();
  const inner = AbortSignal.any([signal, over.signal]);
  const failures: unknown[] = [];
  const attempt = async (item: Item): Promise<Result[]> => {
    try {
      return [await work(item, inner)];
    } catch (error) {
      failures.push(error);
      over.abort(new Error("another one failed"));
      return [];
    }
  };
  const results = await Promise.all(items.map(attempt));
  over.abort(new Error("all have ended"));
  if (failures.length > 0) throw failures[0];
  return results.flat();
}
