import type { Digest } from "../../model/source.ts";
import {
  BUILD_METADATA,
  buildMetadata,
  labelText,
  LIFECYCLE_METADATA,
  PROJECT_METADATA,
  parseLayerShas,
  sortedTable,
  type LaunchLayerRecord,
  type LifecycleMetadata,
  type RunImageRecord,
} from "../files/image-labels.ts";
import type { Compression } from "./compress.ts";
import { planImageConfig } from "./image-config.ts";
import type { ImageLaunch } from "./image-launch.ts";
import {
  planAppLayers,
  planBuildpackLayers,
  planConfigLayer,
  planLauncherLayer,
  planProcessLayer,
  planSbomLayer,
  type LayerSource,
  type PlannedLayer,
} from "./layer-plan.ts";
import { LayerWriter, type PutLayer } from "./layer-writer.ts";
import type { Descriptor, ImageConfig } from "./oci-documents.ts";
import type { OciLayout } from "./oci-layout.ts";
import type { StoredImage } from "./stored-image.ts";

/** What becomes an image. */
export type ExportRequest = LayerSource & {
  readonly launch: ImageLaunch;
  readonly base: StoredImage;
  /** The run image's names, for rebase. */
  readonly runImage: RunImageRecord & { readonly reference: string };
  /** The image of the build before, whose layers are taken where nothing changed. */
  readonly previous: StoredImage | undefined;
  readonly compression: Compression;
  readonly tag: string;
  readonly defaultUser: string | undefined;
  /** SOURCE_DATE_EPOCH. */
  readonly createdS: number | undefined;
  /** For the project label. */
  readonly project: Readonly<Record<string, unknown>>;
  /** A line of the phase's log. */
  readonly tell: (line: string) => void;
};

/** An image that now lies in a layout. */
export type ExportedImage = {
  readonly manifest: Descriptor;
  /** Digest of the config: the image id. */
  readonly imageId: Digest;
  readonly config: ImageConfig;
};

/**
 * Makes the image: launch layers, SBOM, app, launcher, launcher config, process links, on the run image; then its config and
 * labels; last its entry in the layout. The same input gives the same digests. Rejects with `ImageError`, the system's error
 * or the signal's reason; the layout's images are then as before. cnb.md §8.
 */
export async function exportImage(request: ExportRequest, layout: OciLayout): Promise<ExportedImage> {
  const { previous, compression, signal, launch, tag } = request;
  const writer = new LayerWriter(layout, { previous, compression, signal });
  await writer.putBase(request.base);
  const buildpacks = await putBuildpacks(request, writer);
  const sbom = await putIfAny(await planSbomLayer(request), request, writer);
  const app = await putApp(request, writer);
  const launcher = await putIfAny(launch.launcher && planLauncherLayer(launch.launcher), request, writer);
  const config = await putIfAny(await planConfigLayer(request), request, writer);
  const types = launch.launcher === undefined ? [] : request.built.metadata.processes.map(({ type }) => type);
  const links = await putIfAny(planProcessLayer(types), request, writer);
  const metadata: LifecycleMetadata = {
    app: app.map(({ diffId }) => ({ sha: diffId })),
    ...(sbom === undefined ? {} : { sbom: { sha: sbom.diffId } }),
    buildpacks,
    config: { sha: config?.diffId ?? "" },
    launcher: { sha: launcher?.diffId ?? "" },
    "process-types": { sha: links?.diffId ?? "" },
    ...runImageRecords(request),
  };
  const imageConfig = planImageConfig(request.base, {
    ...launch,
    layers: writer.history,
    labels: planLabels(request, metadata),
    defaultUser: request.defaultUser,
    createdS: request.createdS,
  });
  return { ...layout.writeImage(imageConfig, writer.written, tag), config: imageConfig };
}

async function putBuildpacks(request: ExportRequest, writer: LayerWriter): Promise<LifecycleMetadata["buildpacks"]> {
  const shas = parseLayerShas(request.previous?.config.config.Labels?.[LIFECYCLE_METADATA] ?? "");
  const records: LifecycleMetadata["buildpacks"][number][] = [];
  for (const buildpack of request.built.buildpacks) {
    const layers: Record<string, LaunchLayerRecord> = {};
    for (const planned of await planBuildpackLayers(buildpack, request)) {
      const sha = shas.get(planned.id);
      const put = await writer.put(planned, sha === undefined ? [] : [sha]);
      request.tell(`${put.isReused ? "Reusing" : "Adding"} layer '${planned.id}'`);
      const { name, types, data } = planned.layer;
      layers[name] = { sha: put.diffId, data: sortedTable(data) as Record<string, unknown>, ...types };
    }
    const { id: key, version, store } = buildpack;
    const kept = store === undefined ? {} : { store: sortedTable(store) as Record<string, unknown> };
    records.push({ key, version, layers, ...kept });
  }
  return records;
}

async function putApp(request: ExportRequest, writer: LayerWriter): Promise<readonly PutLayer[]> {
  const put: PutLayer[] = [];
  for (const layer of await planAppLayers(request)) put.push(await writer.put(layer, previousDigests(request)));
  const reused = put.filter(({ isReused }) => isReused).length;
  if (reused > 0) request.tell(`Reusing ${reused}/${put.length} app layer(s)`);
  if (reused < put.length) request.tell(`Adding ${put.length - reused}/${put.length} app layer(s)`);
  return put;
}

async function putIfAny(
  layer: PlannedLayer | undefined,
  request: ExportRequest,
  writer: LayerWriter,
): Promise<PutLayer | undefined> {
  if (layer === undefined) return undefined;
  const put = await writer.put(layer, previousDigests(request));
  request.tell(`${put.isReused ? "Reusing" : "Adding"} layer '${layer.id}'`);
  return put;
}

/** A layer of ours is known by its content alone. */
function previousDigests({ previous }: ExportRequest): readonly Digest[] {
  return previous?.layers.map(({ diffId }) => diffId) ?? [];
}

function runImageRecords({ base, runImage }: ExportRequest): Pick<LifecycleMetadata, "runImage" | "stack"> {
  const { reference, image, mirrors } = runImage;
  const names = { ...(image === undefined ? {} : { image }), ...(mirrors === undefined ? {} : { mirrors }) };
  const topLayer = base.layers.at(-1)?.diffId ?? "";
  return { runImage: { topLayer, reference, ...names }, stack: { runImage: { image: "", ...names } } };
}

function planLabels(request: ExportRequest, metadata: LifecycleMetadata): Record<string, string> {
  const { group, labels } = request.built.metadata;
  const { launcherVersion, processes } = request.launch;
  const added = {
    [LIFECYCLE_METADATA]: labelText(metadata),
    [BUILD_METADATA]: labelText(buildMetadata({ group, processes, launcherVersion })),
    [PROJECT_METADATA]: labelText(request.project),
    ...Object.fromEntries(labels.map(({ key, value }) => [key, value])),
  };
  for (const key of Object.keys(added)) request.tell(`Adding label '${key}'`);
  return added;
}
