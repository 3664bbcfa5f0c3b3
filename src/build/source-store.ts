import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readSourceManifest } from "../contract/source-manifest.ts";
import { hasCode, readTextIfExists, touchFile } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { StoredItem } from "../model/stored-item.ts";
import { digestHex, type Digest, type Source, type SourceManifest } from "../model/source.ts";
import { asOperatingError } from "./operating-error.ts";
import { ARCHIVE_LIMITS, unpackSource, type ArchiveLimits } from "./source-archive.ts";

const STAGING = ".staging-";

/**
 * Snapshots of sources, by digest, under `sources/<hex>/{tree,manifest.json}`. A snapshot is there whole or not at all,
 * and never changes.
 */
export class SourceStore {
  readonly #directory: string;
  readonly #limits: ArchiveLimits;

  constructor(directory: string, limits: ArchiveLimits = ARCHIVE_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
  }

  has(digest: Digest): boolean {
    return existsSync(join(this.#home(digest), "manifest.json"));
  }

  find(digest: Digest): Source | undefined {
    return this.has(digest) ? { digest, directory: join(this.#home(digest), "tree") } : undefined;
  }

  /**
   * Stores the tree that an uploaded tar holds; does not read the tar when the snapshot is there already.
   * Safe when two uploads of one digest race. Rejects with E_SOURCE_INVALID (another digest, or an archive that breaks the
   * rules), E_SOURCE_TOO_LARGE, E_DISK_FULL or E_CANCELLED, and leaves nothing behind then.
   */
  async store(digest: Digest, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Source> {
    const known = this.find(digest);
    if (known !== undefined) return known;
    let staging: string | undefined;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      staging = mkdtempSync(join(this.#directory, STAGING));
      const tree = join(staging, "tree");
      mkdirSync(tree);
      await unpackSource(tar, tree, { limits: this.#limits, signal });
      const manifest = await readSourceManifest(tree, signal, { ignore: false });
      if (manifest.digest !== digest) {
        throw new PortsideError("E_SOURCE_INVALID", {
          problem: `its content has the digest ${manifest.digest}, not ${digest}`,
        });
      }
      writeFileSync(join(staging, "manifest.json"), JSON.stringify(manifest), { mode: 0o600 });
      this.#commit(staging, digest);
    } catch (error) {
      throw asOperatingError(refineManifestError(error), signal);
    } finally {
      if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
    }
    return { digest, directory: join(this.#home(digest), "tree") };
  }

  /** Whether it is there; if so, it counts as used now. */
  touch(digest: Digest): boolean {
    if (!this.has(digest)) return false;
    touchFile(join(this.#home(digest), "manifest.json"));
    return true;
  }

  /** What the snapshot consists of; `undefined` when it is not there. */
  manifest(digest: Digest): SourceManifest | undefined {
    const text = readTextIfExists(join(this.#home(digest), "manifest.json"));
    return text === undefined ? undefined : (JSON.parse(text) as SourceManifest);
  }

  /** All snapshots, with the bytes of their files and when each was last asked for. */
  list(): readonly StoredItem[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory).flatMap((name) => {
      if (!/^[0-9a-f]{64}$/.test(name)) return [];
      const manifest = this.manifest(`sha256:${name}`);
      if (manifest === undefined) return [];
      const sizes = manifest.entries.map((entry) => (entry.kind === "file" ? entry.sizeBytes : 0));
      const usedAt = statSync(join(this.#directory, name, "manifest.json")).mtimeMs;
      return [{ digest: `sha256:${name}` as const, sizeBytes: sizes.reduce((sum, size) => sum + size, 0), usedAt }];
    });
  }

  /** Out of the way in one step, then removed. */
  async discard(digest: Digest): Promise<void> {
    if (!existsSync(this.#home(digest))) return;
    const staging = mkdtempSync(join(this.#directory, STAGING));
    renameSync(this.#home(digest), join(staging, "gone"));
    await rm(staging, { recursive: true, force: true });
  }

  /** Removes what interrupted uploads left. Only while nothing is being stored. */
  sweep(): void {
    if (!existsSync(this.#directory)) return;
    for (const name of readdirSync(this.#directory)) {
      if (name.startsWith(STAGING)) rmSync(join(this.#directory, name), { recursive: true, force: true });
    }
  }

  #home(digest: Digest): string {
    return join(this.#directory, digestHex(digest));
  }

  #commit(staging: string, digest: Digest): void {
    try {
      renameSync(staging, this.#home(digest));
    } catch (error) {
      // Another upload of the same digest was first, which is as good.
      if (!hasCode(error, "ENOTEMPTY", "EEXIST") || !this.has(digest)) throw error;
    }
  }
}

/** An archive that unpacks to nothing is a wrong upload, not an empty folder of the user's. */
function refineManifestError(error: unknown): unknown {
  if (!(error instanceof PortsideError) || error.code !== "E_SOURCE_EMPTY") return error;
  return new PortsideError("E_SOURCE_INVALID", { problem: "it holds no file" }, { cause: error });
}
