import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTextIfExists } from "../../lib/files.ts";
import { copyTree } from "../../lib/tree.ts";
import { escapedId, type Buildpack } from "../buildpack-registry.ts";
import { parseLayerTypes, withoutTypes, type LayerTypes } from "../files/layer-toml.ts";
import { DocumentError } from "../files/toml-document.ts";
import { fileNames } from "../layer-environment.ts";
import { layersOf, LIFECYCLE, type BuildContext } from "../run-buildpack.ts";

/**
 * What comes back of a layer with these flags. A launch-only layer gets its metadata, so that the buildpack can leave the
 * content to the earlier image; build-only layers come back only with `cache`. cnb.md §4, the whole matrix.
 */
export function whatReturns(types: LayerTypes): { readonly metadata: boolean; readonly contents: boolean } {
  if (types.cache) return { metadata: true, contents: true };
  return { metadata: types.launch && !types.build, contents: false };
}

/**
 * Puts cached layers of the buildpacks that take part back in place, and their `store.toml`.
 * `<layer>.toml` comes back without `[types]`. A cached layer that cannot be read is left out and said so, never a failure.
 * Gives the number of layers restored. cnb.md §4.
 */
export async function restore(group: readonly Buildpack[], cache: string, context: BuildContext): Promise<number> {
  let restored = 0;
  for (const buildpack of group) {
    const from = join(cache, escapedId(buildpack.id));
    const to = layersOf(context, buildpack);
    mkdirSync(to, { recursive: true });
    const store = readTextIfExists(join(from, "store.toml"));
    if (store !== undefined) writeFileSync(join(to, "store.toml"), store);
    for (const layer of cachedLayers(from)) {
      try {
        restored += (await restoreLayer({ from, to, layer, buildpack }, context.signal)) ? 1 : 0;
      } catch (error) {
        if (!(error instanceof DocumentError)) throw error;
        context.onOutput(LIFECYCLE, `Not restoring ${buildpack.id}:${layer}: ${error.message}`);
      }
    }
  }
  return restored;
}

function cachedLayers(directory: string): string[] {
  return fileNames(directory)
    .filter((name) => name.endsWith(".toml") && name !== "store.toml")
    .map((name) => name.slice(0, -".toml".length));
}

async function restoreLayer(
  cached: { readonly from: string; readonly to: string; readonly layer: string; readonly buildpack: Buildpack },
  signal: AbortSignal,
): Promise<boolean> {
  const text = readFileSync(join(cached.from, `${cached.layer}.toml`), "utf8");
  const returns = whatReturns(parseLayerTypes(text, `${cached.layer}.toml`));
  const contents = join(cached.from, cached.layer);
  if (!returns.metadata || (returns.contents && !existsSync(contents))) return false;
  const metadata = withoutTypes(text, `${cached.layer}.toml`);
  if (returns.contents) {
    await copyTree(contents, join(cached.to, cached.layer), {
      mode: cached.buildpack.keepsLayerFiles ? "link" : "copy",
      signal,
    });
  }
  writeFileSync(join(cached.to, `${cached.layer}.toml`), metadata);
  return true;
}
