import type { Severity } from "../../model/diagnostic-registry.ts";
import type { Platform } from "../../portability/platforms.ts";

/** One finding as all forms of output take it: Portside's own, or with `platform` what another platform would do. */
export type CheckFinding = {
  readonly code: string;
  readonly severity: Severity;
  /** Path relative to the checked folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units; a byte-order mark counts as nothing. */
  readonly column: number;
  readonly message: string;
  readonly hint: string;
  /** JSON pointer, for findings inside a JSON file. */
  readonly path?: string;
  readonly otherLine?: number;
  readonly platform?: Platform;
  /** The page about it, below `docs/`. */
  readonly docs: string;
};

/** What a platform that was asked for would do with the files. */
export type PlatformSummary = {
  readonly platform: Platform;
  readonly title: string;
  readonly breaks: number;
  readonly differs: number;
  readonly notes: number;
};

/** How many findings of each severity. */
export type SeverityCounts = { readonly errors: number; readonly warnings: number; readonly infos: number };

/**
 * Everything a check found. Written by `checkSource`. Read by the forms of output. Nowhere stored.
 * `findings` in file order, then line, then column, Portside's own before the platforms' at one place.
 */
export type CheckReport = {
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: readonly CheckFinding[];
  readonly platforms: readonly PlatformSummary[];
  /** A file could not be read as text: the check is not complete. */
  readonly isUnreadable: boolean;
};

/** Findings by severity. */
export function countSeverities(findings: readonly { readonly severity: Severity }[]): SeverityCounts {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  return { errors: count("error"), warnings: count("warning"), infos: count("info") };
}

/** 2: a file could not be read. 1: errors, or with `isStrict` warnings. Else 0. */
export function exitOf(report: CheckReport, isStrict: boolean): number {
  if (report.isUnreadable) return 2;
  const { errors, warnings } = countSeverities(report.findings);
  return errors > 0 || (isStrict && warnings > 0) ? 1 : 0;
}
