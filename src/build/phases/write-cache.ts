import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readBuiltLayers } from "../image/built-layers.ts";
import type { LayerEntry } from "../image/layer-entries.ts";
import { planBuildpackLayers, planCacheSbomLayer, type LayerSource } from "../image/layer-plan.ts";
import { layerTar } from "../image/layer-tar.ts";
import { saveTarCache } from "../lifecycle/save-tar-cache.ts";
import type { LayersMetadata } from "../files/layers-metadata.ts";

type Blobs = Map<string, (path: string) => Promise<void>>;

/**
 * Keeps the cache layers of a build for the next `restore`: one tar a layer under its digest, and the document that lists them.
 * A layer in image and cache has the same digest in both. Rejects with `ImageError`, the system's error or the signal's reason; the
 * old cache then still stands. cnb.md §9.
 */
export async function writeCache(directory: string, source: LayerSource): Promise<void> {
  const { signal } = source;
  const blobs: Blobs = new Map();
  const buildpacks: LayersMetadata["buildpacks"] = [];
  for (const buildpack of readBuiltLayers(source.built.directory, "cache").buildpacks) {
    const layers: LayersMetadata["buildpacks"][number]["layers"] = {};
    for (const { layer, entries = [] } of await planBuildpackLayers(buildpack, source)) {
      const sha = await addBlob(blobs, entries, signal);
      layers[layer.name] = { sha, data: { ...layer.data }, ...layer.types };
    }
    buildpacks.push({ key: buildpack.id, version: buildpack.version, layers, store: undefined });
  }
  const sbom = existsSync(join(source.built.directory, "sbom/cache")) ? await planCacheSbomLayer(source) : undefined;
  const sbomRecord = sbom === undefined ? {} : { sbom: { sha: await addBlob(blobs, sbom, signal) } };
  await saveTarCache(directory, { metadata: { ...sbomRecord, buildpacks }, blobs });
}

/** Gives the tar's digest: only then is it known whether it must be written at all. */
async function addBlob(blobs: Blobs, entries: readonly LayerEntry[], signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const block of layerTar(entries, signal)) hash.update(block);
  const sha = `sha256:${hash.digest("hex")}`;
  blobs.set(sha, (path) => pipeline(layerTar(entries, signal), createWriteStream(path, { mode: 0o600 }), { signal }));
  return sha;
}
