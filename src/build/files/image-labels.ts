import * as z from "zod";
import type { LaunchProcess } from "../../model/launch-plan.ts";
import type { LayerTypes } from "./layer-toml.ts";
import type { GroupElement } from "./group-toml.ts";

/*
 * The three labels by which CNB tools know an image. Written by export. Read by analyze at the next build (the first one), by
 * `pack inspect-image` and rebase, and by platforms that want the process types. In the image's config. cnb.md §8.4.
 */

export const LIFECYCLE_METADATA = "io.buildpacks.lifecycle.metadata";
export const BUILD_METADATA = "io.buildpacks.build.metadata";
export const PROJECT_METADATA = "io.buildpacks.project.metadata";

/** A layer of the image, by the digest of its uncompressed tar. */
export type LayerSha = { readonly sha: string };

/** A launch layer of a buildpack. */
export type LaunchLayerRecord = LayerSha & LayerTypes & { readonly data: Readonly<Record<string, unknown>> };

/** `io.buildpacks.lifecycle.metadata`: which layer is what, for reuse and rebase. */
export type LifecycleMetadata = {
  readonly app: readonly LayerSha[];
  readonly sbom?: LayerSha;
  readonly buildpacks: readonly {
    readonly key: string;
    readonly version: string;
    readonly layers: Readonly<Record<string, LaunchLayerRecord>>;
    readonly store?: Readonly<Record<string, unknown>>;
  }[];
  readonly config: LayerSha;
  readonly launcher: LayerSha;
  readonly "process-types": LayerSha;
  readonly runImage: RunImageRecord & { readonly topLayer: string; readonly reference: string };
  readonly stack: { readonly runImage: { readonly image: string; readonly mirrors?: readonly string[] } };
};

/** What the run image is called. */
export type RunImageRecord = { readonly image?: string; readonly mirrors?: readonly string[] };

/** `io.buildpacks.build.metadata`: buildpacks and processes. */
export function buildMetadata(built: {
  readonly group: readonly GroupElement[];
  readonly processes: readonly LaunchProcess[];
  readonly launcherVersion: string;
}): Record<string, unknown> {
  const byType = built.processes.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  const defaultType = built.processes.find((process) => process.default)?.type;
  return {
    buildpacks: built.group.map(({ id, version, homepage }) => ({ id, version, homepage })),
    launcher: { version: built.launcherVersion, source: { git: { repository: "", commit: "" } } },
    processes: byType.map(({ type, command, args, direct, buildpackId, workingDir }) => ({
      type,
      command,
      args,
      direct,
      buildpackID: buildpackId,
      "working-dir": workingDir,
    })),
    "buildpack-default-process-type": defaultType,
  };
}

/** JSON of a label: keys of free-form tables sorted, whole numbers of TOML beyond 2^53 exact. The same value gives the same text. */
export function labelText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "bigint" ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(inner)) : inner,
  );
}

/** A free-form table with its keys sorted, at every depth. */
export function sortedTable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedTable);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedTable(inner)]));
}

const SHAS = z.object({
  buildpacks: z
    .array(z.object({ key: z.string(), layers: z.record(z.string(), z.object({ sha: z.string() })).nullish() }))
    .nullish(),
});

/** Digests of the launch layers in an image's lifecycle label, by `buildpack:layer`; none for a label that is not understood. */
export function parseLayerShas(label: string): ReadonlyMap<string, string> {
  const result = SHAS.safeParse(parseJson(label));
  const buildpacks = result.data?.buildpacks ?? [];
  return new Map(
    buildpacks.flatMap(({ key, layers }) =>
      Object.entries(layers ?? {}).map(([name, { sha }]) => [`${key}:${name}`, sha] as const),
    ),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody else's label: nothing can be reused by it.
    return undefined;
  }
}
