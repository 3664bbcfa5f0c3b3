import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { createPace } from "../../lib/pace.ts";
import { encodeTarHeader, TAR_END_BYTES, tarPaddingBytes } from "../../lib/tar-header.ts";
import { fromBinary, pathBytes, type LayerEntry } from "./layer-entries.ts";

/** Bytes of a block: what is hashed, compressed and held in memory at once. */
export const BLOCK_BYTES = 4_194_304;
/** Smaller files are read at once: a promise for each would cost several times the read itself. */
const READ_AT_ONCE_BYTES_MAX = 131_072;

/**
 * The tar of a layer in blocks of `BLOCK_BYTES`, the last one shorter. The same entries give the same bytes on every machine.
 * Rejects when a file became shorter meanwhile, with the system's error, or with the signal's reason. cnb.md §8.2.
 */
export async function* layerTar(entries: readonly LayerEntry[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const pace = createPace(signal);
  const blocks = new BlockFiller();
  for (const entry of entries) {
    blocks.put(encodeTarHeader(entry));
    if (entry.content !== undefined) blocks.put(entry.content);
    else if (entry.file !== undefined && entry.sizeBytes > READ_AT_ONCE_BYTES_MAX) yield* largeFile(entry, blocks);
    else if (entry.file !== undefined) readAtOnce(entry, blocks);
    blocks.zeros(tarPaddingBytes(entry.sizeBytes));
    if (blocks.full.length > 0) yield* blocks.full.splice(0);
    await pace.step(entry.sizeBytes);
  }
  blocks.zeros(TAR_END_BYTES);
  yield* blocks.full.splice(0);
  const last = blocks.rest();
  if (last.length > 0) yield last;
}

async function* largeFile(entry: LayerEntry, blocks: BlockFiller): AsyncGenerator<Buffer> {
  await using file = await open(pathBytes(entry.file ?? ""), "r");
  for (let left = entry.sizeBytes; left > 0;) {
    const room = blocks.room();
    const { bytesRead } = await file.read(room, 0, Math.min(room.length, left), null);
    if (bytesRead === 0) throw becameShorter(entry);
    left -= bytesRead;
    blocks.filled(bytesRead);
    yield* blocks.full.splice(0);
  }
}

function readAtOnce(entry: LayerEntry, blocks: BlockFiller): void {
  const file = openSync(pathBytes(entry.file ?? ""), "r");
  try {
    for (let left = entry.sizeBytes; left > 0;) {
      const room = blocks.room();
      const bytesRead = readSync(file, room, 0, Math.min(room.length, left), null);
      if (bytesRead === 0) throw becameShorter(entry);
      left -= bytesRead;
      blocks.filled(bytesRead);
    }
  } finally {
    closeSync(file);
  }
}

function becameShorter(entry: LayerEntry): Error {
  return new Error(`${fromBinary(entry.file ?? entry.name)} became shorter while it was read`);
}

/** Gathers bytes into whole blocks. A block in `full` is not touched again. */
class BlockFiller {
  /** Whole blocks nobody has taken yet. */
  readonly full: Buffer[] = [];
  #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #used = 0;

  /** The free part of the block, never empty; write from its start, then call `filled`. */
  room(): Buffer {
    return this.#block.subarray(this.#used);
  }

  filled(bytes: number): void {
    this.#used += bytes;
    if (this.#used < BLOCK_BYTES) return;
    this.full.push(this.#block);
    this.#block = Buffer.allocUnsafe(BLOCK_BYTES);
    this.#used = 0;
  }

  put(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(this.#block, this.#used, at);
      at += copied;
      this.filled(copied);
    }
  }

  zeros(count: number): void {
    for (let left = count; left > 0;) {
      const filled = Math.min(left, BLOCK_BYTES - this.#used);
      this.#block.fill(0, this.#used, this.#used + filled);
      left -= filled;
      this.filled(filled);
    }
  }

  rest(): Buffer {
    return this.#block.subarray(0, this.#used);
  }
}
