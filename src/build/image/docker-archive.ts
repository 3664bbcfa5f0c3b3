import { createHash } from "node:crypto";
import { encodeTarHeader, TAR_END_BYTES, tarPaddingBytes } from "../../lib/tar-header.ts";
import { digestHex, type Digest } from "../../model/source.ts";
import { ImageError } from "./image-error.ts";
import { EPOCH_S, fileEntry } from "./layer-entries.ts";
import { digestOf } from "./oci-documents.ts";
import { openUncompressed, type StoredImage, type StoredLayer } from "./stored-image.ts";

/** How an archive is written. */
export type ArchiveOptions = {
  /** `shop:v3`: what the image is called once it is loaded. */
  readonly tags: readonly string[];
  /** This many of the lowest layers become empty files, for an engine that has them (Docker's classic image store alone). */
  readonly omittedCount: number;
  readonly signal: AbortSignal;
};

/**
 * A tar that `docker load`, podman and skopeo read: layers uncompressed, since that is the one form all of them take and the
 * engine unpacks them anyway; config; `manifest.json`. Each layer is read twice, for its size stands before it in the tar.
 * Throws `ImageError` for a damaged layer. The same image gives the same bytes. cnb.md §8.5.
 */
export async function* dockerArchive(image: StoredImage, options: ArchiveOptions): AsyncGenerator<Buffer> {
  const written = new Set<Digest>();
  for (const [index, layer] of image.layers.entries()) {
    if (written.has(layer.diffId)) continue;
    written.add(layer.diffId);
    if (index < options.omittedCount) yield file(layerName(layer.diffId), Buffer.alloc(0));
    else yield* layerFile(layer, options.signal);
  }
  const configName = `${digestHex(digestOf(image.configText))}.json`;
  yield file(configName, Buffer.from(image.configText));
  const layers = image.layers.map(({ diffId }) => layerName(diffId));
  const manifest = [{ Config: configName, RepoTags: options.tags, Layers: layers }];
  yield file("manifest.json", Buffer.from(JSON.stringify(manifest)));
  yield Buffer.alloc(TAR_END_BYTES);
}

function layerName(diffId: Digest): string {
  return `${digestHex(diffId)}.tar`;
}

/** A small file of the archive, whole. */
function file(name: string, content: Buffer): Buffer {
  const header = encodeTarHeader(fileEntry(name, content, 0o644));
  return Buffer.concat([header, content, Buffer.alloc(tarPaddingBytes(content.length))]);
}

async function* layerFile(layer: StoredLayer, signal: AbortSignal): AsyncGenerator<Buffer> {
  const sizeBytes = await measure(layer, signal);
  const common = { kind: "file", mode: 0o644, uid: 0, gid: 0, mtimeS: EPOCH_S } as const;
  yield encodeTarHeader({ ...common, name: layerName(layer.diffId), sizeBytes });
  let left = sizeBytes;
  for await (const chunk of openUncompressed(layer) as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    left -= chunk.length;
    yield chunk;
  }
  if (left !== 0) throw new ImageError(`the layer ${layer.diffId} changed while it was read`);
  yield Buffer.alloc(tarPaddingBytes(sizeBytes));
}

async function measure(layer: StoredLayer, signal: AbortSignal): Promise<number> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of openUncompressed(layer) as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  if (`sha256:${hash.digest("hex")}` !== layer.diffId) throw new ImageError(`the layer ${layer.diffId} is damaged`);
  return sizeBytes;
}
