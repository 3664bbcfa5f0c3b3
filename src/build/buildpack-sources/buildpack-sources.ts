import { join } from "node:path";
import type { AddressGuard } from "../../lib/address-guard.ts";
import type { Clock } from "../../lib/clock.ts";
import { visibleExcerpt } from "../../lib/visible-text.ts";
import type { AppContract } from "../../model/app-contract.ts";
import type { InstalledBuildpack, KnownBuildpack } from "../../model/buildpack.ts";
import { asOperatingError } from "../operating-error.ts";
import { readBuildpacks } from "../buildpack-registry.ts";
import { BuildpackFetcher, type FetchedPackage, type FetchRun } from "./buildpack-fetcher.ts";
import { BuildpackIndex } from "./buildpack-index.ts";
import { BuildpackShelf, type ShelvedBuildpack } from "./buildpack-shelf.ts";
import { readStored } from "./buildpack-tree.ts";
import {
  completeGroup,
  digestOfOrder,
  isProcfileBuildpack,
  surroundGroup,
  type ChosenBuildpacks,
  type Place,
} from "./chosen-buildpacks.ts";
import { FETCH_LIMITS, type FetchLimits } from "./fetch-limits.ts";
import { invalid, parseReference } from "./reference.ts";
import {
  requestedBuildpacks,
  type NamedBuildpacks,
  type RequestedBuildpack,
  type RequestedBuildpacks,
} from "./requested-buildpacks.ts";
import { locateInSource, locateOnMachine } from "./source-path.ts";
import { TreeStore } from "./tree-store.ts";

