import { readAppSource } from "./app-source.ts";
import { compareFindings, type Finding } from "./finding.ts";
import type { Platform } from "./platforms.ts";
import { RULES } from "./rules.ts";
import type { SourceFiles } from "./source-files.ts";

/**
 * What the platform would do otherwise than Portside with the same files. Sorted by file, line and column; of one code there is
 * at most one finding a line. What Portside itself refuses is not among them. Reads nothing but `files`; never throws.
 */
export function checkPortability(files: SourceFiles, platform: Platform): readonly Finding[] {
  const app = readAppSource(files, platform);
  const byPlace = new Map<string, Finding>();
  for (const { code, severity: severities, check } of RULES) {
    const severity = severities[platform];
    if (severity === undefined || check.from !== "files") continue;
    for (const spot of check.find(app)) {
      const place = `${code} ${spot.line} ${spot.file}`;
      if (!byPlace.has(place)) byPlace.set(place, { code, severity, platform, ...spot });
    }
  }
  return [...byPlace.values()].toSorted(compareFindings);
}
