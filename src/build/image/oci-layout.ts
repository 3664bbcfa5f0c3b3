import { createHash, type Hash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/files.ts";
import { digestHex, parseDigest, type Digest } from "../../model/source.ts";
import { compressBlocks, type Compression } from "./compress.ts";
import { ImageError } from "./image-error.ts";
import type { LayerEntry } from "./layer-entries.ts";
import { layerTar } from "./layer-tar.ts";
import {
  CONFIG_TYPE,
  digestOf,
  INDEX_SCHEMA,
  INDEX_TYPE,
  layerType,
  MANIFEST_TYPE,
  REF_NAME,
  type Descriptor,
  type ImageConfig,
} from "./oci-documents.ts";
import { openUncompressed, type StoredBlob, type StoredLayer } from "./stored-image.ts";

/** The content of `oci-layout`. */
export const LAYOUT_VERSION = '{"imageLayoutVersion":"1.0.0"}';
const FILE_MODE = 0o644;

/** A layer as it now lies in a layout. */
export type WrittenLayer = { readonly diffId: Digest; readonly descriptor: Descriptor };

/**
 * An OCI image layout that images are written into: `oci-layout`, `index.json`, `blobs/sha256`. Blobs appear whole, under
 * their digest; an image appears with its entry in `index.json`, last. What is there stays. OCI image specification 1.1.
 */
export class OciLayout {
  readonly directory: string;
  readonly #signal: AbortSignal;
  #temporaryCount = 0;

  /** Makes the directory if needed. Throws `ImageError` when it holds something else than a layout. */
  constructor(directory: string, signal: AbortSignal) {
    this.directory = directory;
    this.#signal = signal;
    const isNew = !existsSync(directory) || readdirSync(directory).length === 0;
    if (!isNew && !existsSync(join(directory, "oci-layout")))
      throw new ImageError(`${directory} is neither empty nor an OCI image layout`);
    mkdirSync(join(directory, "blobs/sha256"), { recursive: true });
    if (isNew) writeFileSync(join(directory, "oci-layout"), LAYOUT_VERSION);
  }

  /** Writes a layer: read once, hashed before and behind the compression. */
  async writeEntries(entries: readonly LayerEntry[], compression: Compression): Promise<WrittenLayer> {
    return this.#writeBlocks(layerTar(entries, this.#signal), compression);
  }

  /** Brings a layer of another image in; as it is stored there, unless whoever wants `gzip` could not read that. */
  async copyLayer(layer: StoredLayer, compression: Compression): Promise<WrittenLayer> {
    const { diffId, blob } = layer;
    if (blob === undefined) throw new ImageError(`the layer ${diffId} is missing in the image`);
    const isReadable = blob.compression !== "none" && (compression !== "gzip" || blob.compression === "gzip");
    if (isReadable || compression === "none") return { diffId, descriptor: await this.#copyBlob(blob) };
    const written = await this.#writeBlocks(openUncompressed(layer), compression);
    if (written.diffId !== diffId) throw new ImageError(`the layer ${diffId} is damaged`);
    return written;
  }

  /** Writes config and manifest, and gives the image its tag, which an earlier image loses. */
  writeImage(
    config: ImageConfig,
    layers: readonly WrittenLayer[],
    tag: string,
  ): { readonly manifest: Descriptor; readonly imageId: Digest } {
    const configDescriptor = this.#writeDocument(CONFIG_TYPE, config);
    const manifest = this.#writeDocument(MANIFEST_TYPE, {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: configDescriptor,
      layers: layers.map(({ descriptor }) => descriptor),
    });
    const others = this.#tagged().filter(({ annotations }) => annotations?.[REF_NAME] !== tag);
    const manifests = [...others, { ...manifest, annotations: { [REF_NAME]: tag } }];
    const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
    writeFileAtomic(join(this.directory, "index.json"), index, FILE_MODE);
    return { manifest, imageId: configDescriptor.digest };
  }

  /** Removes what a broken write left behind, and blobs that are not in `wanted`. Only for a layout of our own. */
  keepOnly(wanted: ReadonlySet<Digest>): void {
    const blobs = join(this.directory, "blobs/sha256");
    for (const name of readdirSync(blobs)) {
      const digest = parseDigest(`sha256:${name}`);
      if (digest === undefined || !wanted.has(digest)) rmSync(join(blobs, name), { force: true });
    }
  }

  #tagged(): readonly { readonly annotations?: Readonly<Record<string, string>> | undefined }[] {
    const path = join(this.directory, "index.json");
    if (!existsSync(path)) return [];
    const result = INDEX_SCHEMA.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (!result.success) throw new ImageError(`${path} is not the index of an image layout`);
    return result.data.manifests;
  }

  async #writeBlocks(blocks: AsyncIterable<Buffer>, compression: Compression): Promise<WrittenLayer> {
    const plain = createHash("sha256");
    const { digest, size } = await this.#writeBlob(compressBlocks(hashing(blocks, plain), compression));
    const diffId: Digest = `sha256:${plain.digest("hex")}`;
    return { diffId, descriptor: { mediaType: layerType(compression), digest, size } };
  }

  async #copyBlob(blob: StoredBlob): Promise<Descriptor> {
    const mediaType = layerType(blob.compression);
    if (blob.digest !== undefined && this.#sizeOf(blob.digest) === blob.sizeBytes)
      return { mediaType, digest: blob.digest, size: blob.sizeBytes };
    const { digest, size } = await this.#writeBlob(blob.open());
    if (blob.digest !== undefined && digest !== blob.digest)
      throw new ImageError(`the blob ${blob.digest} of the image is damaged`);
    return { mediaType, digest, size };
  }

  async #writeBlob(chunks: AsyncIterable<Buffer>): Promise<{ readonly digest: Digest; readonly size: number }> {
    this.#temporaryCount += 1;
    const temporary = join(this.directory, `blobs/sha256/writing-${this.#temporaryCount}`);
    const hash = createHash("sha256");
    let size = 0;
    try {
      await using file = await open(temporary, "w", FILE_MODE);
      for await (const chunk of hashing(chunks, hash)) {
        this.#signal.throwIfAborted();
        size += chunk.length;
        await file.writeFile(chunk);
      }
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    const digest: Digest = `sha256:${hash.digest("hex")}`;
    renameSync(temporary, this.#pathOf(digest));
    return { digest, size };
  }

  #writeDocument(mediaType: string, document: unknown): Descriptor {
    const text = JSON.stringify(document);
    const digest = digestOf(text);
    writeFileAtomic(this.#pathOf(digest), text, FILE_MODE);
    return { mediaType, digest, size: Buffer.byteLength(text) };
  }

  #sizeOf(digest: Digest): number | undefined {
    return statSync(this.#pathOf(digest), { throwIfNoEntry: false })?.size;
  }

  #pathOf(digest: Digest): string {
    return join(this.directory, "blobs/sha256", digestHex(digest));
  }
}

/** The digest of a layer's uncompressed tar, without keeping it. */
export async function hashEntries(entries: readonly LayerEntry[], signal: AbortSignal): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const block of layerTar(entries, signal)) hash.update(block);
  return `sha256:${hash.digest("hex")}`;
}

async function* hashing(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
