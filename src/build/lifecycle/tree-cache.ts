import { copyFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTextIfExists } from "../../lib/files.ts";
import { copyTree } from "../../lib/tree.ts";
import { escapedId } from "../buildpack-registry.ts";
import { parseLayerTypes, withoutTypes } from "../files/layer-toml.ts";
import { DocumentError } from "../files/toml-document.ts";
import { fileNames } from "../layer-environment.ts";
import { CacheReadError, type CachedLayer, type LayerCacheReader } from "./layer-cache-reader.ts";
import { sbomNames } from "./sbom-files.ts";

/** The cache of an embedded build, as `saveCache` leaves it: `<buildpack>/<layer>/`, `<layer>.toml` and `store.toml`. */
export function openTreeCache(committed: string): LayerCacheReader {
  return {
    layersOf(buildpackId, onProblem) {
      const directory = join(committed, escapedId(buildpackId));
      const layers = new Map<string, CachedLayer>();
      for (const file of fileNames(directory)) {
        if (!file.endsWith(".toml") || file === "store.toml") continue;
        const name = file.slice(0, -".toml".length);
        try {
          layers.set(name, readLayer(join(directory, file), file));
        } catch (error) {
          if (!(error instanceof DocumentError)) throw error;
          onProblem(name, error.message);
        }
      }
      return layers;
    },
    storeOf: (buildpackId) => readTextIfExists(join(committed, escapedId(buildpackId), "store.toml")),
    async fetch({ buildpackId, name, to, mayShare }, signal) {
      const contents = join(committed, escapedId(buildpackId), name);
      if (!existsSync(contents)) throw new CacheReadError("its contents are not in the cache");
      const from = dirname(contents);
      // Only what artifacts hold is shared. A download cache is written into, and the build may run as another user.
      const { launch } = readLayer(join(from, `${name}.toml`), name).types;
      await copyTree(contents, to, { mode: mayShare && launch ? "link" : "copy", signal });
      for (const file of sbomNames(fileNames(from), name)) copyFileSync(join(from, file), join(dirname(to), file));
    },
    fetchSbom: () => Promise.resolve(),
  };

  function readLayer(path: string, document: string): CachedLayer {
    const text = readTextIfExists(path) ?? "";
    const types = parseLayerTypes(text, document);
    return { sha: "", types, metadata: withoutTypes(text, document) };
  }
}
