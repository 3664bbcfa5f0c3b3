import { lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Buildpack } from "../buildpack-registry.ts";
import type { Requirement } from "../files/build-plan.ts";
import { parseBuildToml } from "../files/build-toml.ts";
import { parseLaunchToml, type LaunchToml } from "../files/launch-toml.ts";
import { parseLayerTypes, type BuiltLayer } from "../files/layer-toml.ts";
import { readDocument } from "../files/read-document.ts";
import { checkStoreToml } from "../files/store-toml.ts";
import { DocumentError } from "../files/toml-document.ts";
import { layersOf, type BuildContext } from "../run-buildpack.ts";

const RESERVED = new Set(["build.toml", "launch.toml", "store.toml"]);

/** What one `bin/build` left, its layers in alphabetical order. `met`: names of its plan that later ones need not see. */
export type LeftDocuments = {
  readonly layers: readonly BuiltLayer[];
  readonly met: ReadonlySet<string>;
  readonly launch: LaunchToml;
};

/**
 * Reads all documents in a buildpack's layers directory after its program ended; a layer that is for nothing is set aside as
 * `<layer>.ignore`. Throws `DocumentError` for the first that is not right. cnb.md §5.2.
 */
export function collectDocuments(
  buildpack: Buildpack,
  requires: readonly Requirement[],
  context: BuildContext,
): LeftDocuments {
  const directory = layersOf(context, buildpack);
  const read = (name: string): string => readDocument(join(directory, name), name) ?? "";
  const layers = readLayers(directory).flatMap((layer) => settleLayer(directory, layer));
  checkStoreToml(read("store.toml"));
  const { unmet } = parseBuildToml(read("build.toml"));
  const names = new Set(requires.map(({ name }) => name));
  const foreign = unmet.find((name) => !names.has(name));
  if (foreign !== undefined) {
    const problem = `\`${foreign}\` is unmet but not in its plan: unmet.name must match a requested dependency`;
    throw new DocumentError("build.toml", problem);
  }
  const met = new Set([...names].filter((name) => !unmet.includes(name)));
  return { layers, met, launch: parseLaunchToml(read("launch.toml"), buildpack.api) };
}

/** Every layer a buildpack's layers directory declares, in alphabetical order. Throws `DocumentError`. */
export function readLayers(directory: string): readonly BuiltLayer[] {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new DocumentError("layers directory", "it is gone");
  }
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(".toml") && !RESERVED.has(entry.name))
    .map(({ name }) => name)
    .toSorted()
    .map((file) => {
      const name = file.slice(0, -".toml".length);
      if (name === "") throw new DocumentError(file, "has no layer's name");
      const types = parseLayerTypes(readDocument(join(directory, file), file) ?? "", file);
      return { name, types };
    });
}

function settleLayer(directory: string, layer: BuiltLayer): BuiltLayer[] {
  const path = join(directory, layer.name);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const { launch, build, cache } = layer.types;
  if (!launch && !build && !cache) {
    if (stat === undefined) return [];
    rmSync(`${path}.ignore`, { recursive: true, force: true });
    renameSync(path, `${path}.ignore`);
    return [];
  }
  // A link in a layer's place would have us copy, pack and hand on what it points to (decision 0011).
  if (stat === undefined || stat.isDirectory()) return [layer];
  throw new DocumentError(`layer \`${layer.name}\``, "it is not a directory");
}
