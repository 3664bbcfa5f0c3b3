import type { Diagnosis } from "./diagnosis.ts";

/** It runs and listens nowhere. */
export const neverListens: Diagnosis = {
  id: "never-listens",
  find: ({ exit, port, listeners, outcome }) => {
    if (exit !== undefined || port === undefined || outcome === undefined || outcome.answer !== undefined)
      return undefined;
    if (listeners.some((listener) => listener.port === port) || !/refused/.test(outcome.detail)) return undefined;
    return {
      problem: `nothing listens on port ${port} (${outcome.detail})`,
      advice: "Let it listen on 0.0.0.0 and the port that the environment variable PORT names.",
    };
  },
};
