import { existsSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE_METADATA } from "./tar-cache.ts";

/** What a cache is to hold: its document, and how to write the tar of each digest in it (to a path that does not exist). */
export type TarCacheContent = {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly blobs: ReadonlyMap<string, (path: string) => Promise<void>>;
};

/**
 * Replaces the cache that other CNB platforms keep: all of it in `staging/`, then two renames. Tars it already has are linked, not
 * written. Rejects with the system's or the writers' error; the old cache then still stands. Written by export, read by restore
 * (`openTarCache`). cnb.md §9.
 */
export async function saveTarCache(directory: string, { metadata, blobs }: TarCacheContent): Promise<void> {
  const at = (name: string): string => join(directory, name);
  const [committed, staging, backup] = [at("committed"), at("staging"), at("committed-backup")];
  // A crash between the two renames left the old cache under its other name.
  if (!existsSync(committed) && existsSync(backup)) renameSync(backup, committed);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  for (const [sha, write] of blobs) {
    const [old, fresh] = [join(committed, `${sha}.tar`), join(staging, `${sha}.tar`)];
    if (existsSync(old)) linkSync(old, fresh);
    else await write(fresh);
  }
  writeFileSync(join(staging, CACHE_METADATA), JSON.stringify(metadata));
  rmSync(backup, { recursive: true, force: true });
  if (existsSync(committed)) renameSync(committed, backup);
  renameSync(staging, committed);
  rmSync(backup, { recursive: true, force: true });
}
