import { lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AddressGuard } from "../lib/address-guard.ts";
import { KeyLock } from "../lib/key-lock.ts";
import type { Clock } from "../lib/clock.ts";
import type { Secret } from "../lib/secret.ts";
import { removeTree } from "../lib/remove-tree.ts";
import type { AppContract } from "../model/app-contract.ts";
import type { AppName } from "../model/app.ts";
import type { Artifact } from "../model/artifact.ts";
import type { InstalledBuildpack, KnownBuildpack } from "../model/buildpack.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { Home } from "../model/home.ts";
import type { StoredItem } from "../model/stored-item.ts";
import type { Digest, Source, SourceManifest } from "../model/source.ts";
import { ArtifactStore, artifactDigestOf } from "./artifact-store.ts";
import { hashBuildpacks } from "./buildpack-registry.ts";
import { BuildpackSources } from "./buildpack-sources/buildpack-sources.ts";
import type { ChosenBuildpacks } from "./buildpack-sources/chosen-buildpacks.ts";
import type { FetchLimits } from "./buildpack-sources/fetch-limits.ts";
import { NO_NAMED_BUILDPACKS, type NamedBuildpacks } from "./buildpack-sources/requested-buildpacks.ts";
import { baseEnvironment } from "./environment.ts";
import { deriveArtifact, type Derivation } from "./derive-artifact.ts";
import { readFiles, type Environment } from "./layer-environment.ts";
import { build } from "./lifecycle/build-phase.ts";
import { ImageStore } from "./image/image-store.ts";
import { detect } from "./lifecycle/detect.ts";
import { detectFailure } from "./lifecycle/detect-failure.ts";
import { checkLayerContents, exportSlug } from "./lifecycle/export-slug.ts";
import { keepCache } from "./lifecycle/keep-cache.ts";
import { restore } from "./lifecycle/restore.ts";
import { openLayerCache, saveCache } from "./lifecycle/save-cache.ts";
import { openTreeCache } from "./lifecycle/tree-cache.ts";
import { asOperatingError } from "./operating-error.ts";
import { inProcfileOrder } from "./procfile-order.ts";
import { LIFECYCLE, type BuildContext, type BuildSection } from "./run-buildpack.ts";
import type { BuildRoom, BuildUsage } from "./sandbox/build-room.ts";
import { BuildConfinement } from "./sandbox/confinement.ts";
import { buildpackDirectories, holdBuild, type HeldBuild } from "./sandbox/hold-build.ts";
import { handOver, handOverLayers, takeBack } from "./sandbox/hand-over.ts";
import { phaseBanner, type BuildPhase } from "./build-phases.ts";
import { prepare } from "./prepare-build.ts";
import { SourceStore } from "./source-store.ts";
import { hostTarget } from "./target.ts";

/** What to build, and who listens. */
export type BuildRequest = {
  readonly app: AppName;
  readonly source: Source;
  /** The app's directory in the source, plain and relative; absent: the source's root. Contract §1. */
  readonly appPath?: string;
  readonly contract: AppContract;
  /** What `chooseBuildpacks` gave; without it that is asked first, as if nobody had named any beside the app's files. */
  readonly buildpacks?: ChosenBuildpacks;
  /** Config variables; the build sees their values. */
  readonly env: Readonly<Record<string, Secret>>;
  /** Keyed hash of `env`, part of the artifact's digest. */
  readonly envDigest: string;
  /** Commit or digest, `SOURCE_VERSION` in the build. Not part of the digest. */
  readonly sourceVersion: string;
  /** A line of output; `source` is a buildpack's id, or `lifecycle`. */
  readonly onOutput: (source: string, line: string) => void;
  /** Something the user should know that is no failure. */
  readonly onNote?: (note: string) => void;
  /** Peak of the app's last build; when it is not free now, that is noted before the build. */
  readonly expectedMemoryBytes?: number;
  /** A buildpack's part of the build begins or has ended. */
  readonly onSection?: (section: BuildSection) => void;
  /** How far the build is; the last one is where it ended. */
  readonly onPhase?: (phase: BuildPhase) => void;
  /** What the build took, once nothing of it runs any more, also when it failed. Not called when the artifact was there. */
  readonly onUsage?: (usage: BuildUsage) => void;
  readonly signal: AbortSignal;
};

/** What determines an artifact. */
export type ArtifactInputs = Pick<BuildRequest, "source" | "appPath" | "contract" | "envDigest"> & {
  readonly buildpacks: Pick<ChosenBuildpacks, "digest">;
};

