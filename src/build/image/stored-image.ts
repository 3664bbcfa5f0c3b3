import type { Readable } from "node:stream";
import type * as z from "zod";
import { digestHex, type Digest } from "../../model/source.ts";
import { createDecompress, detectCompression, type Compression } from "./compress.ts";
import { ImageError } from "./image-error.ts";
import { openImageFiles, type ImageFiles } from "./image-files.ts";
import {
  ARCHIVE_SCHEMA,
  compressionOf,
  CONFIG_SCHEMA,
  digestOf,
  INDEX_SCHEMA,
  INDEX_TYPE,
  MANIFEST_SCHEMA,
  REF_NAME,
  type HistoryEntry,
  type ImageConfig,
} from "./oci-documents.ts";

/** A layer of an image that exists. */
export type StoredLayer = {
  readonly diffId: Digest;
  /** Absent: the image was stored without this layer's bytes, for an engine that has them. */
  readonly blob?: StoredBlob;
};

/** The bytes of a stored layer. */
export type StoredBlob = {
  readonly compression: Compression;
  readonly sizeBytes: number;
  /** Of the bytes as stored, where the image says it. */
  readonly digest?: Digest;
  /** As stored. */
  readonly open: () => Readable;
};

/** An image that another one is built on, or that an earlier build made. */
export type StoredImage = {
  /** Digest of the manifest, or of the config where there is no manifest. */
  readonly reference: Digest;
  readonly config: ImageConfig;
  /** The config's own bytes, whose digest is the image id. */
  readonly configText: string;
  /** Bottom first, as many as `rootfs.diff_ids`. */
  readonly layers: readonly StoredLayer[];
};

/** Which of an image's platforms and tags is wanted. */
export type ImageChoice = { readonly os: string; readonly architecture: string; readonly tag?: string };

const INDEX_DEPTH_MAX = 3;

/**
 * Opens an OCI image layout or a docker-archive, each a directory or a tar file. Documents are checked against their digests
 * at once, layers when they are copied. Throws `ImageError`.
 */
export function openStoredImage(path: string, choice: ImageChoice): StoredImage {
  const files = openImageFiles(path);
  if (files.sizeOf("index.json") !== undefined) return openLayout(files, choice);
  if (files.sizeOf("manifest.json") !== undefined) return openArchive(files, choice);
  throw new ImageError(`${path} is neither an OCI image layout nor a docker-archive`);
}

/** An image of nothing at all. */
export function emptyImage({ os, architecture }: ImageChoice): StoredImage {
  const config = { architecture, os, config: {}, rootfs: { type: "layers", diff_ids: [] }, history: [] };
  const configText = JSON.stringify(config);
  return { reference: digestOf(configText), config, configText, layers: [] };
}

/** The layer's uncompressed bytes. Throws `ImageError` when they are not there. */
export function openUncompressed(layer: StoredLayer): Readable {
  if (layer.blob === undefined) throw new ImageError(`the layer ${layer.diffId} is missing in the image`);
  const { compression, open } = layer.blob;
  const bytes = open();
  const decompress = createDecompress(compression);
  if (decompress === undefined) return bytes;
  bytes.on("error", (error) => decompress.destroy(error));
  decompress.on("close", () => bytes.destroy());
  return bytes.pipe(decompress);
}

function openLayout(files: ImageFiles, choice: ImageChoice): StoredImage {
  const { digest } = chooseManifest(
    files,
    readDocument(INDEX_SCHEMA, files.readText("index.json"), "index.json"),
    choice,
  );
  const manifest = readBlob(files, MANIFEST_SCHEMA, digest);
  const config = checkedConfig(readBlob(files, CONFIG_SCHEMA, manifest.config.digest), choice);
  const configText = files.readText(blobName(manifest.config.digest));
  if (config.rootfs.diff_ids.length !== manifest.layers.length)
    throw new ImageError("its manifest and its config name different numbers of layers");
  const layers = manifest.layers.map((descriptor, index): StoredLayer => {
    const diffId = config.rootfs.diff_ids[index] ?? descriptor.digest;
    const compression = compressionOf(descriptor.mediaType);
    if (compression === undefined) throw new ImageError(`a layer of type ${descriptor.mediaType} cannot be read`);
    const name = blobName(descriptor.digest);
    const sizeBytes = files.sizeOf(name);
    if (sizeBytes === undefined) return { diffId };
    const blob = { compression, sizeBytes, digest: descriptor.digest, open: () => files.open(name) };
    return { diffId, blob };
  });
  return { reference: digest, config, configText, layers };
}

