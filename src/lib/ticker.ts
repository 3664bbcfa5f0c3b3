/** A running repetition; `stop` is safe to call twice. */
export type Ticker = { stop(): void };

/** Calls `onTick` every `intervalMs` until stopped. It never keeps the process alive by itself. */
export function startTicker(intervalMs: number, onTick: () => void): Ticker {
  const timer = setInterval(onTick, intervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
