import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTextIfExists } from "../../lib/files.ts";
import { copyTree, isSameTree, makeFilesReadOnly } from "../../lib/tree.ts";
import { escapedId } from "../buildpack-registry.ts";
import type { BuiltLayer } from "../files/layer-toml.ts";
import { readDocument } from "../files/read-document.ts";
import { directoryNames, fileNames } from "../layer-environment.ts";
import { layersOf, type BuildContext } from "../run-buildpack.ts";
import type { BuiltBuildpack } from "./build-phase.ts";
import { SBOM_BYTES_MAX, sbomNames } from "./sbom-files.ts";

/** The layer cache of one app: `committed/<buildpack>/<layer>/`, `<layer>.toml`, SBOM files and `store.toml`, as the buildpack left them. */
export type LayerCache = { readonly committed: string; readonly staging: string; readonly backup: string };

/** Paths of an app's layer cache. A crash between the two renames of a save is repaired here. */
export function openLayerCache(root: string): LayerCache {
  const cache = {
    committed: join(root, "committed"),
    staging: join(root, "staging"),
    backup: join(root, "committed-backup"),
  };
  if (!existsSync(cache.committed) && existsSync(cache.backup)) renameSync(cache.backup, cache.committed);
  return cache;
}

/**
 * Keeps the cache layers for the next build: all in `staging/`, then one rename. Nothing is written when nothing changed.
 * Layers that stay in the artifact are shared as hard links where their buildpack allows it, and then read-only; the others
 * are moved. Rejects with the system's error or the signal's reason; the old cache then still stands. cnb.md §9.
 */
export async function saveCache(
  built: readonly BuiltBuildpack[],
  cache: LayerCache,
  context: BuildContext,
): Promise<void> {
  const kept = built.map((one) => ({ ...one, layers: one.layers.filter(({ types }) => types.cache) }));
  if (await isUnchanged(kept, cache, context)) return;
  rmSync(cache.staging, { recursive: true, force: true });
  for (const one of kept) await stage(one, cache, context);
  rmSync(cache.backup, { recursive: true, force: true });
  if (existsSync(cache.committed)) renameSync(cache.committed, cache.backup);
  renameSync(cache.staging, cache.committed);
  rmSync(cache.backup, { recursive: true, force: true });
}

async function isUnchanged(
  kept: readonly BuiltBuildpack[],
  cache: LayerCache,
  context: BuildContext,
): Promise<boolean> {
  const present = directoryNames(cache.committed);
  if (present.length !== kept.length) return false;
  for (const { buildpack, layers } of kept) {
    const from = layersOf(context, buildpack);
    const to = join(cache.committed, escapedId(buildpack.id));
    const documents = documentsOf(layers, from);
    if (fileNames(to).join("/") !== documents.toSorted().join("/")) return false;
    if (documents.some((name) => readFileSync(join(from, name), "utf8") !== readTextIfExists(join(to, name))))
      return false;
    for (const { name } of layers) {
      if (!existsSync(join(to, name)) || !(await isSameTree(join(from, name), join(to, name), context.signal)))
        return false;
    }
  }
  return true;
}

/** The documents to keep: `<layer>.toml` and SBOM files of each layer, and `store.toml` if there is one. */
function documentsOf(layers: readonly BuiltLayer[], directory: string): string[] {
  const files = fileNames(directory);
  const documents = layers.flatMap(({ name }) => [`${name}.toml`, ...sbomNames(files, name)]);
  return existsSync(join(directory, "store.toml")) ? [...documents, "store.toml"] : documents;
}

async function stage({ buildpack, layers }: BuiltBuildpack, cache: LayerCache, context: BuildContext): Promise<void> {
  const from = layersOf(context, buildpack);
  const to = join(cache.staging, escapedId(buildpack.id));
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const document of documentsOf(layers, from)) {
    writeFileSync(join(to, document), readDocument(join(from, document), document, SBOM_BYTES_MAX) ?? "");
  }
  for (const { name, types } of layers) {
    const contents = join(from, name);
    if (!types.launch) {
      renameSync(contents, join(to, name));
      continue;
    }
    if (buildpack.keepsLayerFiles) await makeFilesReadOnly(contents, context.signal);
    await copyTree(contents, join(to, name), {
      mode: buildpack.keepsLayerFiles ? "link" : "copy",
      signal: context.signal,
    });
  }
}
