import { createReadStream, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTextIfExists, writeFileAtomic } from "../../lib/files.ts";
import { KeyLock } from "../../lib/key-lock.ts";
import { encodeTarHeader, TAR_END_BYTES, tarPaddingBytes } from "../../lib/tar-header.ts";
import type { AppName } from "../../model/app.ts";
import type { Artifact, ArtifactImage, ImageCompression } from "../../model/artifact.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { digestHex, type Digest } from "../../model/source.ts";
import { DocumentError } from "../files/toml-document.ts";
import { asOperatingError } from "../operating-error.ts";
import { hostTarget } from "../target.ts";
import { dockerArchive } from "./docker-archive.ts";
import { ImageError } from "./image-error.ts";
import { EPOCH_S, fileEntry } from "./layer-entries.ts";
import { INDEX_TYPE, MANIFEST_TYPE, REF_NAME } from "./oci-documents.ts";
import { LAYOUT_VERSION, OciLayout } from "./oci-layout.ts";
import { RunImageStore } from "./run-image-store.ts";
import { exportSlugImage } from "./slug-image.ts";
import { emptyImage, openStoredImage, type ImageChoice, type StoredImage } from "./stored-image.ts";

/** How an app's image is made. */
export type ImageOrder = {
  /** `v3`: what the image is called besides the app's name. */
  readonly tag: string;
  readonly compression: ImageCompression;
  /** An uploaded one; absent: nothing but the app. */
  readonly runImage?: Digest;
  /** Instead of the buildpacks' default. */
  readonly processType?: string;
  /** Seconds; SOURCE_DATE_EPOCH. */
  readonly createdS?: number;
};

/** What an image store works with. */
export type ImageStoreOptions = {
  readonly directory: string;
  /** The operator's own launcher program, if this file exists. */
  readonly launcher: string;
  readonly version: string;
};

/** The one tag inside an app's layout. */
const NEWEST = "newest";

/**
 * The images of apps, each app with a layout of its own that holds its newest image: the next export takes from there what has
 * not changed. An image that is being read stays until that is done.
 */
export class ImageStore {
  readonly runImages: RunImageStore;
  readonly #options: ImageStoreOptions;
  readonly #choice: ImageChoice;
  readonly #locks = new KeyLock();
  /** Blobs of images that are being read, by app; a list a reader. */
  readonly #reading = new Map<AppName, Set<readonly Digest[]>>();

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#choice = { os: process.platform, architecture: hostTarget().arch };
    this.runImages = new RunImageStore(join(options.directory, "run"), this.#choice);
  }

