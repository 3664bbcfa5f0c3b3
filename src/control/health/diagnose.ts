import type { Listener } from "../../engines/engine.ts";
import { describeExit, type ExitRecord, type Instance } from "../../model/instance.ts";
import { isLoopback } from "./check-attempt.ts";
import type { CheckOutcome } from "./check-runner.ts";

/** What went wrong in a few words, and what to do about it. */
export type Diagnosis = { readonly problem: string; readonly advice: string };

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** The likeliest reason why an instance did not become healthy, from what was seen. Pure. Contract §10. */
export function diagnose(seen: {
  readonly instance: Instance;
  readonly listeners: readonly Listener[];
  readonly exit?: ExitRecord;
  readonly outcome?: CheckOutcome;
}): Diagnosis {
  if (seen.exit !== undefined) return diagnoseExit(seen.exit);
  const port = seen.instance.address?.port;
  const detail = seen.outcome?.detail ?? "the check failed";
  if (port === undefined) return { problem: detail, advice: "Look into its log lines above." };
  const onPort = seen.listeners.filter((listener) => listener.port === port);
  const elsewhere = seen.listeners.find((listener) => listener.port !== port);
  if (onPort.length > 0 && onPort.every((listener) => isLoopback(listener.address))) {
    const problem = `it listens on ${onPort.map(formatListener).join(" and ")} only, expected 0.0.0.0:${port}`;
    return { problem, advice: "Listen on 0.0.0.0 (or ::), not on 127.0.0.1 or localhost." };
  }
  if (onPort.length === 0 && elsewhere !== undefined) {
    const problem = `it listens on port ${elsewhere.port}, expected port ${port}`;
    return { problem, advice: "Listen on the port that the environment variable PORT names." };
  }
  if (onPort.length === 0) {
    const problem = `nothing listens on port ${port} (${detail})`;
    return { problem, advice: "Let it listen on 0.0.0.0 and the port that the environment variable PORT names." };
  }
  return { problem: detail, advice: "Let the checked path answer 2xx, or correct `healthchecks` in app.json." };
}

function diagnoseExit(exit: ExitRecord): Diagnosis {
  if (exit.code === NOT_FOUND)
    return {
      problem: "its command was not found (exit code 127)",
      advice: "Correct the command in the Procfile, or install the program it names.",
    };
  if (exit.code === NOT_EXECUTABLE)
    return {
      problem: "its command cannot be executed (exit code 126)",
      advice: "Make the file executable (`chmod +x`) and check its first line.",
    };
  const problem = `it ended during startup with ${describeExit(exit)}`;
  return { problem, advice: "A service must keep running. Its last log lines above usually name the cause." };
}

/** `0.0.0.0:5000`, `[::]:5000`. */
export function formatListener(listener: Listener): string {
  return listener.address.includes(":")
    ? `[${listener.address}]:${listener.port}`
    : `${listener.address}:${listener.port}`;
}
