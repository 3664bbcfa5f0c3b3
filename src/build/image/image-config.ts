import type { Digest } from "../../model/source.ts";
import { EPOCH_S } from "./layer-entries.ts";
import type { ContainerConfig, HistoryEntry, ImageConfig } from "./oci-documents.ts";
import type { StoredImage } from "./stored-image.ts";

/** What a layer is, for `docker history`. */
export type LayerHistory = { readonly diffId: Digest; readonly createdBy: string };

/** What a new image differs in from the one it stands on. */
export type ImageChange = {
  readonly layers: readonly LayerHistory[];
  /** Replaces variables of the same name, in place. */
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  /** Where the run image names no user. */
  readonly defaultUser: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds; SOURCE_DATE_EPOCH. Default: 1980-01-01T00:00:01Z. */
  readonly createdS: number | undefined;
};

/** What else a new image takes over from the base's config; Docker's own older fields are about the base alone. */
const KEPT = ["author", "variant", "os.version", "os.features"];

/**
 * The config of an image: the base's with the change. Labels and keys are in a fixed order, so that the same input gives the
 * same bytes. Pure. cnb.md §8.4.
 */
export function planImageConfig(base: StoredImage, change: ImageChange): ImageConfig {
  const created = new Date((change.createdS ?? EPOCH_S) * 1_000).toISOString().replace(".000Z", "Z");
  const { config, rootfs, architecture, os } = base.config;
  const kept = KEPT.flatMap((key) => (base.config[key] === undefined ? [] : [[key, base.config[key]] as const]));
  const added = change.layers.map(({ createdBy }): HistoryEntry => ({ created, created_by: createdBy }));
  return {
    architecture,
    os,
    ...Object.fromEntries(kept),
    created,
    config: containerConfig(config, change),
    rootfs: { type: "layers", diff_ids: [...rootfs.diff_ids, ...change.layers.map(({ diffId }) => diffId)] },
    history: [...baseHistory(base, created), ...added],
  };
}

/** `NAME=value` as a table; of a repeated name the last counts, as in a container. */
export function readEnv(env: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    env.map((line) => {
      const end = line.indexOf("=");
      return end < 0 ? [line, ""] : [line.slice(0, end), line.slice(end + 1)];
    }),
  );
}

function containerConfig(base: ContainerConfig, change: ImageChange): ContainerConfig {
  const { Cmd: _, Entrypoint: __, ...kept } = base;
  const env = { ...readEnv(base.Env), ...change.env };
  const labels = Object.entries({ ...base.Labels, ...change.labels }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const user = base.User ?? "";
  return {
    ...kept,
    ...(user === "" && change.defaultUser !== undefined ? { User: change.defaultUser } : {}),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Entrypoint: change.entrypoint,
    ...(change.cmd.length === 0 ? {} : { Cmd: change.cmd }),
    WorkingDir: change.workingDir,
    Labels: Object.fromEntries(labels),
  };
}

/** The base's history when it tells of every layer; else one entry a layer, since tools count them. */
function baseHistory(base: StoredImage, created: string): readonly HistoryEntry[] {
  const { history } = base.config;
  const told = history.filter((entry) => entry.empty_layer !== true).length;
  return told === base.layers.length ? history : base.layers.map(() => ({ created }));
}
