import * as z from "zod";
import { LAYERS_METADATA, NO_LAYERS, type LayersMetadata } from "./layers-metadata.ts";
import { formatDocument, parseDocument } from "./toml-document.ts";

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

/** What analyze found. `label`: the previous image's `io.buildpacks.lifecycle.metadata`, as it is there. */
export type Analysis = {
  readonly previousImage: string | undefined;
  readonly label: string | undefined;
  readonly runImage:
    | {
        readonly reference: string;
        readonly image: string;
        readonly os: string;
        readonly arch: string;
        readonly distroName: string | undefined;
        readonly distroVersion: string | undefined;
      }
    | undefined;
};

/** The document's text. A label that is no JSON table is left out: it is somebody else's. */
export function formatAnalyzedToml({ previousImage, label, runImage }: Analysis): string {
  const distro = { name: runImage?.distroName, version: runImage?.distroVersion };
  return formatDocument({
    ...(previousImage === undefined ? {} : { image: { reference: previousImage } }),
    ...(label === undefined ? {} : { metadata: readLabel(label) }),
    ...(runImage === undefined
      ? {}
      : {
          "run-image": {
            reference: runImage.reference,
            image: runImage.image,
            target: { os: runImage.os, arch: runImage.arch, ...(distro.name === undefined ? {} : { distro }) },
          },
        }),
  });
}

/** TOML has no null, which in the label means the same as absence. */
function readLabel(label: string): Record<string, unknown> | undefined {
  try {
    const table: unknown = JSON.parse(label, (_key, value: unknown) => value ?? undefined);
    return typeof table === "object" && table !== null && !Array.isArray(table) ? { ...table } : undefined;
  } catch {
    return undefined;
  }
}
