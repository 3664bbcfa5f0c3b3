import { isLoopback } from "../health/check-attempt.ts";
import { formatListener } from "./format-listener.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** It listens where only this machine can reach it (D63). */
export const loopbackOnly: Diagnosis = {
  id: "loopback-only",
  find: ({ port, listeners }) => {
    const onPort = listeners.filter((listener) => listener.port === port);
    if (onPort.length === 0 || !onPort.every(({ address }) => isLoopback(address))) return undefined;
    return {
      problem: `it listens on ${onPort.map(formatListener).join(" and ")} only, expected 0.0.0.0:${port}`,
      advice: "Listen on 0.0.0.0 (or ::), not on 127.0.0.1 or localhost.",
    };
  },
};
