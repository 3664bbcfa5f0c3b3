import type { Clock } from "../../lib/clock.ts";
import { followRows, SignalFeed } from "../../lib/signal-feed.ts";
import type { OperationEvent, OperationEventBody } from "../../model/operation.ts";
import type { Store } from "../store/store.ts";

/** Output lines wait so long for company before they are written together: a commit costs more than a line. */
const OUTPUT_BATCH_MS = 40;
const OUTPUT_LINES_MAX = 5_000;

/**
 * Writes operation events and lets others follow them. Everything but output is a row before `record` returns.
 */
export class Journal {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #feed = new SignalFeed<number>();
  readonly #pending = new Map<number, OperationEventBody[]>();
  readonly #outputCounts = new Map<number, number>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  record(operation: number, body: OperationEventBody): void {
    this.#store.operations.append(operation, [...(this.#pending.get(operation) ?? []), body]);
    this.#pending.delete(operation);
    if (body.type === "ended") this.#outputCounts.delete(operation);
    this.#feed.notify(operation);
  }

  /** A line of a build, a hook … Written within `OUTPUT_BATCH_MS`; at most `OUTPUT_LINES_MAX` an operation, then one line says so. */
  output(operation: number, body: Extract<OperationEventBody, { type: "output" }>): void {
    const count = (this.#outputCounts.get(operation) ?? 0) + 1;
    this.#outputCounts.set(operation, count);
    if (count > OUTPUT_LINES_MAX + 1) return;
    const line = count > OUTPUT_LINES_MAX ? { ...body, text: "… more output is not shown here" } : body;
    const waiting = this.#pending.get(operation);
    if (waiting !== undefined) {
      waiting.push(line);
      return;
    }
    this.#pending.set(operation, [line]);
    void this.#clock
      .sleep(OUTPUT_BATCH_MS)
      .then(() => this.#flush(operation))
      .catch(() => {
        // The store refused. The lines go on waiting; the next event takes them along, and its writer learns of the trouble.
      });
  }

  #flush(operation: number): void {
    const waiting = this.#pending.get(operation);
    if (waiting === undefined) return;
    this.#store.operations.append(operation, waiting);
    this.#pending.delete(operation);
    this.#feed.notify(operation);
  }

  /** Recorded events behind `afterSeq`, then new ones; ends behind `ended` or when the signal aborts. */
  follow(operation: number, afterSeq: number, signal: AbortSignal): AsyncIterable<OperationEvent> {
    return followRows({
      feed: this.#feed,
      key: operation,
      signal,
      after: afterSeq,
      read: (after) => this.#store.operations.events(operation, after),
      position: (event) => event.seq,
      isLast: (event) => event.type === "ended",
    });
  }
}
