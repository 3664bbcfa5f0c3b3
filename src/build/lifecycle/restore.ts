import { lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Buildpack } from "../buildpack-registry.ts";
import { formatLayerMetadata, type LayerTypes } from "../files/layer-toml.ts";
import { NO_LAYERS, type LayerRecord, type LayersMetadata } from "../files/layers-metadata.ts";
import { formatStoreToml } from "../files/store-toml.ts";
import { layersOf, LIFECYCLE, warn, type BuildContext } from "../run-buildpack.ts";
import { CacheReadError, type CachedLayer, type LayerCacheReader } from "./layer-cache-reader.ts";
import { restoreSbom } from "./sbom-files.ts";

/** What earlier builds left. */
export type Earlier = {
  /** What the previous image says about its layers. */
  readonly image?: LayersMetadata;
  readonly cache?: LayerCacheReader;
  /** Only `store.toml` comes back. */
  readonly skipLayers?: boolean;
};

/** A layer that comes back: its metadata, and its contents if its flags and digests say so. */
export type RestoredLayer = {
  readonly name: string;
  readonly from: "image" | "cache";
  readonly metadata: string;
  /** Digest of the contents to fetch from the cache; absent: metadata alone. */
  readonly sha?: string;
};

/**
 * What comes back of a layer with these flags, when cache and image agree. A launch-only layer gets its metadata, so that the
 * buildpack can leave the content to the earlier image; build-only layers come back only with `cache`. cnb.md §4, the whole matrix.
 */
export function whatReturns(types: LayerTypes): { readonly metadata: boolean; readonly contents: boolean } {
  if (types.cache) return { metadata: true, contents: true };
  return { metadata: types.launch && !types.build, contents: false };
}

/**
 * Which layers of one buildpack come back, and which are dropped because image and cache hold different contents. An image's
 * record goes before a cache's; a cached launch layer that the image lacks comes back too. Pure. cnb.md §4.
 */
export function planRestore(
  image: Readonly<Record<string, LayerRecord>>,
  cached: ReadonlyMap<string, CachedLayer>,
): { readonly layers: readonly RestoredLayer[]; readonly stale: readonly string[] } {
  const layers: RestoredLayer[] = [];
  const stale: string[] = [];
  for (const [name, record] of Object.entries(image)) {
    const inCache = cached.get(name);
    const isCached = inCache?.types.cache === true;
    if (!record.launch || !whatReturns(record).metadata || (record.cache && !isCached)) continue;
    if (isCached && inCache.sha !== record.sha) stale.push(name);
    else {
      const sha = isCached ? { sha: inCache.sha } : {};
      layers.push({ name, from: "image", metadata: formatLayerMetadata(record.data), ...sha });
    }
  }
  for (const [name, layer] of cached) {
    if (!layer.types.cache || (layer.types.launch && image[name]?.launch === true)) continue;
    layers.push({ name, from: "cache", metadata: layer.metadata, sha: layer.sha });
  }
  return { layers, stale };
}

/**
 * Puts layers of the buildpacks that take part back in place, their `store.toml` and SBOM files too.
 * `<layer>.toml` comes back without `[types]`. What cannot be read is left out with a warning, never a failure.
 * Gives the number of layers restored. cnb.md §4.
 */
export async function restore(
  group: readonly Buildpack[],
  { image = NO_LAYERS, cache, skipLayers = false }: Earlier,
  context: BuildContext,
): Promise<number> {
  let restored = 0;
  for (const buildpack of group) {
    const record = image.buildpacks.find(({ key }) => key === buildpack.id);
    mkdirSync(layersOf(context, buildpack), { recursive: true });
    const store = record?.store === undefined ? cache?.storeOf(buildpack.id) : formatStoreToml(record.store.metadata);
    if (store !== undefined) writeFileSync(join(layersOf(context, buildpack), "store.toml"), store);
    if (skipLayers) continue;
    const cached = readCache(buildpack, cache, context);
    const { layers, stale } = planRestore(record?.layers ?? {}, cached);
    for (const name of stale) {
      context.onOutput(LIFECYCLE, `Removing "${buildpack.id}:${name}", wrong sha`);
      removeLayer(layersOf(context, buildpack), name);
    }
    for (const layer of layers) restored += (await restoreLayer(buildpack, layer, { cache, context })) ? 1 : 0;
  }
  if (skipLayers) context.onOutput(LIFECYCLE, "Skipping buildpack layer analysis");
  else await fetchSbom(group, cache, context);
  return restored;
}

function readCache(
  { id }: Buildpack,
  cache: LayerCacheReader | undefined,
  context: BuildContext,
): ReadonlyMap<string, CachedLayer> {
  return (
    cache?.layersOf(id, (layer, problem) => context.onOutput(LIFECYCLE, `Not restoring ${id}:${layer}: ${problem}`)) ??
    new Map<string, CachedLayer>()
  );
}

async function restoreLayer(
  buildpack: Buildpack,
  layer: RestoredLayer,
  { cache, context }: { readonly cache: LayerCacheReader | undefined; readonly context: BuildContext },
): Promise<boolean> {
  const identifier = `${buildpack.id}:${layer.name}`;
  const directory = layersOf(context, buildpack);
  if (!isLayerName(layer.name)) {
    warn(context, `Skipping restore for layer ${identifier}: this cannot be a layer's name`);
    return false;
  }
  if (layer.sha !== undefined && cache !== undefined) {
    const to = join(directory, layer.name);
    removeLayer(directory, layer.name);
    const wanted = { buildpackId: buildpack.id, name: layer.name, sha: layer.sha, to };
    try {
      await cache.fetch({ ...wanted, mayShare: buildpack.keepsLayerFiles }, context.signal);
    } catch (error) {
      if (!(error instanceof CacheReadError)) throw error;
      // Unlike the reference, which leaves the metadata: a buildpack that trusts it would take the layer for whole.
      rmSync(to, { recursive: true, force: true });
      warn(context, `Skipping restore for layer ${identifier}: ${error.message}`);
      return false;
    }
    context.onDebug?.(`Restoring data for "${identifier}" from cache`);
  }
  writeFileSync(join(directory, `${layer.name}.toml`), layer.metadata);
  context.onDebug?.(`Restoring metadata for "${identifier}" from ${layer.from === "image" ? "app image" : "cache"}`);
  return true;
}

/** Nothing of it may be left of a build that was interrupted. */
function removeLayer(directory: string, name: string): void {
  if (!isLayerName(name)) return;
  for (const suffix of ["", ".toml", ".sha"]) rmSync(join(directory, name + suffix), { recursive: true, force: true });
}

/** A name from an image or a cache becomes a path. */
function isLayerName(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !name.includes("/") && !name.includes("\0");
}

async function fetchSbom(
  group: readonly Buildpack[],
  cache: LayerCacheReader | undefined,
  context: BuildContext,
): Promise<void> {
  const { layers } = context.directories;
  try {
    await cache?.fetchSbom(layers, context.signal);
  } catch (error) {
    if (!(error instanceof CacheReadError)) throw error;
    warn(context, `Skipping restore of SBOM files: ${error.message}`);
    rmSync(join(layers, "sbom"), { recursive: true, force: true });
  }
  const stat = lstatSync(join(layers, "sbom"), { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) restoreSbom(group, layers);
}
