/** Wakes whoever waits for "something new under this key". Carries no data: readers look for themselves, so nothing is missed. */
export class SignalFeed<Key> {
  readonly #waiting = new Map<Key, Set<() => void>>();

  notify(key: Key): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    for (const wake of waiting) wake();
  }

  /** Resolves at the next `notify(key)`, or when the signal aborts; the caller looks which. */
  next(key: Key, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        waiting.delete(wake);
        resolve();
      };
      waiting.add(wake);
      this.#waiting.set(key, waiting);
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}

/**
 * Reads rows behind a position, again after each wake-up, until `isLast` or the abort.
 * `read` must give what lies behind the position, in order; the wait is armed before each read, so no row slips through.
 */
export async function* followRows<Row, Key>(options: {
  readonly feed: SignalFeed<Key>;
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly after: number;
  readonly read: (after: number) => readonly Row[];
  readonly position: (row: Row) => number;
  readonly isLast?: (row: Row) => boolean;
}): AsyncGenerator<Row> {
  let after = options.after;
  while (!options.signal.aborted) {
    const woken = options.feed.next(options.key, options.signal);
    const rows = options.read(after);
    for (const row of rows) {
      after = options.position(row);
      yield row;
      if (options.isLast?.(row) === true) return;
    }
    if (rows.length === 0) await woken;
  }
}
