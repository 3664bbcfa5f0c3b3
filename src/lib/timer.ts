/** One armed waiting time; `refresh` starts it anew, also after it ran out. Both are safe after `cancel`. */
export type Timer = { refresh(): void; cancel(): void };

/** Waiting times as an argument. */
export type Timers = {
  /** Calls `onElapsed` once, `waitMs` from now. It never keeps the process alive by itself. */
  after(waitMs: number, onElapsed: () => void): Timer;
};

/** The event loop's own timers. */
export const systemTimers: Timers = {
  after(waitMs, onElapsed) {
    const timer = setTimeout(onElapsed, waitMs);
    timer.unref();
    let cancelled = false;
    return {
      refresh: () => {
        if (!cancelled) timer.refresh();
      },
      cancel: () => {
        cancelled = true;
        clearTimeout(timer);
      },
    };
  },
};