type Index = z.infer<typeof INDEX_SCHEMA>;
type Entry = Index["manifests"][number];

/** By tag in the outermost index, by platform in all; an index may lead to another one. */
function chooseManifest(files: ImageFiles, outermost: Index, choice: ImageChoice): Entry {
  const tagged = outermost.manifests.filter(({ annotations }) => annotations?.[REF_NAME] === choice.tag);
  if (choice.tag !== undefined && tagged.length === 0)
    throw new ImageError(`it has no image with the tag ${choice.tag}`);
  let chosen = chooseFitting(choice.tag === undefined ? outermost.manifests : tagged.slice(-1), choice);
  for (let depth = 1; isIndex(chosen); depth += 1) {
    if (depth >= INDEX_DEPTH_MAX) throw new ImageError("its indexes are nested too deeply");
    chosen = chooseFitting(readBlob(files, INDEX_SCHEMA, chosen.digest).manifests, choice);
  }
  return chosen;
}

function chooseFitting(manifests: readonly Entry[], { os, architecture }: ImageChoice): Entry {
  const [chosen, another] = manifests.filter(
    ({ platform }) => platform === undefined || (platform.os === os && platform.architecture === architecture),
  );
  if (chosen === undefined) throw new ImageError(`it has no image for ${os}/${architecture}`);
  if (another !== undefined && another.digest !== chosen.digest)
    throw new ImageError("it holds several images; give one of them");
  return chosen;
}

function isIndex({ mediaType }: Entry): boolean {
  return mediaType === INDEX_TYPE || mediaType.endsWith("manifest.list.v2+json");
}

function openArchive(files: ImageFiles, choice: ImageChoice): StoredImage {
  const images = readDocument(ARCHIVE_SCHEMA, files.readText("manifest.json"), "manifest.json");
  const image = images.find(({ RepoTags }) => choice.tag !== undefined && RepoTags?.includes(choice.tag)) ?? images[0];
  if (image === undefined || (images.length > 1 && choice.tag === undefined))
    throw new ImageError("it does not hold exactly one image");
  const text = files.readText(image.Config);
  const config = checkedConfig(readDocument(CONFIG_SCHEMA, text, image.Config), choice);
  if (config.rootfs.diff_ids.length !== image.Layers.length)
    throw new ImageError("its manifest and its config name different numbers of layers");
  const layers = config.rootfs.diff_ids.map((diffId, index): StoredLayer => {
    const name = image.Layers[index] ?? "";
    const sizeBytes = files.sizeOf(name);
    // An engine that has the layer already takes an empty file for it.
    if (sizeBytes === undefined || sizeBytes === 0) return { diffId };
    const compression = detectCompression(files.startOf(name));
    const digest = compression === "none" ? { digest: diffId } : {};
    return { diffId, blob: { compression, sizeBytes, ...digest, open: () => files.open(name) } };
  });
  return { reference: digestOf(text), config, configText: text, layers };
}

function checkedConfig(raw: z.infer<typeof CONFIG_SCHEMA>, choice: ImageChoice): ImageConfig {
  if (raw.os !== choice.os || raw.architecture !== choice.architecture) {
    const [is, wanted] = [`${raw.os}/${raw.architecture}`, `${choice.os}/${choice.architecture}`];
    throw new ImageError(`it is for ${is}, the build for ${wanted}`);
  }
  // `null` means the same as absence in these documents.
  const config = Object.fromEntries(Object.entries(raw.config ?? {}).filter(([, value]) => value !== null));
  return { ...raw, config, history: (raw.history ?? []) as HistoryEntry[] } as ImageConfig;
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

function readBlob<T>(files: ImageFiles, schema: z.ZodType<T>, digest: Digest): T {
  const text = files.readText(blobName(digest));
  if (digestOf(text) !== digest) throw new ImageError(`the blob ${digest} is damaged`);
  return readDocument(schema, text, digest);
}

function readDocument<T>(schema: z.ZodType<T>, text: string, name: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ImageError(`${name} is not JSON`, { cause: error });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ImageError(`${name}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "does not fit"}`);
}
