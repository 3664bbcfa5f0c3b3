import { abortable } from "./abortable.ts";

/** One holder per key, in order of asking, inside this process. */
export class KeyLock {
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Runs `work` when every earlier holder of `key` is done. Rejects with the signal's reason when it aborts while waiting;
   * once `work` runs, aborting is its own affair.
   */
  async run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const gate = Promise.withResolvers<void>();
    // A waiter that gives up must still keep its place closed until those before it are done.
    const tail = before.then(() => gate.promise);
    this.#tails.set(key, tail);
    try {
      await abortable(before, signal);
      return await work();
    } finally {
      gate.resolve();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
