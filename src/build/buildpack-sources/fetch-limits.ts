import type { DownloadLimits } from "../../lib/download.ts";
import type { ArchiveLimits } from "../source-archive.ts";

/** What fetching one buildpack may take at most. security.md rules 10, 11, 15. */
export type FetchLimits = {
  readonly download: DownloadLimits;
  readonly archive: ArchiveLimits;
  /** Asking a git server for a commit, and getting it. */
  readonly gitAskMs: number;
  readonly gitFetchMs: number;
};

const MIB = 1024 ** 2;

export const FETCH_LIMITS: FetchLimits = {
  download: { bytesMax: 512 * MIB, totalMs: 600_000, idleMs: 30_000, redirectsMax: 5 },
  archive: { entriesMax: 50_000, bytesMax: 1024 * MIB },
  gitAskMs: 60_000,
  gitFetchMs: 300_000,
};
