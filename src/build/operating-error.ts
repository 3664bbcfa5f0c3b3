import { hasCode } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";

/** What the store and the build report: an abort as E_CANCELLED, a full disk or quota as E_DISK_FULL, the rest as it is. */
export function asOperatingError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return new PortsideError("E_CANCELLED", {}, { cause: error });
  if (hasCode(error, "ENOSPC", "EDQUOT") && error instanceof Error) {
    return new PortsideError("E_DISK_FULL", { problem: error.message }, { cause: error });
  }
  return error;
}
