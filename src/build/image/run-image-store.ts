import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { digestHex, parseDigest, type Digest } from "../../model/source.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { createDecompress, detectCompression } from "./compress.ts";
import { ImageError } from "./image-error.ts";
import { openStoredImage, type ImageChoice, type StoredImage } from "./stored-image.ts";

const KEPT_COUNT = 5;
const BYTES_MAX = 8 * 1024 ** 3;
const START_BYTES = 4;

/** Uploaded run images, each the uncompressed tar of a layout or a docker-archive under its digest; never unpacked. */
export class RunImageStore {
  readonly #directory: string;
  readonly #choice: ImageChoice;
  #temporaryCount = 0;

  constructor(directory: string, choice: ImageChoice) {
    this.#directory = directory;
    this.#choice = choice;
  }

  /** Keeps the image a tar stream holds, gzipped or zstd-compressed or not; the five uploaded last stay. E_RUN_IMAGE_INVALID. */
  async store(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Digest> {
    mkdirSync(this.#directory, { recursive: true });
    this.#temporaryCount += 1;
    const temporary = join(this.#directory, `receiving-${this.#temporaryCount}`);
    try {
      const digest = await receive(tar, temporary, signal);
      openRunImage(temporary, this.#choice);
      renameSync(temporary, this.#pathOf(digest));
      this.#forgetOldest();
      return digest;
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** E_RUN_IMAGE_UNKNOWN. */
  open(digest: Digest): StoredImage {
    const path = this.#pathOf(digest);
    if (statSync(path, { throwIfNoEntry: false }) === undefined)
      throw new PortsideError("E_RUN_IMAGE_UNKNOWN", { digest });
    return openRunImage(path, this.#choice);
  }

  /** Removes what an interrupted upload left. */
  sweep(): void {
    for (const name of this.#names()) {
      if (parseDigest(`sha256:${name}`) === undefined) rmSync(join(this.#directory, name), { force: true });
    }
  }

  #pathOf(digest: Digest): string {
    return join(this.#directory, digestHex(digest));
  }

  #names(): string[] {
    return statSync(this.#directory, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(this.#directory);
  }

  #forgetOldest(): void {
    const stored = this.#names().filter((name) => parseDigest(`sha256:${name}`) !== undefined);
    const byAge = stored.toSorted((a, b) => this.#storedAt(b) - this.#storedAt(a));
    for (const name of byAge.slice(KEPT_COUNT)) rmSync(join(this.#directory, name), { force: true });
  }

  #storedAt(name: string): number {
    return statSync(join(this.#directory, name)).mtimeMs;
  }
}

function openRunImage(path: string, choice: ImageChoice): StoredImage {
  try {
    return openStoredImage(path, choice);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    // The path is the server's own business.
    const problem = error.message.replaceAll(path, "the file");
    throw new PortsideError("E_RUN_IMAGE_INVALID", { problem }, { cause: error });
  }
}

async function receive(tar: AsyncIterable<Uint8Array>, path: string, signal: AbortSignal): Promise<Digest> {
  const hash = createHash("sha256");
  let byteCount = 0;
  await using file = await open(path, "wx", 0o600);
  for await (const chunk of decompressed(tar)) {
    signal.throwIfAborted();
    byteCount += chunk.length;
    if (byteCount > BYTES_MAX) throw new PortsideError("E_RUN_IMAGE_INVALID", { problem: "it is larger than 8 GiB" });
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** `docker save … | gzip` is common. */
async function* decompressed(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const chunks = tar[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < START_BYTES) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    start = Buffer.concat([start, value]);
  }
  const whole = Readable.from(continued(start, chunks), { objectMode: false });
  const decompress = createDecompress(detectCompression(start));
  if (decompress === undefined) return yield* whole;
  whole.on("error", (error) => decompress.destroy(error));
  try {
    yield* whole.pipe(decompress);
  } catch (error) {
    if (error instanceof PortsideError) throw error;
    throw new PortsideError("E_RUN_IMAGE_INVALID", { problem: "its compression is damaged" }, { cause: error });
  }
}

async function* continued(start: Buffer, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}
