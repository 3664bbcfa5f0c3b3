import { hasFailedByItself, lastMatch, type Diagnosis } from "./diagnosis.ts";

/** It may not open a file, or listen on a port below 1024. */
export const permissionDenied: Diagnosis = {
  id: "permission-denied",
  find: (evidence) => {
    const said = lastMatch(
      evidence.lines,
      /\bEACCES\b|\bEPERM\b|permission denied|PermissionError|operation not permitted/i,
    );
    if (said === undefined || !hasFailedByItself(evidence)) return undefined;
    const [, port] = /(?:listen|bind).*[:\s](\d{1,4})\b/i.exec(said.line) ?? [];
    const isPort = port !== undefined && Number(port) < 1024;
    return {
      problem: isPort ? `it may not listen on port ${port}` : "it was denied permission",
      advice: isPort
        ? "Listen on the port that the environment variable PORT names."
        : "Write only below the app's own directory and TMPDIR, and look at the file's owner and mode.",
      seen: said.line,
    };
  },
};
