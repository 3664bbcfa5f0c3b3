import { createHash } from "node:crypto";
import * as z from "zod";
import { parseDigest, type Digest } from "../../model/source.ts";
import type { Compression } from "./compress.ts";

/*
 * The documents of the OCI image specification 1.1, as far as images of ours have them. Written by the exporter, by other
 * tools for run images. Read by the exporter and by whatever runs the image. Blobs of an image layout.
 */

/** Points to a blob. */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** One step of an image's making, as `docker history` shows it. */
export type HistoryEntry = {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
};

/** What a container of the image starts with. Fields this list lacks are kept as they are. */
export type ContainerConfig = {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
};

/** The image's config; its digest is the image id. */
export type ImageConfig = {
  readonly architecture: string;
  readonly os: string;
  readonly created?: string;
  readonly config: ContainerConfig;
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly Digest[] };
  readonly history: readonly HistoryEntry[];
  readonly [other: string]: unknown;
};

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
export const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
/** The annotation of an index entry that holds its tag. */
export const REF_NAME = "org.opencontainers.image.ref.name";

const LAYER_TYPES: Readonly<Record<Compression, string>> = {
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
};

/** The media type of a layer stored like this. */
export function layerType(compression: Compression): string {
  return LAYER_TYPES[compression];
}

/** How a layer of this media type is stored; Docker's own types too. `undefined`: unknown. */
export function compressionOf(mediaType: string): Compression | undefined {
  if (/layer\.v1\.tar$|image\.rootfs\.diff\.tar$/.test(mediaType)) return "none";
  if (/(?:[+.])gzip$/.test(mediaType)) return "gzip";
  return /(?:[+.])zstd$/.test(mediaType) ? "zstd" : undefined;
}

const DIGEST = z.string().transform((text, context): Digest => {
  const digest = parseDigest(text);
  if (digest !== undefined) return digest;
  context.addIssue("not a sha256 digest");
  return z.NEVER;
});
const DESCRIPTOR = z.object({
  mediaType: z.string().default(MANIFEST_TYPE),
  digest: DIGEST,
  size: z.number().int().min(0),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** `index.json`, and an index inside. */
export const INDEX_SCHEMA = z.object({ manifests: z.array(DESCRIPTOR) });
export const MANIFEST_SCHEMA = z.object({ config: DESCRIPTOR, layers: z.array(DESCRIPTOR) });
/** Docker's `manifest.json`. */
export const ARCHIVE_SCHEMA = z.array(
  z.object({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }),
);
export const CONFIG_SCHEMA = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  created: z.string().optional(),
  config: z
    .looseObject({
      User: z.string().optional(),
      Env: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  rootfs: z.object({ type: z.string(), diff_ids: z.array(DIGEST) }),
  history: z.array(z.looseObject({ empty_layer: z.boolean().optional() })).nullish(),
});

/** The digest of bytes. */
export function digestOf(bytes: string | Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
