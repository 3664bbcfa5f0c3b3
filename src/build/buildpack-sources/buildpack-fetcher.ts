import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { AddressRefused, type AddressGuard } from "../../lib/address-guard.ts";
import type { Clock } from "../../lib/clock.ts";
import { DownloadFailed, downloadFile } from "../../lib/download.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Digest } from "../../model/source.ts";
import { ArchiveError, unpackArchive } from "../source-archive.ts";
import type { BuildpackIndex } from "./buildpack-index.ts";
import { readStored, takeBuildpack, type ClassicWrapper, type LocatedBuildpack } from "./buildpack-tree.ts";
import type { FetchLimits } from "./fetch-limits.ts";
import { fetchCommit, findCommit, GitFailed, type GitOptions, type GitPlace } from "./git-source.ts";
import { writeInlineBuildpack } from "./inline-script.ts";
import { isImageLayout, unpackPackage } from "./package-file.ts";
import { invalid, shownReference } from "./reference.ts";
import type { InlineScript } from "./requested-buildpacks.ts";
import type { TreeStore } from "./tree-store.ts";

/** A buildpack somebody named, and those that came in the same package. `from`: what exactly it was taken from. */
export type FetchedPackage = {
  readonly main: LocatedBuildpack;
  readonly others: readonly LocatedBuildpack[];
  readonly from: string;
};

/** What a fetcher works with. */
export type FetcherOptions = {
  readonly store: TreeStore;
  readonly index: BuildpackIndex;
  readonly guard: AddressGuard;
  readonly classic: ClassicWrapper;
  readonly limits: FetchLimits;
  readonly clock: Clock;
  /** A file of certificate authorities for git, besides the system's. */
  readonly certificates?: string;
};

/** For one reference: how it was written, and who listens. */
export type FetchRun = {
  readonly reference: string;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
};

/**
 * Takes buildpacks from where they are into the store. All methods reject with E_BUILDPACK_INVALID for what is no buildpack,
 * E_BUILDPACK_FETCH for what cannot be had, the signal's reason, or the system's error; nothing is left behind then.
 */
export class BuildpackFetcher {
  readonly #options: FetcherOptions;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** A directory or an archive on this machine. */
  takePath(path: string, run: FetchRun): Promise<FetchedPackage> {
    return explained(run, async () => {
      if (!statSync(path).isDirectory()) return this.#takeArchive(path, { ...run, from: run.reference });
      const { store, classic } = this.#options;
      const options = {
        reference: run.reference,
        name: basename(path),
        mode: "copy",
        classic,
        signal: run.signal,
      } as const;
      return { main: await takeBuildpack(path, store, options), others: [], from: run.reference };
    });
  }

  /** An archive or `.cnb` file behind an address; what is known by its ETag is not fetched again. */
  download(url: URL, run: FetchRun): Promise<FetchedPackage> {
    return explained(run, async () => {
      const { index, store, guard, limits } = this.#options;
      const key = `download ${url.href}`;
      const held = this.#held(key);
      return store.withStaging(async (staging) => {
        const file = join(staging, "download");
        const headers = held?.etag === undefined ? {} : { "if-none-match": held.etag };
        run.onLine(`Fetching ${url.href}`);
        const { signal } = run;
        const got = await downloadFile(url, file, { guard, limits: limits.download, signal, headers });
        if (got.kind === "unchanged") {
          if (held === undefined) throw new DownloadFailed("the server answered 304");
          return this.#reuse(key, held, { ...run, from: url.href });
        }
        const name = basename(url.pathname);
        const taken = await this.#takeArchive(file, {
          ...run,
          from: `${url.href} (sha256 ${got.sha256.slice(0, 12)})`,
          name,
        });
        const digests = [taken.main, ...taken.others].map(({ digest }) => digest);
        const etag = got.etag === undefined ? {} : { etag: got.etag };
        index.setFetched(key, { digests, ...etag, usedAt: this.#options.clock.now() });
        return taken;
      });
    });
  }

