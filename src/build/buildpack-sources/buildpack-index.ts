import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { readTextIfExists, writeFileAtomic } from "../../lib/files.ts";
import type { InstalledBuildpack } from "../../model/buildpack.ts";
import type { Digest } from "../../model/source.ts";

const DIGEST = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .transform((text) => text as Digest);

const INSTALLED = z.object({
  id: z.string(),
  version: z.string(),
  digest: DIGEST,
  from: z.string(),
  installedAt: z.number(),
});

const FETCHED = z.object({
  /** The buildpack itself first, then those a package holds besides. */
  digests: z.array(DIGEST).min(1),
  etag: z.string().optional(),
  usedAt: z.number(),
});

/** What was fetched under a key, and when it was used last. */
export type FetchedBuildpack = z.infer<typeof FETCHED>;

/**
 * `<home>/buildpacks/index.json`: which of the stored trees are installed, and which were fetched from where.
 * Written and read by build (`buildpack-sources/`). A file that cannot be read costs the fetched ones, never a build.
 */
const SCHEMA = z.object({
  installed: z.array(INSTALLED).default([]),
  fetched: z.record(z.string(), FETCHED).default({}),
});
type Content = z.infer<typeof SCHEMA>;

/** Of those fetched, so many stay; the least recently used go first. */
const FETCHED_COUNT_MAX = 200;

/** The index as a table of rows; each change is written at once. One process writes it. */
export class BuildpackIndex {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** By id, then newest installed first. */
  installed(): readonly InstalledBuildpack[] {
    return this.#read().installed.toSorted(
      (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) || b.installedAt - a.installedAt,
    );
  }

  /** Replaces one of the same id and version. */
  addInstalled(added: readonly InstalledBuildpack[]): void {
    const content = this.#read();
    const isReplaced = (one: InstalledBuildpack): boolean =>
      added.some(({ id, version }) => id === one.id && version === one.version);
    this.#write({ ...content, installed: [...content.installed.filter((one) => !isReplaced(one)), ...added] });
  }

  /** Gives those that were there. */
  removeInstalled(id: string, version: string | undefined): readonly InstalledBuildpack[] {
    const content = this.#read();
    const isMeant = (one: InstalledBuildpack): boolean => one.id === id && (version ?? one.version) === one.version;
    const removed = content.installed.filter(isMeant);
    if (removed.length > 0) this.#write({ ...content, installed: content.installed.filter((one) => !isMeant(one)) });
    return removed;
  }

  /** What was fetched under the key. */
  fetched(key: string): FetchedBuildpack | undefined {
    const { fetched } = this.#read();
    return Object.hasOwn(fetched, key) ? fetched[key] : undefined;
  }

  /** Keeps what was fetched, or that it was used again. */
  setFetched(key: string, entry: FetchedBuildpack): void {
    const content = this.#read();
    const kept = Object.entries({ ...content.fetched, [key]: entry })
      .toSorted(([, a], [, b]) => b.usedAt - a.usedAt)
      .slice(0, FETCHED_COUNT_MAX);
    this.#write({ ...content, fetched: Object.fromEntries(kept) });
  }

  /** Digests of every tree that something points at. */
  digests(): ReadonlySet<Digest> {
    const { installed, fetched } = this.#read();
    return new Set([
      ...installed.map(({ digest }) => digest),
      ...Object.values(fetched).flatMap(({ digests }) => digests),
    ]);
  }

  #read(): Content {
    const text = readTextIfExists(this.#path);
    if (text === undefined) return { installed: [], fetched: {} };
    return SCHEMA.parse(JSON.parse(text));
  }

  #write(content: Content): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileAtomic(this.#path, JSON.stringify(content));
  }
}
