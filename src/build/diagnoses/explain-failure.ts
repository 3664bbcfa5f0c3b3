import { formatBytes } from "../../lib/format-bytes.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { diagnose, findOtherCase } from "./diagnose.ts";

/**
 * A failed build's error with the common cause as its hint and the line that tells it as evidence; any other error, and one whose
 * cause is not a common one, as it is. Call before the build's files are removed.
 */
export function explainFailure(
  error: unknown,
  build: {
    readonly lines: readonly string[];
    readonly oomKillCount: number;
    readonly memoryBytesMax: number;
    readonly app: string;
  },
): unknown {
  if (!(error instanceof PortsideError) || error.code !== "E_BUILD_FAILED") return error;
  const finding = diagnose({
    lines: [...build.lines, ...error.evidence],
    oomKillCount: build.oomKillCount,
    memoryLimit: formatBytes(build.memoryBytesMax),
    findOtherCase: (path) => findOtherCase(build.app, path),
  });
  if (finding === undefined) return error;
  const { line } = finding;
  const isShown = line === undefined || error.evidence.includes(line);
  return new PortsideError(error.code, error.values, {
    cause: error,
    evidence: isShown ? error.evidence : [line, "…", ...error.evidence],
    hint: `${finding.cause} ${finding.advice}`,
  });
}
