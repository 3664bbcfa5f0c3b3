import { reveal } from "../../lib/secret.ts";
import type { Release } from "../../model/release.ts";
import type { SourceEntry } from "../../model/source.ts";
import { diffNames, type NameDiff, type ReleaseDiff, type Texts } from "./name-diff.ts";
import type { World } from "../world.ts";

/** Compares what two releases run. */
export function diffReleases(world: World, from: Release, to: Release): ReleaseDiff {
  const files = both(filesOf(world, from), filesOf(world, to));
  const processes = both(processesOf(world, from), processesOf(world, to));
  const buildpacks = both(buildpacksOf(world, from), buildpacksOf(world, to));
  return {
    ...(files === undefined ? {} : { files }),
    config: diffNames(configOf(world, from), configOf(world, to)),
    ...(processes === undefined ? {} : { processes }),
    ...(buildpacks === undefined ? {} : { buildpacks }),
    formation: diffNames(textsOf(from.formation), textsOf(to.formation)),
  };
}

function both(from: Texts | undefined, to: Texts | undefined): NameDiff | undefined {
  return from === undefined || to === undefined ? undefined : diffNames(from, to);
}

function filesOf({ builder }: World, release: Release): Texts | undefined {
  const manifest = builder.sourceManifest(release.source);
  return manifest && new Map(manifest.entries.map((entry) => [entry.path, identityOf(entry)]));
}

function identityOf(entry: SourceEntry): string {
  return entry.kind === "link" ? `link ${entry.target}` : `file ${entry.mode} ${entry.sha256}`;
}

function configOf({ store }: World, release: Release): Texts {
  const values = Object.entries(store.config.read(release.app, release.configVersion));
  return new Map(values.map(([name, value]) => [name, reveal(value, "comparison of two releases")]));
}

function processesOf({ builder }: World, release: Release): Texts | undefined {
  const artifact = builder.findArtifact(release.artifact);
  return (
    artifact &&
    // Where the app lay then differs with every build.
    new Map(artifact.processes.map((p) => [p.type, JSON.stringify(p).replaceAll(artifact.directory, "")]))
  );
}

function buildpacksOf({ builder }: World, release: Release): Texts | undefined {
  const artifact = builder.findArtifact(release.artifact);
  return artifact && new Map(artifact.buildpacks.map(({ id, version }) => [id, version]));
}

function textsOf(values: Readonly<Record<string, unknown>>): Texts {
  return new Map(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
}
