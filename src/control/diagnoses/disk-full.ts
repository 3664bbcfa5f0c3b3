import { hasFailedByItself, lastMatch, type Diagnosis } from "./diagnosis.ts";

/** There was no room left for a file. */
export const diskFull: Diagnosis = {
  id: "disk-full",
  find: (evidence) => {
    const said = lastMatch(evidence.lines, /\bENOSPC\b|No space left on device|\bEDQUOT\b|Disk quota exceeded/i);
    if (said === undefined || !hasFailedByItself(evidence)) return undefined;
    return {
      problem: "the disk is full",
      advice: "Free space where the Portside home is, or let the app write less.",
      seen: said.line,
    };
  },
};
