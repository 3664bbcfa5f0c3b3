import { abortable } from "../../lib/abortable.ts";
import type { AppName } from "../../model/app.ts";

/** A build that wants its turn. `place`: its number in the order of asking, kept over a restart. */
export type BuildTurn = {
  readonly app: AppName;
  readonly place: number;
  readonly signal: AbortSignal;
  /** Told once when it has to wait, with the apps that build or come first. */
  readonly onWait: (before: readonly AppName[]) => void;
};

type Waiting = { readonly turn: BuildTurn; readonly start: () => void };

/**
 * So many builds at a time on this machine; the others wait in the order they asked. An app has one operation at a time and so at most
 * one place: nobody can keep others waiting by asking more often. The places are rows; what waits here is only who is awake.
 */
export class BuildQueue {
  readonly #countMax: number;
  readonly #running = new Set<BuildTurn>();
  #waiting: readonly Waiting[] = [];

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Does the work when its turn has come. Rejects with the signal's reason when it aborts before that. */
  async run<Result>(turn: BuildTurn, work: () => Promise<Result>): Promise<Result> {
    await this.#turnOf(turn);
    try {
      return await work();
    } finally {
      this.#running.delete(turn);
      this.#next();
    }
  }

  async #turnOf(turn: BuildTurn): Promise<void> {
    turn.signal.throwIfAborted();
    const gate = Promise.withResolvers<void>();
    const waiting: Waiting = { turn, start: gate.resolve };
    this.#waiting = [...this.#waiting, waiting].toSorted((a, b) => a.turn.place - b.turn.place);
    this.#next();
    if (this.#running.has(turn)) return;
    const ahead = this.#waiting.slice(0, this.#waiting.indexOf(waiting)).map((one) => one.turn.app);
    turn.onWait([...[...this.#running].map(({ app }) => app), ...ahead]);
    try {
      await abortable(gate.promise, turn.signal);
    } catch (error) {
      this.#waiting = this.#waiting.filter((one) => one !== waiting);
      // Its turn may have come in the same moment.
      if (this.#running.delete(turn)) this.#next();
      throw error;
    }
  }

  #next(): void {
    while (this.#running.size < this.#countMax) {
      const [first, ...others] = this.#waiting;
      if (first === undefined) return;
      this.#waiting = others;
      this.#running.add(first.turn);
      first.start();
    }
  }
}