/** Whose buildpacks are asked for. `named`: what somebody named beside the app's files; default nothing. */
export type BuildpackRequest = Pick<BuildRequest, "source" | "appPath" | "contract" | "onOutput" | "signal"> & {
  readonly named?: NamedBuildpacks;
};

/** Source + contract → artifact, with the snapshots and artifacts it keeps. Type-only for control. */
export interface Builder {
  /** Asking counts as using it: its deploy is about to follow. */
  hasSource(digest: Digest): boolean;
  findSource(digest: Digest): Source | undefined;
  /** Whether the snapshot has this directory, without a link on the way. `path` is plain and relative. */
  hasDirectory(source: Source, path: string): boolean;
  /** E_SOURCE_INVALID, E_SOURCE_TOO_LARGE, E_DISK_FULL, E_CANCELLED; nothing is left behind then. */
  storeSource(digest: Digest, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Source>;
  /**
   * Finds and fetches the buildpacks a build is to use. E_BUILDPACK_UNKNOWN, E_BUILDPACK_INVALID, E_BUILDPACK_FETCH,
   * E_DISK_FULL, E_CANCELLED.
   */
  chooseBuildpacks(request: BuildpackRequest): Promise<ChosenBuildpacks>;
  /** What can be named by id: Portside's own, then the installed ones. */
  knownBuildpacks(): readonly KnownBuildpack[];
  /** For use by id on this installation. Errors as `chooseBuildpacks`. */
  installBuildpack(reference: string, signal: AbortSignal): Promise<readonly InstalledBuildpack[]>;
  /** E_BUILDPACK_UNKNOWN. */
  uninstallBuildpack(id: string, version: string | undefined): readonly InstalledBuildpack[];
  /** The digest this request's artifact has or would have: source, the contract's Procfile and buildpacks, all buildpacks' content, build settings, env. */
  artifactDigest(request: ArtifactInputs): Digest;
  findArtifact(digest: Digest): Artifact | undefined;
  /**
   * The stored artifact if there is one, else a new one. Builds of one app, and of one digest, run one after the other.
   * E_NOTHING_DETECTED, E_NO_PROCESS, E_BUILD_FAILED, E_DISK_FULL, E_CANCELLED; a failed build leaves nothing behind.
   */
  build(request: BuildRequest): Promise<Artifact>;
  /**
   * The artifact with other app files, as `writeApp` leaves them: `base` itself when they are the same, else one named by what they are.
   * It needs `base` to stay. E_DISK_FULL, E_CANCELLED; leaves nothing behind when it fails.
   */
  derive(derivation: Derivation): Promise<Artifact>;
  /** All that is stored; `needs` is the artifact whose layers it uses. */
  storedArtifacts(): readonly StoredItem[];
  storedSources(): readonly StoredItem[];
  /** What the snapshot consists of; `undefined` when it is not stored. */
  sourceManifest(digest: Digest): SourceManifest | undefined;
  /** Not found from the call on; resolves when it is gone from the disk. Nobody may need it any more. */
  discardArtifact(digest: Digest): Promise<void>;
  discardSource(digest: Digest): Promise<void>;
  /** Artifacts as OCI images, for engines that want them and for people, and the run images they stand on. */
  readonly images: ImageStore;
  removeAppCache(app: AppName): void;
  /** Removes what an interrupted build or upload left, the config values it was given too. Call once, at start. */
  sweep(): void;
}

/** Everything a builder works with; it looks for nothing itself. */
export type BuilderOptions = {
  readonly home: Pick<Home, "root" | "sources" | "artifacts" | "buildCache" | "buildpacks" | "buildConfig" | "images">;
  /** Portside's own, which images name. Default: none. */
  readonly version?: string;
  /** Holds one directory a buildpack, and `order.toml`. */
  readonly buildpacksDir: string;
  /** PATH of builds; must have `node` and `npm`. The same at launch, or what was built does not start. */
  readonly basePath: string;
  readonly clock: Clock;
  /** What builds may see of the platform's own environment; cut down to the list of cnb.md §6.1. Default: nothing. */
  readonly inherited?: Environment;
  /**
   * How programs of a build reach the network from this machine (`NODE_EXTRA_CA_CERTS`, `npm_config_registry` …): defaults
   * below the user's and the operator's own. Not part of an artifact's digest. Default: nothing.
   */
  readonly network?: Environment;
  /** Which addresses buildpacks may be fetched from. Default: public ones. */
  readonly guard?: AddressGuard;
  /** For tests. */
  readonly fetchLimits?: FetchLimits;
  /** What holds a build's programs and what they may take. Default: as tight as this machine allows, default limits. */
  readonly confinement?: BuildConfinement;
};

/** Builds slugs with the Cloud Native Buildpacks lifecycle on this machine. */
export class BuildpackBuilder implements Builder {
  readonly #options: BuilderOptions;
  readonly #sources: SourceStore;
  readonly #artifacts: ArtifactStore;
  readonly #buildpacks: BuildpackSources;
  readonly images: ImageStore;
  readonly #locks = new KeyLock();
  readonly #confinement: BuildConfinement;

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#confinement = options.confinement ?? new BuildConfinement({ home: options.home.root });
    this.#sources = new SourceStore(options.home.sources);
    this.#artifacts = new ArtifactStore(options.home.artifacts);
    this.#buildpacks = openBuildpackSources(options);
    const { home, version = "" } = options;
    this.images = new ImageStore({ directory: home.images, launcher: join(home.buildConfig, "launcher"), version });
  }

