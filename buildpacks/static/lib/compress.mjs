import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { contentHash } from "./content-hash.mjs";
import { isCompressible } from "./media-types.mjs";

const FILE_BYTES_MIN = 1_024;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const ALL_BYTES_MAX = 256 * 1024 * 1024;
// The best quality takes about a second a megabyte.
const BEST_BYTES_MAX = 1024 * 1024;
const AT_ONCE = 4;
const WORTH_IT = 0.95;

/**
 * Writes `HASH.br` and `HASH.gz` of every file below `root` that gets smaller by it into `directory`, where those of an
 * earlier build may lie already; what no file has any more is removed. Gives how many files, and how many were left out
 * since all together are too large.
 */
export async function compressAll(root, directory) {
  mkdirSync(directory, { recursive: true });
  const wanted = await candidates(root);
  let bytes = 0;
  const kept = wanted.filter(({ size }) => (bytes += size) <= ALL_BYTES_MAX);
  const hashes = new Set();
  const queue = [...kept];
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      hashes.add(await compressOne(next.path, directory));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const name of readdirSync(directory)) {
    if (!hashes.has(name.split(".")[0])) rmSync(join(directory, name));
  }
  return { files: kept.length, leftOut: wanted.length - kept.length };
}

/** Links are not followed: what they lead to is compressed where it lies, or not served. */
async function candidates(directory) {
  const found = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    if (entry.isDirectory()) found.push(...(await candidates(path)));
    else if (entry.isFile() && isCompressible(path)) {
      const { size } = await stat(path);
      if (size >= FILE_BYTES_MIN && size <= FILE_BYTES_MAX) found.push({ path, size });
    }
  }
  return found;
}

async function compressOne(path, directory) {
  const content = await readFile(path);
  const hash = contentHash(content);
  // An empty file says that an earlier build found it not worth it.
  const make = async (ending, compress) => {
    const file = join(directory, `${hash}.${ending}`);
    if (existsSync(file)) return;
    const result = await compress(content);
    await writeFile(file, result.length < content.length * WORTH_IT ? result : "");
  };
  const quality = content.length <= BEST_BYTES_MAX ? constants.BROTLI_MAX_QUALITY : 9;
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await make("br", (bytes) => promisify(brotliCompress)(bytes, { params }));
  await make("gz", (bytes) => promisify(gzip)(bytes, { level: 9 }));
  return hash;
}
