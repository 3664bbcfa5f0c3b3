import assert from "node:assert/strict";
import type { LogBatch, LogSink } from "../../src/engines/engine.ts";

/** Keeps lines and cursors as the log store does: together, whatever happens in between. */
export class MemorySink implements LogSink {
  readonly batches: LogBatch[] = [];
  readonly #listeners = new Set<() => void>();

  cursor(instance: string): string | undefined {
    return this.batches.findLast((batch) => batch.instance === instance)?.cursor;
  }

  append(batch: LogBatch): void {
    assert.ok(batch.lines.length > 0, "an empty batch was delivered");
    this.batches.push(batch);
    for (const listener of this.#listeners) listener();
  }

  lines(instance: string): string[] {
    return this.batches
      .filter((batch) => batch.instance === instance)
      .flatMap((batch) => batch.lines.map((line) => line.text));
  }

  /** Resolves when the instance's lines satisfy the condition; rejects with what there is when the signal aborts. */
  until(
    instance: string,
    holds: (lines: readonly string[]) => boolean,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds(this.lines(instance))) return;
        this.#listeners.delete(look);
        resolve(this.lines(instance));
      };
      signal.addEventListener("abort", () =>
        reject(new Error(`lines so far: ${JSON.stringify(this.lines(instance)).slice(-2_000)}`)),
      );
      this.#listeners.add(look);
      look();
    });
  }
}
