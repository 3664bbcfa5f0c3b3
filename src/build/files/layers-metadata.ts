import * as z from "zod";
import { DocumentError } from "./toml-document.ts";

const FLAG = z.boolean().default(false);
const TABLE = z.record(z.string(), z.unknown());
const LAYER = z
  .object({
    sha: z.string().default(""),
    /** JSON's name. */
    data: TABLE.nullish(),
    /** TOML's name. */
    metadata: TABLE.nullish(),
    build: FLAG,
    cache: FLAG,
    launch: FLAG,
  })
  .transform(({ metadata, data, ...layer }) => ({ ...layer, data: data ?? metadata ?? {} }));
const BUILDPACK = z.object({
  key: z.string(),
  version: z.string().default(""),
  layers: z
    .record(z.string(), LAYER)
    .nullish()
    .transform((layers) => layers ?? {}),
  store: z
    .object({ metadata: TABLE.default({}) })
    .nullish()
    .transform((store) => store ?? undefined),
});

/** What is known of earlier layers, in JSON or TOML. cnb.md §8.4, §9. */
export const LAYERS_METADATA = z.object({
  buildpacks: z
    .array(BUILDPACK)
    .nullish()
    .transform((buildpacks) => buildpacks ?? []),
  sbom: z
    .object({ sha: z.string().default("") })
    .nullish()
    .transform((sbom) => sbom ?? undefined),
});

/**
 * The layers an earlier build left in an image or a cache: digest, flags and metadata of each, and what buildpacks stored.
 * Written by export (image label `io.buildpacks.lifecycle.metadata`, cache document `io.buildpacks.lifecycle.cache.metadata`).
 * Read by analyze, which hands the label on in `analyzed.toml`, and by restore.
 */
export type LayersMetadata = z.infer<typeof LAYERS_METADATA>;

/** One layer in it. */
export type LayerRecord = LayersMetadata["buildpacks"][number]["layers"][string];

/** Of an earlier build that left nothing. */
export const NO_LAYERS: LayersMetadata = { buildpacks: [], sbom: undefined };

/** The JSON form. Throws `DocumentError`. */
export function parseLayersMetadataJson(text: string, document: string): LayersMetadata {
  const result = LAYERS_METADATA.safeParse(parseJson(text, document));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DocumentError(
    document,
    `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "not what it should be"}`,
  );
}

function parseJson(text: string, document: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DocumentError(document, error instanceof Error ? error.message : String(error));
  }
}
