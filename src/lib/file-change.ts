import { watch } from "node:fs";
import type { Clock } from "./clock.ts";

/** How long to wait, and what else ends the wait. */
export type FileChangeOptions = {
  readonly clock: Clock;
  /** Longest wait while a watch is in place, for what it may miss. */
  readonly limitMs: number;
  /** Longest wait where the system gives no watch. */
  readonly pollMs: number;
  /** Ends the wait early, like a change does; nothing is thrown. */
  readonly wake: readonly AbortSignal[];
  /** Looked at once the watch is in place, so that a change just before it is not missed. */
  readonly hasChanged: () => boolean;
};

/**
 * Resolves when the file or directory changed, a signal aborted, or the limit passed: the caller looks for itself what it was.
 * Watches only during the wait, so a file that changes a thousand times a second costs one event.
 */
export async function waitForFileChange(path: string, options: FileChangeOptions): Promise<void> {
  const done = new AbortController();
  const finish = (): void => done.abort();
  const watcher = watchQuietly(path, finish);
  for (const signal of options.wake) signal.addEventListener("abort", finish, { once: true });
  try {
    if (options.hasChanged() || options.wake.some((signal) => signal.aborted)) return;
    await options.clock.sleep(watcher === undefined ? options.pollMs : options.limitMs, done.signal);
  } catch (error) {
    if (!done.signal.aborted) throw error;
  } finally {
    watcher?.close();
    for (const signal of options.wake) signal.removeEventListener("abort", finish);
  }
}

/** Without a watch (out of watches, file gone, no such service) the limit alone decides. */
function watchQuietly(path: string, onChange: () => void): { close(): void } | undefined {
  try {
    const watcher = watch(path, { persistent: false }, onChange);
    watcher.on("error", onChange);
    return watcher;
  } catch {
    return undefined;
  }
}
