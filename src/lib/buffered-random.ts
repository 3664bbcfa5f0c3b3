import type { Random } from "./random.ts";

const STOCK_BYTES = 4096;

/** Draws from another source in large pieces, so that a few bytes cost no system call. Bytes are never given twice. */
export function bufferedRandom(source: Random): Random {
  let stock: Buffer = Buffer.alloc(0);
  let used = 0;
  return {
    bytes(count) {
      if (count > STOCK_BYTES) return source.bytes(count);
      if (used + count > stock.length) {
        stock = source.bytes(STOCK_BYTES);
        used = 0;
      }
      used += count;
      return stock.subarray(used - count, used);
    },
  };
}
