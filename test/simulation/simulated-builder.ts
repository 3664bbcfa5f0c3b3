import type { ArtifactInputs, Builder, BuildRequest } from "../../src/build/builder.ts";
import type { StoredItem } from "../../src/model/stored-item.ts";
import type { ChosenBuildpacks } from "../../src/build/buildpack-sources/chosen-buildpacks.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { AppContract } from "../../src/model/app-contract.ts";
import type { Artifact } from "../../src/model/artifact.ts";
import type { Parsed } from "../../src/model/diagnostic.ts";
import { PortsideError } from "../../src/model/error-registry.ts";
import type { Digest, Source } from "../../src/model/source.ts";
import { contractOf, digestOf, type SimulatedSource } from "./sources.ts";

const DIRECTORY = "/sources/";

/** The disk of the builder: outlives every control plane. */
export type BuilderDisk = { readonly sources: Map<Digest, SimulatedSource>; readonly artifacts: Map<Digest, Artifact> };

const CHOSEN: ChosenBuildpacks = {
  ...{ origin: "detection", references: [], order: [], directories: [], digest: "one", notes: [] },
  lookup: () => undefined,
};

/** Builds by waiting. One for each life of the control plane, on one disk. */
export class SimulatedBuilder implements Builder {
  get images(): never {
    throw new Error("no simulated operation makes an image");
  }

  readonly #disk: BuilderDisk;
  readonly #clock: Clock;

  constructor(disk: BuilderDisk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
  }

  hasSource(digest: Digest): boolean {
    return this.#disk.sources.has(digest);
  }

  findSource(digest: Digest): Source | undefined {
    return this.hasSource(digest) ? { digest, directory: `${DIRECTORY}${digest}` } : undefined;
  }

  hasDirectory(): boolean {
    return true;
  }

  storeSource(): Promise<Source> {
    return Promise.reject(new Error("scenarios put their sources on the disk themselves"));
  }

  chooseBuildpacks(): Promise<ChosenBuildpacks> {
    return Promise.resolve(CHOSEN);
  }

  knownBuildpacks(): readonly never[] {
    return [];
  }

  installBuildpack(): Promise<never> {
    return Promise.reject(new Error("no scenario installs buildpacks"));
  }

  uninstallBuildpack(): never {
    throw new Error("no scenario removes buildpacks");
  }

  artifactDigest({ source, envDigest }: Pick<ArtifactInputs, "source" | "envDigest">): Digest {
    return digestOf(`${source.digest} ${envDigest}`);
  }

  findArtifact(digest: Digest): Artifact | undefined {
    return this.#disk.artifacts.get(digest);
  }

  async build(request: BuildRequest): Promise<Artifact> {
    const source = this.#disk.sources.get(request.source.digest);
    if (source === undefined) throw new Error("a build without a source");
    request.onOutput("test/buildpack", "building");
    await this.#clock.sleep(source.build.ms, request.signal);
    if (source.build.fails) throw new PortsideError("E_BUILD_FAILED", { problem: "the scenario says so" });
    const digest = this.artifactDigest(request);
    const processes = Object.entries(source.processes).map(([type, command]) => {
      return {
        type,
        command: [command],
        args: [],
        direct: false,
        default: type === "web",
        buildpackId: "test/buildpack",
      };
    });
    const artifact: Artifact = {
      digest,
      form: "slug",
      directory: `/artifacts/${digest}`,
      processes,
      launchPlan: { steps: [] },
      buildpacks: [{ id: "test/buildpack", version: "1.0.0" }],
      builtAt: this.#clock.now(),
      sizeBytes: 1,
    };
    this.#disk.artifacts.set(digest, artifact);
    return artifact;
  }

  async derive({ base, writeApp, signal }: Parameters<Builder["derive"]>[0]): Promise<Artifact> {
    await writeApp("/staging", signal);
    const digest = digestOf(`${base.digest} and what its hook wrote`);
    const derived = { ...base, digest, derivedFrom: base.digest };
    this.#disk.artifacts.set(digest, derived);
    return derived;
  }

  storedArtifacts(): readonly StoredItem[] {
    return [...this.#disk.artifacts.values()].map(({ digest, sizeBytes, builtAt, derivedFrom }) => {
      return { digest, sizeBytes, usedAt: builtAt, ...(derivedFrom === undefined ? {} : { needs: derivedFrom }) };
    });
  }

  storedSources(): readonly StoredItem[] {
    return [];
  }

  sourceManifest(): undefined {
    return undefined;
  }

  discardArtifact(digest: Digest): Promise<void> {
    this.#disk.artifacts.delete(digest);
    return Promise.resolve();
  }

  discardSource(): Promise<void> {
    return Promise.resolve();
  }

  removeAppCache(): void {
    // There is none.
  }

  sweep(): void {
    // An interrupted build leaves nothing here.
  }
}

/** Stands for contract's reader: looks the directory up on the builder's disk. */
export function readSimulatedContract(disk: BuilderDisk, directory: string): Promise<Parsed<AppContract>> {
  const source = disk.sources.get(directory.slice(DIRECTORY.length) as Digest);
  if (source === undefined) return Promise.reject(new Error(`no source in ${directory}`));
  const place = { file: "Procfile", line: 1, column: 1 };
  const diagnostic = {
    code: "PROC_DUPLICATE",
    severity: "error",
    message: "The scenario says so.",
    hint: "Do not.",
    ...place,
  } as const;
  return Promise.resolve({ value: contractOf(source), diagnostics: source.hasDiagnosticError ? [diagnostic] : [] });
}
