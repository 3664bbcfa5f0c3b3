import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readTextIfExists } from "../../lib/files.ts";
import { escapedId } from "../buildpack-registry.ts";
import type { GroupElement } from "../files/group-toml.ts";
import { parseLayerTypes, type LayerTypes } from "../files/layer-toml.ts";
import { parseMetadataToml, type MetadataToml } from "../files/metadata-toml.ts";
import { parseTable } from "../files/toml-document.ts";
import { fileNames } from "../layer-environment.ts";

/** A launch layer, or a cache layer, as its buildpack left it. */
export type LaunchLayer = {
  readonly name: string;
  readonly directory: string;
  /** False: the buildpack counts on the previous image's layer of that name. */
  readonly hasContents: boolean;
  readonly types: LayerTypes;
  /** What the buildpack notes about it, `[metadata]`. */
  readonly data: Readonly<Record<string, unknown>>;
};

/** What one buildpack left for images, its layers in byte order of their names. */
export type LaunchBuildpack = GroupElement & {
  readonly layers: readonly LaunchLayer[];
  /** `store.toml`, for its next build. */
  readonly store?: Readonly<Record<string, unknown>>;
};

/** Everything a build left in its layers directory that an image is made of, buildpacks in group order. */
export type BuiltLayers = {
  readonly directory: string;
  readonly metadata: MetadataToml;
  readonly buildpacks: readonly LaunchBuildpack[];
  readonly hasSbom: boolean;
};

const NO_LAYERS = new Set(["build.toml", "launch.toml", "store.toml"]);

/**
 * Reads `<layers>` behind a build: `config/metadata.toml`, `<buildpack>/<layer>.toml`, `store.toml`; of the layers those that images
 * hold (`launch`) or those kept for the next build (`cache`). Throws `DocumentError`.
 */
export function readBuiltLayers(directory: string, kept: "launch" | "cache" = "launch"): BuiltLayers {
  const path = join(directory, "config/metadata.toml");
  const metadata = parseMetadataToml(readFileSync(path, "utf8"), path);
  return {
    directory,
    metadata,
    buildpacks: metadata.group.map((element) =>
      readBuildpack(join(directory, escapedId(element.id)), { element, kept }),
    ),
    hasSbom: existsSync(join(directory, "sbom/launch")),
  };
}

type Wanted = { readonly element: GroupElement; readonly kept: "launch" | "cache" };

function readBuildpack(directory: string, { element, kept }: Wanted): LaunchBuildpack {
  const documents = fileNames(directory).filter((file) => file.endsWith(".toml") && !NO_LAYERS.has(file));
  const layers = documents.flatMap((file) => readLayer(directory, file)).filter(({ types }) => types[kept]);
  const store = readTextIfExists(join(directory, "store.toml"));
  return { ...element, layers, ...(store === undefined ? {} : { store: parseTable(store, "store.toml") }) };
}

function readLayer(directory: string, file: string): LaunchLayer[] {
  const document = join(directory, file);
  const text = readFileSync(document, "utf8");
  const types = parseLayerTypes(text, document);
  if (!types.launch && !types.cache) return [];
  const name = file.slice(0, -".toml".length);
  const { metadata = {} } = parseTable(text, document);
  const contents = join(directory, name);
  const data = typeof metadata === "object" && metadata !== null ? { ...metadata } : {};
  return [{ name, directory: contents, hasContents: existsSync(contents), types, data }];
}
