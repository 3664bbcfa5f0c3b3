import type { AppName } from "../model/app.ts";
import { startTicker, type Ticker } from "../lib/ticker.ts";

/** Looks again for an instance; gives false when it has to go on waiting. */
type Look = () => boolean;

/**
 * Requests of each app that wait for an instance, in the order they came. They look again when the table changes and
 * every `pollMs`; a request keeps its place until its look succeeds or it leaves. router.md §1: bounded, H11 when full.
 */
export class WaitingLine {
  readonly #pollMs: number;
  readonly #lines = new Map<AppName, Set<Look>>();
  #ticker: Ticker | undefined;

  constructor(pollMs: number) {
    this.#pollMs = pollMs;
  }

  length(app: AppName): number {
    return this.#lines.get(app)?.size ?? 0;
  }

  /** Gives what takes the request out again; safe to call twice and after its look succeeded. */
  join(app: AppName, look: Look): () => void {
    const line = this.#lines.get(app) ?? new Set();
    this.#lines.set(app, line);
    line.add(look);
    this.#ticker ??= startTicker(this.#pollMs, () => this.wake());
    return () => this.#leave(app, look);
  }

  /** Everybody looks again, first come first. */
  wake(): void {
    for (const [app, line] of this.#lines) {
      // A copy: who looks may leave, and may join again behind the others.
      for (const look of Array.from(line)) if (line.has(look) && look()) this.#leave(app, look);
    }
  }

  #leave(app: AppName, look: Look): void {
    const line = this.#lines.get(app);
    if (line === undefined) return;
    line.delete(look);
    if (line.size > 0) return;
    this.#lines.delete(app);
    if (this.#lines.size > 0) return;
    this.#ticker?.stop();
    this.#ticker = undefined;
  }
}
