import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readSourceManifest } from "../../contract/source-manifest.ts";
import { hasCode } from "../../lib/files.ts";
import { copyTree } from "../../lib/tree.ts";
import { shareTree } from "../../lib/tree-owner.ts";
import { digestHex, parseDigest, type Digest } from "../../model/source.ts";

const STAGING = ".staging-";

/** A buildpack's files in the store, known by their content. */
export type StoredTree = { readonly digest: Digest; readonly directory: string };

/**
 * Files of buildpacks that are not Portside's own, under `<home>/buildpacks/trees/<hex>`: a tree is there whole or not at
 * all, and never changes. Names, modes, bytes and links make the digest, in the way of a source.
 */
export class TreeStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Where the tree lies; `undefined` when it is not there. */
  find(digest: Digest): StoredTree | undefined {
    const directory = this.#at(digest);
    return existsSync(directory) ? { digest, directory } : undefined;
  }

  /** Gives `work` an empty directory, which is removed at the end with everything that is still in it. */
  async withStaging<T>(work: (staging: string) => Promise<T>): Promise<T> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const staging = mkdtempSync(join(this.#directory, STAGING));
    try {
      return await work(staging);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  }

  /**
   * Moves a directory into the store. Nothing is moved when its content is there already. Errors: E_SOURCE_LINK for a link
   * that leaves it, E_SOURCE_TOO_LARGE, E_SOURCE_EMPTY, E_SOURCE_UNREADABLE; the signal's reason.
   */
  async keep(directory: string, signal: AbortSignal): Promise<StoredTree> {
    const { digest } = await readSourceManifest(directory, signal, { ignore: false });
    const known = this.find(digest);
    if (known !== undefined) return known;
    // Builds read it as another user, whatever the umask it was unpacked under; the home's own mode keeps others out.
    chmodSync(directory, 0o700);
    await shareTree(directory, signal);
    try {
      renameSync(directory, this.#at(digest));
    } catch (error) {
      // Another build was first with the same content, which is as good.
      if (!hasCode(error, "ENOTEMPTY", "EEXIST")) throw error;
    }
    return { digest, directory: this.#at(digest) };
  }

  /** As `keep`, of a directory that stays where it is; what git keeps beside a checkout is no part of it. */
  keepCopy(directory: string, signal: AbortSignal): Promise<StoredTree> {
    return this.withStaging(async (staging) => {
      const copy = join(staging, "tree");
      await copyTree(directory, copy, { mode: "copy", signal });
      rmSync(join(copy, ".git"), { recursive: true, force: true });
      return this.keep(copy, signal);
    });
  }

  /** Removes every tree but the named ones, and what was left half done. Only while nothing is being built. */
  sweep(wanted: ReadonlySet<Digest>): void {
    if (!existsSync(this.#directory)) return;
    for (const name of readdirSync(this.#directory)) {
      const digest = parseDigest(`sha256:${name}`);
      if (digest === undefined || !wanted.has(digest))
        rmSync(join(this.#directory, name), { recursive: true, force: true });
    }
  }

  #at(digest: Digest): string {
    return join(this.#directory, digestHex(digest));
  }
}
