import { closeSync, openSync, readSync, statSync } from "node:fs";

/** Where an entry's bytes lie in a tar file. */
export type TarPlace = { readonly offset: number; readonly sizeBytes: number };

const BLOCK_BYTES = 512;
const ENTRIES_MAX = 100_000;
const META_BYTES_MAX = 1_048_576;

/** A tar that cannot be read, and why. */
export class TarError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "TarError";
  }
}

/**
 * The files of an uncompressed tar, by name (without `./` or `/` in front), each with its place; the last of a name counts.
 * Links to another entry are followed once. Content is not read. Throws `TarError` for what is no tar, or has over 100,000 entries.
 */
export function indexTar(path: string): ReadonlyMap<string, TarPlace> {
  const totalBytes = statSync(path).size;
  const file = openSync(path, "r");
  try {
    return new TarIndexer((offset, sizeBytes) => readExactly(file, offset, sizeBytes), totalBytes).read();
  } finally {
    closeSync(file);
  }
}

/** The bytes of one entry. Only for small ones. */
export function readTarPlace(path: string, place: TarPlace): Buffer {
  const file = openSync(path, "r");
  try {
    return readExactly(file, place.offset, place.sizeBytes);
  } finally {
    closeSync(file);
  }
}

function readExactly(file: number, offset: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes;) {
    const count = readSync(file, bytes, at, sizeBytes - at, offset + at);
    if (count === 0) throw new TarError("it ends in the middle of an entry");
    at += count;
  }
  return bytes;
}

class TarIndexer {
  readonly #read: (offset: number, sizeBytes: number) => Buffer;
  readonly #totalBytes: number;
  readonly #places = new Map<string, TarPlace>();
  readonly #links = new Map<string, string>();

  constructor(read: (offset: number, sizeBytes: number) => Buffer, totalBytes: number) {
    this.#read = read;
    this.#totalBytes = totalBytes;
  }

  read(): ReadonlyMap<string, TarPlace> {
    let extra: Record<string, string> = {};
    let entryCount = 0;
    for (let offset = 0; offset + BLOCK_BYTES <= this.#totalBytes;) {
      const header = this.#read(offset, BLOCK_BYTES);
      if (header.every((byte) => byte === 0)) break;
      if (!hasRightSum(header)) throw new TarError("it is not a tar, or a damaged one");
      if ((entryCount += 1) > ENTRIES_MAX) throw new TarError(`it has more than ${ENTRIES_MAX} entries`);
      const sizeBytes = extra["size"] === undefined ? readNumber(header, 124, 12) : Number(extra["size"]);
      const place = { offset: offset + BLOCK_BYTES, sizeBytes };
      if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || place.offset + sizeBytes > this.#totalBytes)
        throw new TarError("it ends in the middle of an entry");
      const type = String.fromCharCode(header[156] ?? 0);
      if ("xgLK".includes(type)) extra = { ...extra, ...this.#readExtra(type, place) };
      else {
        this.#note(header, place, extra);
        extra = {};
      }
      offset = place.offset + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
    }
    for (const [name, target] of this.#links) {
      const place = this.#places.get(target);
      if (place !== undefined) this.#places.set(name, place);
    }
    return this.#places;
  }

  #readExtra(type: string, place: TarPlace): Record<string, string> {
    if (place.sizeBytes > META_BYTES_MAX) throw new TarError("it has a header that is too long");
    if (type === "g") return {};
    const bytes = this.#read(place.offset, place.sizeBytes);
    if (type === "x") return readPax(bytes);
    return { [type === "L" ? "path" : "linkpath"]: cString(bytes, 0, bytes.length) };
  }

  #note(header: Buffer, place: TarPlace, extra: Readonly<Record<string, string>>): void {
    const prefix = header.toString("latin1", 257, 262) === "ustar" ? cString(header, 345, 155) : "";
    const short = cString(header, 0, 100);
    const name = plainName(extra["path"] ?? (prefix === "" ? short : `${prefix}/${short}`));
    const type = header[156] ?? 0;
    if (type === 0 || type === 0x30) this.#places.set(name, place);
    if (type !== 0x31 && type !== 0x32) return;
    const target = extra["linkpath"] ?? cString(header, 157, 100);
    // A hard link names an entry; a symbolic one starts from its own directory.
    const base = type === 0x32 && !target.startsWith("/") ? `${name}/../${target}` : target;
    this.#links.set(name, plainName(base));
  }
}

/** `./a/../b` → `b`, never above the root. */
function plainName(name: string): string {
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function cString(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

function readNumber(bytes: Buffer, offset: number, length: number): number {
  if (((bytes[offset] ?? 0) & 0x80) === 0) return Number.parseInt(cString(bytes, offset, length).trim() || "0", 8);
  // GNU's form for large numbers: base 256 behind a set high bit.
  const digits = [...bytes.subarray(offset, offset + length)];
  return digits.reduce((sum, digit, index) => sum * 256 + (index === 0 ? digit & 0x7f : digit), 0);
}

function hasRightSum(header: Buffer): boolean {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return sum === readNumber(header, 148, 8);
}

function readPax(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("latin1", at, blank));
    if (blank < 0 || !Number.isInteger(length) || length < 5) throw new TarError("it has a damaged pax header");
    const [key = "", ...value] = bytes.toString("utf8", blank + 1, at + length - 1).split("=");
    if (["path", "linkpath", "size"].includes(key)) records[key] = value.join("=");
    at += length;
  }
  return records;
}
