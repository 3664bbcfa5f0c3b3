import { formatBytes } from "../../lib/format-bytes.ts";
import { mkdirSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { availableMemoryBytes } from "../../lib/memory.ts";
import { shareTree } from "../../lib/tree-owner.ts";
import type { Buildpack } from "../buildpack-registry.ts";
import type { ChosenBuildpacks } from "../buildpack-sources/chosen-buildpacks.ts";
import { explainFailure } from "../diagnoses/explain-failure.ts";
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
  readonly expectedMemoryBytes: number | undefined;
  readonly onNote: ((note: string) => void) | undefined;
  readonly onUsage: ((usage: BuildUsage) => void) | undefined;
  readonly signal: AbortSignal;
};

/** Makes a room for a build's programs and does the work in it; whatever happens, none of them runs when this is over. */
export async function holdBuild<Result>(build: HeldBuild, work: (room: BuildRoom) => Promise<Result>): Promise<Result> {
  const { confinement, app, directory, home, buildpacks, basePath, network } = build;
  mkdirSync(directory, { recursive: true });
  const doubt = memoryDoubt({
    freeBytes: availableMemoryBytes(),
    expectedBytes: build.expectedMemoryBytes,
    ...confinement.limits,
  });
  if (doubt !== undefined) build.onNote?.(doubt);
  // Fetched ones are ours alone until a build of another user is to run them.
  for (const path of buildpacks) if (path.startsWith(`${home}/`)) await shareTree(path, build.signal);
  const readable = [...buildpacks, ...basePath.split(delimiter), ...Object.values(network).filter(isAbsolute)];
  const room = await confinement.open({ app, directory, readable, onNote: build.onNote ?? (() => {}) });
  try {
    return await work(room);
  } catch (error) {
    await room.close();
    const { oomKillCount } = room.usage;
    const { memoryBytesMax } = confinement.limits;
    throw explainFailure(error, { lines: room.lastLines, oomKillCount, memoryBytesMax, app: join(directory, "app") });
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

/** Less than this is free on a machine that is about to run out, whatever a build needs. */
const MEMORY_FREE_BYTES_MIN = 268_435_456;
/** A peak this close to the limit was cut by it, or nearly. */
const LIMIT_SHARE = 0.9;

/** What to say before a build that may not fit into memory; nothing when it should. Pure. */
export function memoryDoubt(memory: {
  readonly freeBytes: number;
  readonly expectedBytes: number | undefined;
  readonly memoryBytesMax: number;
}): string | undefined {
  const { freeBytes, expectedBytes, memoryBytesMax } = memory;
  const free = formatBytes(freeBytes);
  if (expectedBytes !== undefined && expectedBytes > freeBytes)
    return `The last build held ${formatBytes(expectedBytes)} of memory at its peak, and ${free} are free now: this one may run out of it.`;
  if (freeBytes < MEMORY_FREE_BYTES_MIN) return `Only ${free} of memory are free now: the build may run out of it.`;
  if (expectedBytes !== undefined && expectedBytes > memoryBytesMax * LIMIT_SHARE)
    return `The last build held ${formatBytes(expectedBytes)} of memory at its peak; builds may hold ${formatBytes(memoryBytesMax)} (PORTSIDE_BUILD_MEMORY).`;
  return undefined;
}
