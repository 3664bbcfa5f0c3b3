import * as z from "zod";
import { LAYERS_METADATA, NO_LAYERS, type LayersMetadata } from "./layers-metadata.ts";
import { parseDocument } from "./toml-document.ts";

const TEXT = z.string().optional();
const TARGET = z.object({
  id: TEXT,
  os: TEXT,
  arch: TEXT,
  "arch-variant": TEXT,
  distro: z.object({ name: TEXT, version: TEXT }).optional(),
});
const SCHEMA = z.object({
  image: z.object({ reference: z.string() }).optional(),
  metadata: LAYERS_METADATA.optional(),
  "run-image": z
    .object({ reference: z.string().default(""), image: z.string().default(""), target: TARGET.optional() })
    .optional(),
});

/** What the app will run on, as far as the run image says. */
export type RunImageTarget = z.infer<typeof TARGET>;

/**
 * `<layers>/analyzed.toml`: the previous image and its layers, the run image and what it runs on.
 * Written by analyze. Read by detect and build (the target), restore (the layers) and export. cnb.md §1.
 */
export type AnalyzedToml = {
  /** Reference of the previous image. */
  readonly previousImage: string | undefined;
  readonly layers: LayersMetadata;
  readonly runImage:
    | { readonly reference: string; readonly image: string; readonly target?: RunImageTarget | undefined }
    | undefined;
};

/** Throws `DocumentError`. An empty text is an analysis that found nothing. */
export function parseAnalyzedToml(text: string, document = "analyzed.toml"): AnalyzedToml {
  const parsed = parseDocument(SCHEMA, text, document);
  return {
    previousImage: parsed.image?.reference,
    layers: parsed.metadata ?? NO_LAYERS,
    runImage: parsed["run-image"],
  };
}
