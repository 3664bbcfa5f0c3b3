import type { Random } from "../../src/lib/random.ts";

/** Chance that comes from a seed alone: the same seed gives the same draws. Mulberry32; good enough for scenarios, not for keys. */
export class Chance implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.#next() & 0xff));
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + (this.#next() % (max - min + 1));
  }

  /** True in `percent` of 100 draws. */
  percent(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.int(0, values.length - 1)];
    if (value === undefined) throw new Error("there is nothing to pick from");
    return value;
  }

  /** One of the values; each as often as its weight says. */
  weighted<Value>(values: readonly (readonly [weight: number, value: Value])[]): Value {
    let left = this.int(
      1,
      values.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const [weight, value] of values) if ((left -= weight) <= 0) return value;
    throw new Error("there is nothing to pick from");
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