  hasSource(digest: Digest): boolean {
    return this.#sources.touch(digest);
  }

  findSource(digest: Digest): Source | undefined {
    return this.#sources.find(digest);
  }

  hasDirectory({ directory }: Source, path: string): boolean {
    const parts = path.split("/");
    return parts.every((_, index) =>
      lstatSync(join(directory, ...parts.slice(0, index + 1)), { throwIfNoEntry: false })?.isDirectory(),
    );
  }

  storeSource(digest: Digest, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Source> {
    return this.#sources.store(digest, tar, signal);
  }

  chooseBuildpacks(request: BuildpackRequest): Promise<ChosenBuildpacks> {
    const { source, appPath = ".", contract, named = NO_NAMED_BUILDPACKS, onOutput, signal } = request;
    return this.#buildpacks.choose({
      ...{ contract, named, signal },
      source: { root: source.directory, base: join(source.directory, appPath) },
      onLine: (line) => onOutput(LIFECYCLE, line),
    });
  }

  knownBuildpacks(): readonly KnownBuildpack[] {
    return this.#buildpacks.known();
  }

  installBuildpack(reference: string, signal: AbortSignal): Promise<readonly InstalledBuildpack[]> {
    return this.#buildpacks.install(reference, signal);
  }

  uninstallBuildpack(id: string, version: string | undefined): readonly InstalledBuildpack[] {
    return this.#buildpacks.uninstall(id, version);
  }

  artifactDigest({ source, appPath = "", contract, envDigest, buildpacks }: ArtifactInputs): Digest {
    const { basePath, buildpacksDir, home } = this.#options;
    return artifactDigestOf({
      source: source.digest,
      env: envDigest,
      // The Procfile is in the source, but how it is read may change.
      procfile: contract.procfile.map(({ name, command }) => `${name}: ${command}`),
      appPath,
      project: JSON.stringify(contract.projectToml ?? null),
      chosen: buildpacks.digest,
      buildpacks: hashBuildpacks(buildpacksDir),
      settings: readFiles(join(home.buildConfig, "env")).flat(),
      machine: [process.platform, process.arch, basePath],
    });
  }

  findArtifact(digest: Digest): Artifact | undefined {
    return this.#artifacts.find(digest);
  }

  async build(request: BuildRequest): Promise<Artifact> {
    const buildpacks = request.buildpacks ?? (await this.chooseBuildpacks(request));
    const digest = this.artifactDigest({ ...request, buildpacks });
    const { signal } = request;
    try {
      return await this.#locks.run(`app ${request.app}`, signal, () =>
        this.#locks.run(
          `artifact ${digest}`,
          signal,
          async () => this.findArtifact(digest) ?? this.#buildAnew(digest, { ...request, buildpacks }),
        ),
      );
    } catch (error) {
      throw asOperatingError(error, signal);
    }
  }

  async derive(derivation: Derivation): Promise<Artifact> {
    const { base, signal } = derivation;
    try {
      return await this.#locks.run(`derive ${base.digest}`, signal, () =>
        deriveArtifact(this.#artifacts, this.#options.clock, derivation),
      );
    } catch (error) {
      throw asOperatingError(error, signal);
    }
  }

  storedArtifacts(): readonly StoredItem[] {
    return this.#artifacts.list();
  }

  storedSources(): readonly StoredItem[] {
    return this.#sources.list();
  }

  sourceManifest(digest: Digest): SourceManifest | undefined {
    return this.#sources.manifest(digest);
  }

  discardArtifact(digest: Digest): Promise<void> {
    return this.#artifacts.discard(digest);
  }

  discardSource(digest: Digest): Promise<void> {
    return this.#sources.discard(digest);
  }

  removeAppCache(app: AppName): void {
    rmSync(join(this.#options.home.buildCache, app), { recursive: true, force: true });
    this.images.removeApp(app);
  }

  sweep(): void {
    this.#sources.sweep();
    this.#artifacts.sweep();
    this.#buildpacks.sweep();
    this.images.sweep();
  }

  async #buildAnew(digest: Digest, request: PreparedRequest): Promise<Artifact> {
    this.#artifacts.remove(digest);
    const directory = this.#artifacts.directoryOf(digest);
    try {
      const artifact = await holdBuild(this.#held(digest, request), (room) =>
        this.#run(digest, request, this.#context(directory, { request, room })),
      );
      await removeTree(join(directory, "scratch"));
      this.#artifacts.commit(artifact);
      return artifact;
    } catch (error) {
      await removeTree(directory);
      this.#artifacts.remove(digest);
      throw error;
    }
  }

  #held(digest: Digest, request: PreparedRequest): HeldBuild {
    const { home, basePath, buildpacksDir, network = {} } = this.#options;
    const { app, expectedMemoryBytes, onNote, onUsage, signal } = request;
    const places = { directory: this.#artifacts.directoryOf(digest), home: home.root, basePath, network };
    const needs = { buildpacks: [buildpacksDir, ...buildpackDirectories(request.buildpacks)], expectedMemoryBytes };
    return { confinement: this.#confinement, app, ...places, ...needs, onNote, onUsage, signal };
  }

  /** The lifecycle: detect → restore → build → export. cnb.md §1. */
  async #run(digest: Digest, request: PreparedRequest, context: BuildContext): Promise<Artifact> {
    const { directories, signal, room } = context;
    const cache = openLayerCache(join(this.#options.home.buildCache, request.app));
    const begin = (phase: BuildPhase): void => {
      context.onOutput(LIFECYCLE, phaseBanner(phase));
      request.onPhase?.(phase);
    };
    await prepare(request, context);
    await handOver(this.#artifacts.directoryOf(digest), directories, { owner: room?.owner, signal });
    begin("detect");
    for (const note of request.buildpacks.notes) context.onOutput(LIFECYCLE, note);
    const found = await detect(request.buildpacks.order, context, request.buildpacks.lookup);
    if (!found.ok) throw detectFailure(found, context, request);
    begin("restore");
    await restore(found.group, { cache: openTreeCache(cache.committed) }, context);
    await handOverLayers(directories.layers, room?.owner, signal);
    begin("build");
    const { built, processes } = await build(found.group, found.plan, context);
    await room?.close();
    await takeBack(this.#artifacts.directoryOf(digest), this.#confinement.limits, signal);
    if (processes.length === 0) throw new PortsideError("E_NO_PROCESS");
    begin("export");
    checkLayerContents(built, context);
    await keepCache(() => saveCache(built, cache, context), request);
    const slug = await exportSlug(built, context);
    return {
      digest,
      form: "slug",
      directory: this.#artifacts.directoryOf(digest),
      processes: inProcfileOrder(processes, request.contract),
      ...slug,
      ...(request.appPath === undefined ? {} : { appPath: request.appPath }),
      buildpacks: found.group.map(({ id, version }) => ({ id, version })),
      builtAt: this.#options.clock.now(),
    };
  }

  #context(directory: string, { request, room }: { request: BuildRequest; room: BuildRoom }): BuildContext {
    const { home, basePath, inherited = {}, network = {} } = this.#options;
    const scratch = join(directory, "scratch");
    return {
      directories: {
        app: join(directory, "app", request.appPath ?? "."),
        layers: join(directory, "layers"),
        scratch,
        platform: join(scratch, "platform"),
        buildConfig: home.buildConfig,
      },
      target: hostTarget(),
      environment: baseEnvironment({
        basePath,
        inherited,
        home: join(scratch, "home"),
        temporary: join(scratch, "tmp"),
      }),
      network,
      onOutput: request.onOutput,
      ...(request.onSection === undefined ? {} : { onSection: request.onSection }),
      room,
      signal: request.signal,
    };
  }
}

type PreparedRequest = BuildRequest & { readonly buildpacks: ChosenBuildpacks };

function openBuildpackSources(options: BuilderOptions): BuildpackSources {
  const { home, buildpacksDir, basePath, clock, guard, network = {}, fetchLimits } = options;
  const certificates = network["SSL_CERT_FILE"] ?? network["NODE_EXTRA_CA_CERTS"];
  return new BuildpackSources({
    ...{ directory: home.buildpacks, ownDirectory: buildpacksDir, basePath, clock },
    guard: guard ?? new AddressGuard(),
    ...(certificates === undefined ? {} : { certificates }),
    ...(fetchLimits === undefined ? {} : { limits: fetchLimits }),
  });
}
