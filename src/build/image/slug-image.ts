import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { escapedId } from "../buildpack-registry.ts";
import { directoryNames } from "../layer-environment.ts";
import { readBaseContents } from "./base-contents.ts";
import { readBuiltLayers, type BuiltLayers } from "./built-layers.ts";
import type { Compression } from "./compress.ts";
import { exportImage, type ExportedImage } from "./export-image.ts";
import { ImageError } from "./image-error.ts";
import { planImageLaunch } from "./image-launch.ts";
import { planOwner } from "./image-owner.ts";
import {
  planAppLayers,
  planBuildpackLayers,
  planSbomLayer,
  type LayerSource,
  type PlannedLayer,
} from "./layer-plan.ts";
import type { OciLayout } from "./oci-layout.ts";
import { findAnchor, USUAL_PLACES, type Placement } from "./placement.ts";
import type { StoredImage } from "./stored-image.ts";

/** A slug that becomes an image. */
export type SlugImageRequest = {
  /** Holds `app/` and `layers/`. */
  readonly directory: string;
  readonly base: StoredImage;
  /** What the base is called, for people and rebase. */
  readonly runImage: { readonly reference: string; readonly image?: string };
  readonly previous: StoredImage | undefined;
  readonly compression: Compression;
  readonly tag: string;
  readonly processType: string | undefined;
  readonly officialLauncher: Buffer | undefined;
  /** Ours. */
  readonly version: string;
  readonly createdS: number | undefined;
  readonly project: Readonly<Record<string, unknown>>;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
};

/** The image, and where the app is in it. */
export type SlugImage = ExportedImage & {
  readonly appDir: string;
  readonly layersDir: string;
  /** What the user should know: why the paths are unusual, what a launcher cannot do. */
  readonly notes: readonly string[];
};

/** Turns a slug into an image in a layout. Rejects with `ImageError`, `DocumentError`, the system's error or the signal's reason. */
export async function exportSlugImage(request: SlugImageRequest, layout: OciLayout): Promise<SlugImage> {
  const { directory, base, signal, version } = request;
  // A link where the artifact was derived from another one, whose layers it has.
  const built = readBuiltLayers(realpathSync(join(directory, "layers")));
  checkDocuments(built);
  const contents = await readBaseContents(base, signal);
  const { owner, defaultUser } = planOwner(base, contents);
  const { placement, note } = await choosePlacement(request, built);
  const source: LayerSource = { built, placement, owner, signal };
  const { processType, officialLauncher } = request;
  const launch = planImageLaunch({ built, placement, base, contents, processType, officialLauncher, version });
  const image = await exportImage({ ...request, ...source, launch, defaultUser }, layout);
  const notes = [...(note === undefined ? [] : [note]), ...launch.notes];
  return { ...image, appDir: placement.app.to, layersDir: placement.layers.to, notes };
}

/** Slugs of earlier versions lack the documents that say what their layers are; half an image would be worse than none. */
function checkDocuments(built: BuiltLayers): void {
  for (const { id } of built.buildpacks) {
    const directory = join(built.directory, escapedId(id));
    const unknown = directoryNames(directory).find((name) => !existsSync(join(directory, `${name}.toml`)));
    if (unknown !== undefined)
      throw new ImageError(
        "the release was built by an earlier Portside, which kept less than an image needs; deploy again",
      );
  }
}

/**
 * `/workspace` and `/layers`, as everybody expects, unless a file of the build names the directory it was built in: such files
 * must find it under the same path. cnb.md §7.3, decision 0014.
 */
async function choosePlacement(
  { directory, signal }: SlugImageRequest,
  built: BuiltLayers,
): Promise<{ readonly placement: Placement; readonly note?: string }> {
  const real = { app: join(directory, "app"), layers: built.directory };
  const home = dirname(real.layers);
  const former = home === directory ? {} : { formerApp: join(home, "app") };
  const placement = {
    ...former,
    app: { from: real.app, to: USUAL_PLACES.app },
    layers: { from: real.layers, to: USUAL_PLACES.layers },
  };
  const source: LayerSource = { built, placement, owner: { uid: 0, gid: 0 }, signal };
  const planned = [await planAppLayers(source), ...(await planAll(source))].flat();
  const entries = planned.flatMap((layer) => layer.entries ?? []);
  const anchor = await findAnchor(entries, { directories: [...new Set([directory, home])], placement }, signal);
  if (anchor === undefined) return { placement };
  const kept = { ...former, app: { from: real.app, to: real.app }, layers: { from: real.layers, to: real.layers } };
  const from = anchor.file.startsWith(`${directory}/`) ? directory : home;
  const file = anchor.file.slice(from.length + 1);
  return {
    placement: kept,
    note: `App and layers keep the paths of the build, ${from}, because ${file} names them.`,
  };
}

async function planAll(source: LayerSource): Promise<(readonly PlannedLayer[])[]> {
  const layers = await Promise.all(source.built.buildpacks.map((buildpack) => planBuildpackLayers(buildpack, source)));
  const sbom = await planSbomLayer(source);
  return sbom === undefined ? layers : [...layers, [sbom]];
}
