import { promisify } from "node:util";
import type { ImageCompression } from "../../model/artifact.ts";
import { constants, createGunzip, createZstdDecompress, gzip, zstdCompress } from "node:zlib";
import type { Transform } from "node:stream";

/** How the layers of an image are stored. */
export type Compression = ImageCompression;

const ZSTD_LEVEL = 3;
const GZIP_LEVEL = 6;
/** One turn in a thread gives at most so much; the default of 16 KiB would cost hundreds of turns a block. */
const OUTPUT_BYTES = 2_097_152;
const GZIP_OS_OFFSET = 9;
const GZIP_OS_UNKNOWN = 255;
/** Blocks compressed side by side; as many as Node has threads for it. */
const SIDE_BY_SIDE_MAX = 4;

const gzipBlock = promisify(gzip);
const zstdBlock = promisify<Buffer, object, Buffer>(zstdCompress);

/**
 * Compresses each block by itself, several at once, and gives them in order: a run of zstd frames or gzip members, which is
 * one valid stream of either. The bytes depend on the blocks alone, never on the number of processors.
 */
export async function* compressBlocks(blocks: AsyncIterable<Buffer>, compression: Compression): AsyncGenerator<Buffer> {
  if (compression === "none") return yield* blocks;
  const compress = compression === "zstd" ? compressZstd : compressGzip;
  const running: Promise<Buffer>[] = [];
  for await (const block of blocks) {
    const work = compress(block);
    // Looked at in order below; until then a failure must not count as unhandled.
    work.catch(() => undefined);
    running.push(work);
    if (running.length >= SIDE_BY_SIDE_MAX) yield (await running.shift()) ?? Buffer.alloc(0);
  }
  for (const work of running) yield await work;
}

function compressZstd(block: Buffer): Promise<Buffer> {
  return zstdBlock(block, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL }, chunkSize: OUTPUT_BYTES });
}

async function compressGzip(block: Buffer): Promise<Buffer> {
  const member = await gzipBlock(block, { level: GZIP_LEVEL, chunkSize: OUTPUT_BYTES });
  // zlib writes the kind of system it runs on.
  member[GZIP_OS_OFFSET] = GZIP_OS_UNKNOWN;
  return member;
}

/** A stream that undoes the compression; `undefined` for `none`. */
export function createDecompress(compression: Compression): Transform | undefined {
  if (compression === "none") return undefined;
  return compression === "gzip" ? createGunzip() : createZstdDecompress();
}

/** What the first four bytes of a file say. */
export function detectCompression(start: Uint8Array): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  return Buffer.from(start.subarray(0, 4)).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) ? "zstd" : "none";
}
