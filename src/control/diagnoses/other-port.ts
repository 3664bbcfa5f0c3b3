import { formatListener } from "./format-listener.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** It listens, but not on the port it was given. */
export const otherPort: Diagnosis = {
  id: "other-port",
  find: ({ port, listeners }) => {
    const [elsewhere] = listeners;
    if (port === undefined || elsewhere === undefined || listeners.some((listener) => listener.port === port))
      return undefined;
    return {
      problem: `it listens on port ${elsewhere.port}, expected port ${port}`,
      advice: "Listen on the port that the environment variable PORT names.",
      seen: `listens on ${listeners.map(formatListener).join(", ")}`,
    };
  },
};
