import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { hasCode } from "../../lib/files.ts";
import { formatLayerMetadata } from "../files/layer-toml.ts";
import { NO_LAYERS, parseLayersMetadataJson, type LayersMetadata } from "../files/layers-metadata.ts";
import { DocumentError } from "../files/toml-document.ts";
import { CacheReadError, type CachedLayer, type LayerCacheReader } from "./layer-cache-reader.ts";
import { DamagedTarError, unpackBelow } from "./unpack-layer.ts";

/** Name of the document that lists a cache's layers. cnb.md §9. */
export const CACHE_METADATA = "io.buildpacks.lifecycle.cache.metadata";

/**
 * The cache other CNB platforms keep: `<directory>/committed/` with one document and one tar a layer, named by its digest.
 * A cache that cannot be read is one without layers; `onProblem` is told why. Contents are hashed before they are believed. cnb.md §9.
 */
export function openTarCache(
  directory: string,
  layersDirectory: string,
  onProblem: (problem: string) => void,
): LayerCacheReader {
  const committed = join(directory, "committed");
  const metadata = readMetadata(committed, onProblem);
  const unpack = async (sha: string, to: string, signal: AbortSignal): Promise<void> => {
    const blob = join(committed, `${sha}.tar`);
    await asCacheReadError(sha, async () => {
      await verify(blob, sha, signal);
      await unpackBelow(blob, to, signal);
    });
  };
  return {
    layersOf(buildpackId) {
      const layers = metadata.buildpacks.find(({ key }) => key === buildpackId)?.layers ?? {};
      return new Map(
        Object.entries(layers)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, { sha, data, build, cache, launch }]): [string, CachedLayer] => [
            name,
            { sha, types: { build, cache, launch }, metadata: formatLayerMetadata(data) },
          ]),
      );
    },
    storeOf: () => undefined,
    fetch: ({ sha, to }, signal) => unpack(sha, to, signal),
    async fetchSbom(_layersDirectory, signal) {
      const sha = metadata.sbom?.sha ?? "";
      if (sha !== "") await unpack(sha, join(layersDirectory, "sbom"), signal);
    },
  };
}

function readMetadata(committed: string, onProblem: (problem: string) => void): LayersMetadata {
  try {
    return parseLayersMetadataJson(readFileSync(join(committed, CACHE_METADATA), "utf8"), CACHE_METADATA);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return NO_LAYERS;
    if (!(error instanceof DocumentError) && !hasCode(error, "EACCES", "EISDIR")) throw error;
    onProblem(`the cache cannot be read: ${(error as Error).message}`);
    return NO_LAYERS;
  }
}

const SHA = /^sha256:[0-9a-f]{64}$/;

async function verify(blob: string, sha: string, signal: AbortSignal): Promise<void> {
  if (!SHA.test(sha)) throw new CacheReadError(`"${sha}" is no digest`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(blob), hash, { signal });
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== sha) throw new CacheReadError(`expected layer contents to have SHA '${sha}'; found '${found}'`);
}

async function asCacheReadError(sha: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (error instanceof DamagedTarError) throw new CacheReadError(error.message, { cause: error });
    if (!hasCode(error, "ENOENT", "EACCES", "EISDIR", "EIO")) throw error;
    throw new CacheReadError(`failed to find cache layer with SHA '${sha}'`, { cause: error });
  }
}
