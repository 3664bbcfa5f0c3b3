import { mkdirSync } from "node:fs";
import { delimiter, isAbsolute } from "node:path";
import { shareTree } from "../../lib/tree-owner.ts";
import type { Buildpack } from "../buildpack-registry.ts";
import type { ChosenBuildpacks } from "../buildpack-sources/chosen-buildpacks.ts";
import type { BuildRoom, BuildUsage } from "./build-room.ts";
import type { BuildConfinement } from "./confinement.ts";

/** One build and what its programs need to see of the machine. */
export type HeldBuild = {
  readonly confinement: BuildConfinement;
  readonly app: string;
  /** The artifact's directory; made here. */
  readonly directory: string;
  /** The Portside home. */
  readonly home: string;
  /** Directories of the buildpacks that may take part, and where the installation's own are. */
  readonly buildpacks: readonly string[];
  readonly basePath: string;
  /** Variables about the network; those that name a file make it readable. */
  readonly network: Readonly<Record<string, string>>;
  readonly onNote: ((note: string) => void) | undefined;
  readonly onUsage: ((usage: BuildUsage) => void) | undefined;
  readonly signal: AbortSignal;
};

/** Makes a room for a build's programs and does the work in it; whatever happens, none of them runs when this is over. */
export async function holdBuild<Result>(build: HeldBuild, work: (room: BuildRoom) => Promise<Result>): Promise<Result> {
  const { confinement, app, directory, home, buildpacks, basePath, network } = build;
  mkdirSync(directory, { recursive: true });
  // Fetched ones are ours alone until a build of another user is to run them.
  for (const path of buildpacks) if (path.startsWith(`${home}/`)) await shareTree(path, build.signal);
  const readable = [...buildpacks, ...basePath.split(delimiter), ...Object.values(network).filter(isAbsolute)];
  const room = await confinement.open({ app, directory, readable, onNote: build.onNote ?? (() => {}) });
  try {
    return await work(room);
  } finally {
    await room.close();
    build.onUsage?.(room.usage);
  }
}

/** Where the buildpacks that may take part lie, those that a composite stands for too. */
export function buildpackDirectories({ order, lookup }: Pick<ChosenBuildpacks, "order" | "lookup">): readonly string[] {
  const found = new Map<string, Buildpack>();
  const waiting = order.flat().map(({ buildpack }) => buildpack);
  for (let buildpack = waiting.pop(); buildpack !== undefined; buildpack = waiting.pop()) {
    if (found.has(buildpack.directory)) continue;
    found.set(buildpack.directory, buildpack);
    waiting.push(...buildpack.order.flat().flatMap(({ id, version }) => lookup(id, version) ?? []));
  }
  return [...found.keys()];
}