  /** A git repository; a commit that was fetched before is not fetched again. */
  clone(place: GitPlace, run: FetchRun): Promise<FetchedPackage> {
    return explained(run, () =>
      this.#options.store.withStaging(async (staging) => {
        const { store, index, classic, clock } = this.#options;
        const options = this.#gitOptions(run.signal);
        run.onLine(`Asking ${place.url.href}${place.ref === undefined ? "" : ` for ${place.ref}`}`);
        const commit = await findCommit(place, staging, options);
        const from = `${place.url.href}#${commit.slice(0, 12)}`;
        const key = `git ${place.url.href}#${commit}`;
        const held = this.#held(key);
        if (held !== undefined) return this.#reuse(key, held, { ...run, from });
        const target = join(staging, "tree");
        mkdirSync(target);
        run.onLine(`Fetching ${from}`);
        await fetchCommit(place, commit, { scratch: staging, target, options });
        const name = basename(place.url.pathname).replace(/\.git$/, "");
        const take = { reference: run.reference, name, mode: "move", classic, signal: run.signal } as const;
        const main = await takeBuildpack(target, store, take);
        index.setFetched(key, { digests: [main.digest], usedAt: clock.now() });
        return { main, others: [], from };
      }),
    );
  }

  /** A script of project.toml. */
  writeInline(script: InlineScript, run: FetchRun): Promise<FetchedPackage> {
    return explained(run, () =>
      this.#options.store.withStaging(async (staging) => {
        const { store, classic } = this.#options;
        const tree = join(staging, "tree");
        writeInlineBuildpack(script, tree);
        const take = { reference: run.reference, name: script.id, mode: "move", classic, signal: run.signal } as const;
        return { main: await takeBuildpack(tree, store, take), others: [], from: "project.toml" };
      }),
    );
  }

  async #takeArchive(
    file: string,
    run: FetchRun & { readonly from: string; readonly name?: string },
  ): Promise<FetchedPackage> {
    const { store, index, clock } = this.#options;
    const key = `archive ${await sha256Of(file, run.signal)}`;
    const held = this.#held(key);
    if (held !== undefined) return this.#reuse(key, held, run);
    const taken = await store.withStaging((staging) => this.#unpack(file, staging, run));
    const digests = [taken.main, ...taken.others].map(({ digest }) => digest);
    index.setFetched(key, { digests, usedAt: clock.now() });
    return taken;
  }

  async #unpack(
    file: string,
    staging: string,
    run: FetchRun & { readonly from: string; readonly name?: string },
  ): Promise<FetchedPackage> {
    const { store, classic, limits } = this.#options;
    const { reference, signal } = run;
    const tree = join(staging, "tree");
    mkdirSync(tree);
    await unpackArchive(createReadStream(file, { signal }), tree, { limits: limits.archive, signal });
    const name = (run.name ?? basename(file)).replace(/\.(?:tgz|tar\.gz|tar|cnb)$/i, "");
    const take = { reference, mode: "move", classic, signal } as const;
    if (!isImageLayout(tree)) {
      const main = await takeBuildpack(tree, store, { ...take, name });
      return { main, others: [], from: run.from };
    }
    const packed = await unpackPackage(tree, join(staging, "package"), { limits: limits.archive, signal });
    const located: LocatedBuildpack[] = [];
    for (const { id, version, directory } of packed.all) {
      located.push(await takeBuildpack(directory, store, { ...take, name: id, expected: { id, version } }));
    }
    const isMain = ({ buildpack }: LocatedBuildpack): boolean =>
      buildpack.id === packed.main.id && buildpack.version === packed.main.version;
    const main = located.find(isMain);
    if (main === undefined) throw new ArchiveError("it holds no buildpack");
    return { main, others: located.filter((one) => one !== main), from: run.from };
  }

  /** Only when every tree of it is still there. */
  #held(key: string): { readonly digests: readonly Digest[]; readonly etag?: string } | undefined {
    const entry = this.#options.index.fetched(key);
    if (entry === undefined || entry.digests.some((digest) => this.#options.store.find(digest) === undefined))
      return undefined;
    const { digests, etag } = entry;
    return { digests, ...(etag === undefined ? {} : { etag }) };
  }

  #reuse(
    key: string,
    held: { readonly digests: readonly Digest[]; readonly etag?: string },
    run: FetchRun & { readonly from: string },
  ): FetchedPackage {
    const { store, index, clock } = this.#options;
    const located = held.digests.flatMap((digest) => {
      const tree = store.find(digest);
      return tree === undefined ? [] : [readStored(tree, run.reference)];
    });
    const [main, ...others] = located;
    if (main === undefined) throw new Error(`the tree of ${key} went away`);
    const etag = held.etag === undefined ? {} : { etag: held.etag };
    index.setFetched(key, { digests: [...held.digests], ...etag, usedAt: clock.now() });
    return { main, others, from: run.from };
  }

  #gitOptions(signal: AbortSignal): GitOptions {
    const { guard, classic, limits, certificates } = this.#options;
    return {
      guard,
      basePath: classic.basePath,
      ...(certificates === undefined ? {} : { certificates }),
      limits: { ...limits.archive, askMs: limits.gitAskMs, fetchMs: limits.gitFetchMs },
      signal,
    };
  }
}

async function sha256Of(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}

/** Says what went wrong in terms of the reference. */
async function explained<T>(run: FetchRun, work: () => Promise<T>): Promise<T> {
  const reference = shownReference(run.reference);
  try {
    return await work();
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof ArchiveError) throw invalid(run.reference, error.message, ARCHIVE_ADVICE);
    if (error instanceof AddressRefused)
      throw new PortsideError(
        "E_BUILDPACK_FETCH",
        { reference, problem: error.message, advice: PRIVATE_ADVICE },
        { cause: error },
      );
    if (error instanceof DownloadFailed || error instanceof GitFailed)
      throw new PortsideError(
        "E_BUILDPACK_FETCH",
        { reference, problem: error.message, advice: FETCH_ADVICE },
        { cause: error },
      );
    if (error instanceof PortsideError && error.code.startsWith("E_SOURCE_"))
      throw invalid(run.reference, error.message.replace(/\.$/, ""), ARCHIVE_ADVICE);
    throw error;
  }
}

const ARCHIVE_ADVICE = "Fetch or pack it anew; a `.cnb` file comes from `pack buildpack package`.";
const FETCH_ADVICE = "Check the address, or fetch it yourself and run `portside buildpacks:install FILE`.";
const PRIVATE_ADVICE = "An operator permits networks with PORTSIDE_FETCH_NETWORKS, for example 10.0.0.0/8.";
