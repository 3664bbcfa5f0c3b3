import { firstMatch, type Diagnosis } from "./diagnosis.ts";

/** The system's own words for a full disk or quota. */
export const outOfDisk: Diagnosis = {
  name: "out of disk",
  find({ lines }) {
    const full = firstMatch(lines, /\b(?:ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/);
    if (full === undefined) return undefined;
    return {
      cause: "The disk is full.",
      advice: "Free space where the Portside home is, then deploy again.",
      line: full.line,
    };
  },
};