/** What is asked: the app's files and what somebody named beside them. */
export type BuildpackQuestion = {
  readonly contract: Pick<AppContract, "appJson" | "projectToml">;
  readonly named: NamedBuildpacks;
  /** The snapshot, and the app's directory in it. */
  readonly source: { readonly root: string; readonly base: string };
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Everything the sources work with. */
export type BuildpackSourcesOptions = {
  /** `<home>/buildpacks`. */
  readonly directory: string;
  /** Portside's own. */
  readonly ownDirectory: string;
  readonly guard: AddressGuard;
  readonly basePath: string;
  readonly clock: Clock;
  readonly certificates?: string;
  readonly limits?: FetchLimits;
};

/** Finds, fetches and keeps the buildpacks that builds use. Contract §3. */
export class BuildpackSources {
  readonly #ownDirectory: string;
  readonly #store: TreeStore;
  readonly #index: BuildpackIndex;
  readonly #fetcher: BuildpackFetcher;
  readonly #clock: Clock;

  constructor(options: BuildpackSourcesOptions) {
    const { directory, ownDirectory, guard, basePath, clock, certificates, limits = FETCH_LIMITS } = options;
    this.#ownDirectory = ownDirectory;
    this.#clock = clock;
    this.#store = new TreeStore(join(directory, "trees"));
    this.#index = new BuildpackIndex(join(directory, "index.json"));
    this.#fetcher = new BuildpackFetcher({
      ...{ store: this.#store, index: this.#index, guard, limits, clock },
      classic: { program: join(ownDirectory, "classic/bin/wrap"), basePath },
      ...(certificates === undefined ? {} : { certificates }),
    });
  }

  /**
   * The buildpacks for a build, each on this disk. Rejects with E_BUILDPACK_UNKNOWN, E_BUILDPACK_INVALID,
   * E_BUILDPACK_FETCH, E_CANCELLED, E_DISK_FULL. Contract §3, cnb.md §3.2, §11.
   */
  async choose(question: BuildpackQuestion): Promise<ChosenBuildpacks> {
    try {
      return await this.#choose(requestedBuildpacks(question.contract, question.named), question);
    } catch (error) {
      throw asOperatingError(error, question.signal);
    }
  }

  /** Takes a buildpack, and what comes in the same package, for use by id. Rejects as `choose`. */
  async install(rawReference: string, signal: AbortSignal): Promise<readonly InstalledBuildpack[]> {
    const reference = parseReference(rawReference);
    const run: FetchRun = { reference: rawReference, signal, onLine: () => undefined };
    try {
      const fetched = await this.#fetchForInstall(reference, run);
      const installedAt = this.#clock.now();
      const rows = [fetched.main, ...fetched.others].map(({ buildpack, digest }) => ({
        ...{ id: buildpack.id, version: buildpack.version, digest, from: fetched.from, installedAt },
      }));
      this.#index.addInstalled(rows);
      return rows;
    } catch (error) {
      throw asOperatingError(error, signal);
    }
  }

  /** E_BUILDPACK_UNKNOWN when no such one was installed. */
  uninstall(id: string, version: string | undefined): readonly InstalledBuildpack[] {
    const removed = this.#index.removeInstalled(id, version);
    if (removed.length > 0) return removed;
    const installed = new BuildpackShelf(this.#installed());
    throw installed.unknown(version === undefined ? id : `${id}@${version}`, { id, versions: [] });
  }

  /** Portside's own, then the installed ones by id. */
  known(): readonly KnownBuildpack[] {
    const rows = this.#index.installed();
    const describe = ({ buildpack, digest }: ShelvedBuildpack): KnownBuildpack => {
      const { id, version, name, aliases } = buildpack;
      const row = rows.find((one) => one.digest === digest && one.id === id);
      return {
        ...{ id, version, aliases },
        ...(name === undefined ? {} : { name }),
        ...(row === undefined ? {} : { installed: { from: row.from, at: row.installedAt } }),
      };
    };
    return [...this.#own().shelved, ...this.#installed()].map(describe);
  }

  /** Removes what nothing points at. Only while nothing is being built. */
  sweep(): void {
    this.#store.sweep(this.#index.digests());
  }

  async #choose(requested: RequestedBuildpacks, question: BuildpackQuestion): Promise<ChosenBuildpacks> {
    const own = this.#own();
    const installed = this.#installed();
    const shelf = new BuildpackShelf([...own.shelved, ...installed]);
    const found: Found = { packages: [], notes: builderNotes(question) };
    const resolve = async (wanted: readonly RequestedBuildpack[]): Promise<(Place | "builder order")[]> => {
      const places: (Place | "builder order")[] = [];
      for (const one of wanted) places.push(await this.#resolve(one, { shelf, found, question }));
      return places;
    };
    const defaults = own.order.map((group) => group.map(({ id, optional }): Place => ({ ...shelf.get(id), optional })));
    const named =
      requested.group === undefined
        ? [...(await resolve(requested.pre)), "builder order" as const, ...(await resolve(requested.post))]
        : await resolve(requested.group);
    const procfile = own.shelved.find(isProcfileBuildpack);
    const order = groupsOf(named, defaults).map((group) => completeGroup(group, procfile));
    const fetched = found.packages.flatMap(({ main, others }) => [main, ...others]);
    const all = [...order.flat(), ...fetched, ...installed];
    const hasComposite = order.flat().some(({ buildpack }) => buildpack.order.length > 0);
    return {
      origin: requested.origin,
      references: (requested.group ?? []).map(({ text }) => text),
      order: order.map((group) => group.map(({ buildpack, optional }) => ({ buildpack, optional }))),
      lookup: (id, version) =>
        new BuildpackShelf([...fetched, ...own.shelved, ...installed]).find(id, version)?.buildpack,
      directories: [...new Set((hasComposite ? all : order.flat()).map(({ buildpack }) => buildpack.directory))],
      digest: digestOfOrder(order, hasComposite ? [...fetched, ...installed] : []),
      notes: found.notes,
    };
  }

  async #resolve(wanted: RequestedBuildpack, context: ResolveContext): Promise<Place | "builder order"> {
    const { shelf, found, question } = context;
    const { reference, text } = wanted;
    const run: FetchRun = { reference: text, signal: question.signal, onLine: question.onLine };
    const take = async (taking: Promise<FetchedPackage>): Promise<Place> => {
      const taken = await taking;
      const { buildpack } = taken.main;
      found.packages.push(taken);
      found.notes.push(`${buildpack.id} ${buildpack.version} from ${taken.from}`);
      return { ...taken.main, optional: false };
    };
    switch (reference.kind) {
      case "builderOrder":
        return "builder order";
      case "inline":
        return take(this.#fetcher.writeInline(reference, run));
      case "path":
        return take(this.#fetcher.takePath(locate(wanted, reference.path, question), run));
      case "download":
        return take(this.#fetcher.download(reference.url, run));
      case "git": {
        // The address of a buildpack that Portside has an equivalent of, as a Heroku user writes it.
        const alias = shelf.findByAlias(`${reference.url.href.replace(/\/$/, "").replace(/\.git$/, "")}`);
        if (alias === undefined) return take(this.#fetcher.clone(reference, run));
        found.notes.push(`${text} is ${alias.buildpack.id} ${alias.buildpack.version} here`);
        return { ...alias, optional: false };
      }
      case "id": {
        const place = shelf.get(reference.id, reference.version);
        const { id, version } = place.buildpack;
        if (id !== reference.id) found.notes.push(`${text} is ${id} ${version} here`);
        return { ...place, optional: false };
      }
    }
  }

  #fetchForInstall(reference: ReturnType<typeof parseReference>, run: FetchRun): Promise<FetchedPackage> {
    switch (reference.kind) {
      case "path":
        if (!reference.path.startsWith("/"))
          throw invalid(run.reference, "a path must be absolute here", "Write it from `/`.");
        return this.#fetcher.takePath(locateOnMachine(reference.path), run);
      case "download":
        return this.#fetcher.download(reference.url, run);
      case "git":
        return this.#fetcher.clone(reference, run);
      default:
        throw invalid(
          run.reference,
          "an id says not where it lies, and no registry is asked",
          "Name a directory, an archive, a `.cnb` file or an address.",
        );
    }
  }

  #own(): {
    readonly shelved: readonly ShelvedBuildpack[];
    readonly order: ReturnType<typeof readBuildpacks>["order"];
  } {
    const { buildpacks, order } = readBuildpacks(this.#ownDirectory);
    return { shelved: buildpacks.map((buildpack) => ({ buildpack })), order };
  }

  #installed(): readonly ShelvedBuildpack[] {
    return this.#index.installed().flatMap(({ digest, id }) => {
      const tree = this.#store.find(digest);
      return tree === undefined ? [] : [readStored(tree, id)];
    });
  }
}

type Found = { readonly packages: FetchedPackage[]; readonly notes: string[] };
type ResolveContext = { readonly shelf: BuildpackShelf; readonly found: Found; readonly question: BuildpackQuestion };

function locate(wanted: RequestedBuildpack, path: string, { source }: BuildpackQuestion): string {
  if (!path.startsWith("/")) return locateInSource(path, source);
  if (wanted.isTrusted) return locateOnMachine(path);
  throw invalid(
    wanted.text,
    "the app's files may only name what lies in its source",
    "Put it into the source, or name it with `portside buildpacks:set` or `--buildpack`.",
  );
}

/** A builder is an image with buildpacks in it; here the machine's take its place. cnb.md §11. */
function builderNotes({ contract }: BuildpackQuestion): string[] {
  const builder = contract.projectToml?.builder;
  return builder === undefined
    ? []
    : [`project.toml names the builder ${visibleExcerpt(builder)}, which is not used: this machine's buildpacks build`];
}

/** One group, or as many as the default order has where that is wanted. */
function groupsOf(
  named: readonly (Place | "builder order")[],
  defaults: readonly (readonly Place[])[],
): readonly (readonly Place[])[] {
  const at = named.indexOf("builder order");
  const isPlace = (one: Place | "builder order"): one is Place => one !== "builder order";
  if (at === -1) return [named.filter(isPlace)];
  const around = { before: named.slice(0, at).filter(isPlace), after: named.slice(at + 1).filter(isPlace) };
  return defaults.map((group) => surroundGroup(group, around));
}
