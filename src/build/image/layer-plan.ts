import { readFileSync } from "node:fs";
import { join } from "node:path";
import { escapedId } from "../buildpack-registry.ts";
import type { BuiltLayers, LaunchBuildpack, LaunchLayer } from "./built-layers.ts";
import { ImageError } from "./image-error.ts";
import {
  directoryEntry,
  fileEntry,
  linkEntry,
  parentEntries,
  pathBytes,
  readTree,
  type LayerEntry,
  type Owner,
} from "./layer-entries.ts";
import { moveEntry, moveText, type Placement } from "./placement.ts";
import { sliceApp } from "./slices.ts";

/** A layer to be: what it is called in the log and in the history, and what is in it. */
export type PlannedLayer = {
  readonly id: string;
  readonly createdBy: string;
  /** Absent: the previous image's layer is taken, unseen. */
  readonly entries?: readonly LayerEntry[];
};

/** The launcher's file in the image. */
export const LAUNCHER_PATH = "/cnb/lifecycle/launcher";

/** What layers are made from. */
export type LayerSource = {
  readonly built: BuiltLayers;
  readonly placement: Placement;
  readonly owner: Owner;
  readonly signal: AbortSignal;
};

/** The launch layers of one buildpack, in order. Throws `ImageError` for a cached layer that has no contents. */
export async function planBuildpackLayers(
  buildpack: LaunchBuildpack,
  source: LayerSource,
): Promise<readonly (PlannedLayer & { readonly layer: LaunchLayer })[]> {
  const planned: (PlannedLayer & { readonly layer: LaunchLayer })[] = [];
  for (const layer of buildpack.layers) {
    const id = `${buildpack.id}:${layer.name}`;
    const createdBy = `Layer: '${layer.name}', Created by buildpack: ${buildpack.id}@${buildpack.version}`;
    if (!layer.hasContents && layer.types.cache)
      throw new ImageError(`layer '${id}' is cache=true but has no contents`);
    const to = join(source.placement.layers.to, escapedId(buildpack.id), layer.name);
    const entries = layer.hasContents ? { entries: await readDirectory(layer.directory, to, source) } : {};
    planned.push({ id, createdBy, layer, ...entries });
  }
  return planned;
}

/** `<layers>/sbom/launch`, if there is one. */
export async function planSbomLayer(source: LayerSource): Promise<PlannedLayer | undefined> {
  if (!source.built.hasSbom) return undefined;
  const to = join(source.placement.layers.to, "sbom/launch");
  const entries = await readDirectory(join(source.built.directory, "sbom/launch"), to, source);
  return { id: "buildpacksio/lifecycle:launch.sbom", createdBy: "Software Bill-of-Materials", entries };
}

/** `<layers>/sbom/cache`, which goes into the cache and into no image. */
export function planCacheSbomLayer(source: LayerSource): Promise<readonly LayerEntry[]> {
  const to = join(source.placement.layers.to, "sbom/cache");
  return readDirectory(join(source.built.directory, "sbom/cache"), to, source);
}

/** The app, in one layer or in slices and the rest. */
export async function planAppLayers(source: LayerSource): Promise<readonly PlannedLayer[]> {
  const { placement, built } = source;
  const parents = parentEntries(placement.app.to);
  const app = await readMoved(placement.app.from, placement.app.to, source);
  const { slices } = built.metadata;
  return sliceApp(app, slices).map((entries, index) => ({
    id: slices.length === 0 ? "app" : `slice-${index + 1}`,
    createdBy: slices.length === 0 ? "Application Layer" : `Application Slice: ${index + 1}`,
    entries: entries.length === 0 ? [] : [...parents, ...entries],
  }));
}

/** The launcher's program. */
export function planLauncherLayer(program: Buffer): PlannedLayer {
  const entries = [...parentEntries(LAUNCHER_PATH), fileEntry(LAUNCHER_PATH, program, 0o755)];
  return { id: "buildpacksio/lifecycle:launcher", createdBy: "Buildpacks Application Launcher", entries };
}

/** `<layers>/config`; `metadata.toml` names the paths in the image. */
export async function planConfigLayer(source: LayerSource): Promise<PlannedLayer> {
  const { placement, built } = source;
  const to = join(placement.layers.to, "config");
  const entries = (await readDirectory(join(built.directory, "config"), to, source)).map((entry) => {
    if (entry.file === undefined) return entry;
    const text = readFileSync(pathBytes(entry.file), "utf8");
    const content = Buffer.from(moveText(text, placement));
    return { ...entry, content, sizeBytes: content.length };
  });
  return { id: "buildpacksio/lifecycle:config", createdBy: "Buildpacks Launcher Config", entries };
}

/** A link to the launcher for each process type. */
export function planProcessLayer(types: readonly string[]): PlannedLayer | undefined {
  if (types.length === 0) return undefined;
  const links = types.toSorted().map((type) => linkEntry(`/cnb/process/${type}`, LAUNCHER_PATH));
  const entries = [directoryEntry("/cnb"), directoryEntry("/cnb/process"), ...links];
  return { id: "buildpacksio/lifecycle:process-types", createdBy: "Buildpacks Process Types", entries };
}

async function readDirectory(from: string, to: string, source: LayerSource): Promise<LayerEntry[]> {
  return [...parentEntries(to), ...(await readMoved(from, to, source))];
}

async function readMoved(from: string, to: string, source: LayerSource): Promise<LayerEntry[]> {
  const entries = await readTree({ from, to, owner: source.owner }, source.signal);
  const read = (file: string): string => readFileSync(pathBytes(file)).toString("latin1");
  return entries.map((entry) => moveEntry(entry, source.placement, read));
}
