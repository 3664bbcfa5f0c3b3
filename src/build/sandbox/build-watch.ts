import { formatBytes } from "../../lib/format-bytes.ts";
import { statfsSync } from "node:fs";
import { startTicker, type Ticker } from "../../lib/ticker.ts";
import { measureTree } from "../../lib/tree-owner.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { BuildLimits } from "./build-limits.ts";

const TICK_MS = 100;
/** Without a sign that the build writes, its files are counted this often; and never for more than a tenth of the time. */
/** On a small disk builds leave no more than this part of it to others. */
const DISK_FREE_SHARE_MAX = 0.05;
const RECOUNT_MS = 5_000;
const COUNT_SHARE = 10;
/** Of what is left of the quota, the part that may be written before the files are counted again. */
const UNCOUNTED_SHARE = 0.8;

/** What the watch looks at. */
export type Watched = {
  readonly directory: string;
  readonly limits: Pick<BuildLimits, "diskBytesMax" | "fileCountMax" | "diskFreeBytesMin">;
  /** Memory the build's processes hold now, in bytes; `undefined` when nobody can tell. */
  readonly memoryBytes: () => number | undefined;
  /** Bytes of files without a name that its processes hold open. */
  readonly hiddenBytes: () => number;
  /** Called once, with the error the build is to fail with. */
  readonly onExceeded: (error: PortsideError) => void;
};

/**
 * Looks at a running build ten times a second: the disk's free space, which costs nothing and misses nothing; where the build may have
 * come near its quota by that, its files and what it holds open without a name. Also keeps the peak of its memory.
 * A file system quota would hold to the byte, but needs a disk that was set up for it.
 */
export class BuildWatch {
  readonly #watched: Watched;
  readonly #ticker: Ticker;
  readonly #ended = new AbortController();
  #memoryPeakBytes: number | undefined;
  #counted = { bytes: 0, entryCount: 0 };
  #freeAtCount: { readonly bytes: number; readonly files: number };
  #nextCountAt = 0;
  #counting: Promise<void> = Promise.resolve();
  #isCounting = false;
  #isExceeded = false;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#freeAtCount = freeSpace(watched.directory);
    this.#nextCountAt = performance.now() + RECOUNT_MS;
    this.#ticker = startTicker(TICK_MS, () => this.#look());
  }

  get memoryPeakBytes(): number | undefined {
    return this.#memoryPeakBytes;
  }

  /** Counts once more, for what was written since the last look. */
  async recount(): Promise<void> {
    await this.#counting;
    await this.#count();
  }

  /** Stops looking; resolves when nothing is being looked at any more. */
  async stop(): Promise<void> {
    this.#ticker.stop();
    this.#ended.abort(new Error("the build has ended"));
    await this.#counting;
  }

  #look(): void {
    const memory = this.#watched.memoryBytes();
    if (memory !== undefined) this.#memoryPeakBytes = Math.max(this.#memoryPeakBytes ?? 0, memory);
    const { limits, directory } = this.#watched;
    const free = freeSpace(directory);
    const kept = Math.min(limits.diskFreeBytesMin, free.diskBytes * DISK_FREE_SHARE_MAX);
    if (free.bytes < kept) {
      const problem = `${formatBytes(free.bytes)} are left where the Portside home is, and builds leave ${formatBytes(kept)} to others`;
      return this.#exceed(new PortsideError("E_DISK_FULL", { problem }));
    }
    const isNear =
      this.#freeAtCount.bytes - free.bytes > (limits.diskBytesMax - this.#counted.bytes) * UNCOUNTED_SHARE ||
      this.#freeAtCount.files - free.files > (limits.fileCountMax - this.#counted.entryCount) * UNCOUNTED_SHARE;
    if (this.#isCounting || (!isNear && performance.now() < this.#nextCountAt)) return;
    this.#counting = this.#count();
  }

  async #count(): Promise<void> {
    const { directory, limits, hiddenBytes } = this.#watched;
    const startedAt = performance.now();
    this.#isCounting = true;
    this.#freeAtCount = freeSpace(directory);
    try {
      const size = await measureTree(directory, this.#ended.signal);
      this.#counted = { ...size, bytes: size.bytes + hiddenBytes() };
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error;
      return;
    } finally {
      this.#isCounting = false;
      const now = performance.now();
      this.#nextCountAt = now + Math.max(RECOUNT_MS, (now - startedAt) * COUNT_SHARE);
    }
    if (this.#counted.bytes > limits.diskBytesMax) return this.#exceed(quotaExceeded(formatBytes(limits.diskBytesMax)));
    if (this.#counted.entryCount > limits.fileCountMax) this.#exceed(quotaExceeded(`${limits.fileCountMax} files`));
  }

  #exceed(error: PortsideError): void {
    if (this.#isExceeded) return;
    this.#isExceeded = true;
    this.#watched.onExceeded(error);
  }
}

/** The failure of a build that wrote too much. */
export function quotaExceeded(quota: string): PortsideError {
  return new PortsideError("E_BUILD_DISK_QUOTA", { quota });
}

function freeSpace(directory: string): { bytes: number; files: number; diskBytes: number } {
  const { bavail, blocks, bsize, ffree } = statfsSync(directory);
  return { bytes: bavail * bsize, files: ffree, diskBytes: blocks * bsize };
}
