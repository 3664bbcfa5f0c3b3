import type { Clock } from "../lib/clock.ts";
import type { CliProcess } from "./world.ts";

// npm forwards the signal that the terminal has already sent to the whole group, so one Ctrl-C arrives twice.
const ECHO_MS = 250;

/** Ctrl-C (and SIGTERM) as something a command can give its own meaning to for a while. */
export class Interrupts {
  readonly #process: CliProcess;
  readonly #clock: Clock;
  readonly #handlers: (() => void)[];
  #lastAt = Number.NEGATIVE_INFINITY;

  /** `byDefault` is called when nothing else wants the interrupt. */
  constructor(process: CliProcess, clock: Clock, byDefault: () => void) {
    this.#process = process;
    this.#clock = clock;
    this.#handlers = [byDefault];
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
  }

  /** Calls `handler` instead of whoever was asked before, until `body` has ended. */
  async during<T>(handler: () => void, body: () => Promise<T>): Promise<T> {
    this.#handlers.push(handler);
    try {
      return await body();
    } finally {
      this.#handlers.splice(this.#handlers.lastIndexOf(handler), 1);
    }
  }

  /** The signals mean again what they mean to any process. */
  close(): void {
    this.#process.off("SIGINT", this.#onSignal);
    this.#process.off("SIGTERM", this.#onSignal);
  }

  readonly #onSignal = (): void => {
    const now = this.#clock.now();
    const isEcho = now - this.#lastAt < ECHO_MS;
    this.#lastAt = now;
    if (!isEcho) this.#handlers.at(-1)?.();
  };
}
