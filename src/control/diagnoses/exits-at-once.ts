import { describeExit } from "../../model/instance.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** It ended, and nothing it printed says why. */
export const exitsAtOnce: Diagnosis = {
  id: "exits-at-once",
  find: ({ exit }) => {
    if (exit === undefined) return undefined;
    return {
      problem: `it ended with ${describeExit(exit)}`,
      advice:
        exit.code === 0
          ? "A service must keep running: start it in the foreground, not as a daemon, and run what ends by itself as `release` or a one-off."
          : "A service must keep running. Its last log lines usually name the cause.",
    };
  },
};
