import type { Clock } from "./clock.ts";

type Sleeper = { readonly at: number; readonly order: number; readonly wake: () => void };

/**
 * Time that moves only when told to. Sleepers wake in order of time, then of falling asleep; between two of them all
 * work that is ready runs.
 */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  #sleepers: Sleeper[] = [];

  /** Starts at `now`, milliseconds since the epoch. */
  constructor(now = 1_767_225_600_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { at: this.#now + Math.max(0, ms), order: (this.#order += 1), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** When the next sleeper wakes; undefined when nobody sleeps. */
  nextWakeAt(): number | undefined {
    return this.#next()?.at;
  }

  /** Moves time on by `ms`, waking everybody whose time comes on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) {
      await this.#wakeNext(next);
    }
    this.#now = until;
    await settle();
  }

  /** Moves time on to the next sleeper and wakes that one alone, or to `until` when nobody's time comes before. */
  async advanceToNext(until: number): Promise<void> {
    const next = this.#next();
    if (next !== undefined && next.at <= until) return this.#wakeNext(next);
    this.#now = Math.max(this.#now, until);
    await settle();
  }

  /** Moves time on until the promise has settled and gives its result. Throws when nobody sleeps and it has not, or at the limit. */
  async run<Value>(promise: Promise<Value>, limitMs = 86_400_000): Promise<Value> {
    const state = { settled: false };
    const mark = (): void => {
      state.settled = true;
    };
    promise.then(mark, mark);
    const until = this.#now + limitMs;
    await settle();
    while (!state.settled) {
      const next = this.#next();
      if (next === undefined) throw new Error("The promise waits for nothing that the fake clock could bring.");
      if (next.at > until) throw new Error(`The promise has not settled within ${limitMs} ms of fake time.`);
      await this.#wakeNext(next);
    }
    return promise;
  }

  #next(): Sleeper | undefined {
    return this.#sleepers.reduce<Sleeper | undefined>(
      (first, sleeper) => (first && !isBefore(sleeper, first) ? first : sleeper),
      undefined,
    );
  }

  async #wakeNext(sleeper: Sleeper): Promise<void> {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    this.#now = Math.max(this.#now, sleeper.at);
    sleeper.wake();
    await settle();
  }
}

function isBefore(left: Sleeper, right: Sleeper): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

/** Lets everything run that waits for no time: promises, and promises made by those. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
