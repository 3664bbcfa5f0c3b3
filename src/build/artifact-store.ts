import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readTextIfExists, writeFileAtomic } from "../lib/files.ts";
import type { Artifact } from "../model/artifact.ts";
import type { StoredItem } from "../model/stored-item.ts";
import { digestHex, type Digest } from "../model/source.ts";

/** Part of every artifact's digest: changes whenever the same inputs would now be built or stored differently. */
const ARTIFACT_SCHEMA = 2;

/**
 * Built artifacts, by digest, under `artifacts/<hex>/{app,layers,artifact.json}`. `artifact.json` is written last: a
 * directory without it is an interrupted build.
 */
export class ArtifactStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Where the artifact lies or will lie. It never moves: layers hold absolute paths. */
  directoryOf(digest: Digest): string {
    return join(this.#directory, digestHex(digest));
  }

  find(digest: Digest): Artifact | undefined {
    const text = readTextIfExists(join(this.directoryOf(digest), "artifact.json"));
    return text === undefined ? undefined : (JSON.parse(text) as Artifact);
  }

  /** A new directory beside the artifacts, for what is not one yet. `sweep` removes what a crash leaves of it. */
  newStaging(): string {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    return mkdtempSync(join(this.#directory, ".staging-"));
  }

  /** Makes a built directory an artifact. */
  commit(artifact: Artifact): void {
    writeFileAtomic(join(artifact.directory, "artifact.json"), JSON.stringify(artifact));
  }

  /** Removes an artifact or what an interrupted build left; `artifact.json` first, so that a crash leaves no half artifact. */
  remove(digest: Digest): void {
    const directory = this.directoryOf(digest);
    rmSync(join(directory, "artifact.json"), { force: true });
    rmSync(directory, { recursive: true, force: true });
  }

  /** All that are whole. */
  list(): readonly StoredItem[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory).flatMap((name) => {
      if (!/^[0-9a-f]{64}$/.test(name)) return [];
      const artifact = this.find(`sha256:${name}`);
      if (artifact === undefined) return [];
      const { digest, sizeBytes, builtAt, derivedFrom } = artifact;
      return [{ digest, sizeBytes, usedAt: builtAt, ...(derivedFrom === undefined ? {} : { needs: derivedFrom }) }];
    });
  }

  /** Out of the way in one step, so that it can be built anew at once; then removed, in the background of other work. */
  async discard(digest: Digest): Promise<void> {
    const directory = this.directoryOf(digest);
    if (!existsSync(directory)) return;
    const staging = this.newStaging();
    renameSync(directory, join(staging, "gone"));
    await rm(staging, { recursive: true, force: true });
  }

  /** Removes what interrupted builds and removals left. Only while nothing is being built. */
  sweep(): void {
    if (!existsSync(this.#directory)) return;
    for (const name of readdirSync(this.#directory)) {
      const directory = join(this.#directory, name);
      if (!existsSync(join(directory, "artifact.json"))) rmSync(directory, { recursive: true, force: true });
    }
  }
}

/** The digest of an artifact, from everything that determines it. Equal parts give equal digests; key order counts for nothing. */
export function artifactDigestOf(parts: Readonly<Record<string, string | readonly string[]>>): Digest {
  const sorted = Object.entries(parts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `sha256:${createHash("sha256")
    .update(JSON.stringify([ARTIFACT_SCHEMA, sorted]))
    .digest("hex")}`;
}
