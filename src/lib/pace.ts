import { setImmediate } from "node:timers/promises";

/** Lets other work of this process run in between, and ends a long one when it is no longer wanted. */
export type Pace = {
  /** Call once for each small piece of work; rejects with the signal's reason. */
  step(bytes?: number): Promise<void>;
};

const STEPS_MAX = 200;
const BYTES_MAX = 8_388_608;

/** Yields after 200 steps or 8 MiB, some ten milliseconds of work. */
export function createPace(signal?: AbortSignal): Pace {
  let steps = 0;
  let bytesSince = 0;
  return {
    async step(bytes = 0) {
      steps += 1;
      bytesSince += bytes;
      signal?.throwIfAborted();
      if (steps < STEPS_MAX && bytesSince < BYTES_MAX) return;
      steps = 0;
      bytesSince = 0;
      await setImmediate();
      signal?.throwIfAborted();
    },
  };
}