  /** Makes the app's image of a slug. E_IMAGE_EXPORT, E_RUN_IMAGE_*, E_DISK_FULL, E_CANCELLED; the image before then still stands. */
  export(app: AppName, artifact: Artifact, order: ImageOrder, signal: AbortSignal): Promise<ArtifactImage> {
    return this.#locks.run(app, signal, async () => {
      try {
        return await this.#export({ app, artifact, order }, signal);
      } catch (error) {
        if (error instanceof ImageError || error instanceof DocumentError)
          throw new PortsideError("E_IMAGE_EXPORT", { problem: error.message }, { cause: error });
        throw asOperatingError(error, signal);
      }
    });
  }

  /** The image of that digest, while it is the app's newest. E_IMAGE_UNKNOWN. */
  find(app: AppName, digest: Digest): ArtifactImage {
    const text = readTextIfExists(join(this.#directoryOf(app), "image.json"));
    const image = text === undefined ? undefined : (JSON.parse(text) as ArtifactImage);
    if (image?.digest === digest) return image;
    throw new PortsideError("E_IMAGE_UNKNOWN", { app, digest });
  }

  /** A tar of an OCI image layout with that one image, called by its tag. */
  async *layoutTar(app: AppName, digest: Digest, signal: AbortSignal): AsyncGenerator<Buffer> {
    const image = this.find(app, digest);
    const stored = openStoredImage(image.layout, { ...this.#choice, tag: NEWEST });
    const size = statSync(blobPath(image.layout, digest)).size;
    const entry = { mediaType: MANIFEST_TYPE, digest, size, annotations: { [REF_NAME]: image.tag } };
    yield smallFile("oci-layout", LAYOUT_VERSION);
    yield smallFile("index.json", JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [entry] }));
    const blobs = [digest, image.imageId, ...new Set(layerBlobs(stored))];
    yield* this.#whileReading(app, blobs, blobFiles(image.layout, blobs, signal));
    yield Buffer.alloc(TAR_END_BYTES);
  }

  /** What `docker load` reads. `withoutBase`: for an engine that has the run image's layers. */
  async *archiveTar(
    app: AppName,
    digest: Digest,
    options: { readonly withoutBase: boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<Buffer> {
    const image = this.find(app, digest);
    const stored = openStoredImage(image.layout, { ...this.#choice, tag: NEWEST });
    const omittedCount = options.withoutBase ? image.baseLayerCount : 0;
    const archive = dockerArchive(stored, { tags: [`${app}:${image.tag}`], omittedCount, signal: options.signal });
    yield* this.#whileReading(app, [digest, image.imageId, ...layerBlobs(stored)], archive);
  }

  removeApp(app: AppName): void {
    rmSync(this.#directoryOf(app), { recursive: true, force: true });
  }

  /** Removes what interrupted uploads left. Interrupted exports are cleared by the next one. */
  sweep(): void {
    this.runImages.sweep();
  }

  async #export(
    { app, artifact, order }: { app: AppName; artifact: Artifact; order: ImageOrder },
    signal: AbortSignal,
  ): Promise<ArtifactImage> {
    const { launcher, version } = this.#options;
    const layout = new OciLayout(join(this.#directoryOf(app), "layout"), signal);
    const base = order.runImage === undefined ? emptyImage(this.#choice) : this.runImages.open(order.runImage);
    const log: string[] = [];
    const exported = await exportSlugImage(
      {
        directory: artifact.directory,
        base,
        runImage: { reference: base.reference },
        previous: this.#previous(app, layout.directory),
        compression: order.compression,
        tag: NEWEST,
        processType: order.processType,
        officialLauncher: existsSync(launcher) ? readFileSync(launcher) : undefined,
        version,
        createdS: order.createdS,
        project: {},
        tell: (line) => log.push(line),
        signal,
      },
      layout,
    );
    const { manifest, imageId, appDir, layersDir, notes, config } = exported;
    const image: ArtifactImage = {
      form: "image",
      artifact: artifact.digest,
      digest: manifest.digest,
      imageId,
      layout: layout.directory,
      tag: order.tag,
      entrypoint: config.config.Entrypoint ?? [],
      appDir,
      layersDir,
      baseLayerCount: base.layers.length,
      log,
      notes,
    };
    writeFileAtomic(join(this.#directoryOf(app), "image.json"), JSON.stringify(image));
    const stored = openStoredImage(layout.directory, { ...this.#choice, tag: NEWEST });
    const reading = [...(this.#reading.get(app) ?? [])].flat();
    layout.keepOnly(new Set([manifest.digest, imageId, ...layerBlobs(stored), ...reading]));
    return image;
  }

  /** A damaged layout is no reason to fail: nothing is taken from it then. */
  #previous(app: AppName, layout: string): StoredImage | undefined {
    if (!existsSync(join(this.#directoryOf(app), "image.json"))) return undefined;
    try {
      return openStoredImage(layout, { ...this.#choice, tag: NEWEST });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return undefined;
    }
  }

  #directoryOf(app: AppName): string {
    return join(this.#options.directory, "apps", app);
  }

  async *#whileReading<T>(app: AppName, blobs: readonly Digest[], work: AsyncIterable<T>): AsyncGenerator<T> {
    const readers = this.#reading.get(app) ?? new Set();
    this.#reading.set(app, readers);
    readers.add(blobs);
    try {
      yield* work;
    } finally {
      readers.delete(blobs);
      if (readers.size === 0) this.#reading.delete(app);
    }
  }
}

function layerBlobs(image: StoredImage): Digest[] {
  return image.layers.flatMap(({ blob }) => (blob?.digest === undefined ? [] : [blob.digest]));
}

function blobPath(layout: string, digest: Digest): string {
  return join(layout, "blobs/sha256", digestHex(digest));
}

function smallFile(name: string, text: string): Buffer {
  const content = Buffer.from(text);
  const header = encodeTarHeader(fileEntry(name, content, 0o644));
  return Buffer.concat([header, content, Buffer.alloc(tarPaddingBytes(content.length))]);
}

async function* blobFiles(layout: string, blobs: readonly Digest[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const common = { kind: "file", mode: 0o644, uid: 0, gid: 0, mtimeS: EPOCH_S } as const;
  for (const digest of blobs) {
    const path = blobPath(layout, digest);
    const sizeBytes = statSync(path).size;
    yield encodeTarHeader({ ...common, name: `blobs/sha256/${digestHex(digest)}`, sizeBytes });
    yield* createReadStream(path, { signal }) as AsyncIterable<Buffer>;
    yield Buffer.alloc(tarPaddingBytes(sizeBytes));
  }
}
