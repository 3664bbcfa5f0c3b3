import { closeSync, mkdirSync, openSync, symlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { findEscapingLink } from "../contract/source-links.ts";
import { PortsideError } from "../model/error-registry.ts";

/** What an archive may hold at most. */
export type ArchiveLimits = { readonly entriesMax: number; readonly bytesMax: number };

export const ARCHIVE_LIMITS: ArchiveLimits = { entriesMax: 100_000, bytesMax: 2 * 1024 ** 3 };

const PATH_BYTES_MAX = 4_095;
const NAME_BYTES_MAX = 255;
const DEPTH_MAX = 128;
const SHOWN_CHARACTERS_MAX = 200;
/** Headers, a long name and padding of one entry. */
const ENTRY_OVERHEAD_BYTES_MAX = 16 * 1024;
const FILE_TYPES = new Set(["File", "OldFile", "ContiguousFile"]);

/** An archive that breaks a rule, or is larger than its limits. The message says how, in half a sentence. */
export class ArchiveError extends Error {
  readonly isTooLarge: boolean;

  constructor(problem: string, isTooLarge = false, options: { cause?: unknown } = {}) {
    super(problem, options);
    this.name = "ArchiveError";
    this.isTooLarge = isTooLarge;
  }
}

/** How an archive is unpacked. */
export type UnpackOptions = {
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal;
  /** Another path for an entry; `undefined` leaves it out. The rules hold for what it gives. Default: as it is. */
  readonly place?: (path: string) => string | undefined;
};

/**
 * `unpackArchive` for a source. Rejects with E_SOURCE_INVALID and E_SOURCE_TOO_LARGE for what that calls an ArchiveError.
 */
export async function unpackSource(
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  options: UnpackOptions,
): Promise<void> {
  try {
    await unpackArchive(tar, directory, options);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    const { entriesMax, bytesMax } = options.limits;
    throw error.isTooLarge
      ? new PortsideError(
          "E_SOURCE_TOO_LARGE",
          { found: error.message, limit: `${entriesMax} entries and ${bytesMax} bytes` },
          { cause: error },
        )
      : new PortsideError("E_SOURCE_INVALID", { problem: error.message }, { cause: error });
  }
}

/**
 * Unpacks a tar, gzipped or plain, into an existing empty directory. Only regular files and links that stay inside; links
 * are made last, so that no file is written through one. Empty directories are left out, as they are no part of a source.
 * Rejects with ArchiveError, the system's error (ENOSPC …) or the signal's reason; what was written until then is the
 * caller's to remove. security.md rule 10.
 */
export async function unpackArchive(
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  options: UnpackOptions,
): Promise<void> {
  const unpacking = new Unpacking(directory, options);
  const parser = new Parser({
    brotli: false,
    zstd: false,
    onwarn: (code, message) => unpacking.refuse(`the archive is damaged (${code}: ${shown(String(message))})`),
    onReadEntry: (entry) => unpacking.take(entry),
  });
  parser.on("ignoredEntry", () => unpacking.refuse("it has an oversized header"));
  const { bytesMax, entriesMax } = options.limits;
  let bytes = 0;
  for await (const chunk of plainBytes(tar)) {
    options.signal.throwIfAborted();
    // What is left out and what follows the last entry costs time too.
    bytes += chunk.byteLength;
    if (bytes > bytesMax + entriesMax * ENTRY_OVERHEAD_BYTES_MAX)
      throw new ArchiveError(`more than ${bytesMax} bytes`, true);
    parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    unpacking.assertSound();
  }
  parser.end();
  unpacking.finish();
}

/** Decompresses what begins with the mark of gzip; a damaged stream is an ArchiveError. */
async function* plainBytes(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = tar[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let first = Buffer.alloc(0);
  while (first.length < 2) {
    const next = await input.next();
    if (next.done === true) break;
    head.push(next.value);
    first = Buffer.concat(head);
  }
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    yield* head;
    for (let next = await input.next(); next.done !== true; next = await input.next()) yield next.value;
  };
  if (first[0] !== 0x1f || first[1] !== 0x8b) return yield* whole();
  const source = Readable.from(whole());
  const gunzip = createGunzip();
  // `pipe` does not hand errors on; without this a broken upload would never end.
  source.on("error", (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_")) {
      throw new ArchiveError("its compression is damaged", false, { cause: error });
    }
    throw error;
  } finally {
    source.destroy();
  }
}

/** One archive on its way to disk. The parser works synchronously, so the first failure is kept and thrown between chunks. */
class Unpacking {
  readonly #directory: string;
  readonly #limits: ArchiveLimits;
  readonly #placed: (path: string) => string | undefined;
  readonly #kinds = new Map<string, "file" | "link" | "directory">();
  readonly #links: { path: string; target: string }[] = [];
  #entries = 0;
  #bytes = 0;
  #openFiles = 0;
  #failure: Error | undefined;

  constructor(directory: string, { limits, place = (path) => path }: UnpackOptions) {
    this.#directory = directory;
    this.#limits = limits;
    this.#placed = place;
  }

  refuse(problem: string): void {
    this.#failure ??= invalid(problem);
  }

  assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  take(entry: ReadEntry): void {
    try {
      if (this.#failure === undefined) this.#place(entry);
    } catch (error) {
      this.#failure ??= error as Error;
    }
    entry.resume();
  }

  finish(): void {
    if (this.#openFiles > 0) this.refuse("the archive ends in the middle of a file");
    this.assertSound();
    const escaping = findEscapingLink(this.#links);
    if (escaping !== undefined) throw invalid(`the link ${shown(escaping.path)} points outside`);
    for (const { path, target } of this.#links) symlinkSync(target, join(this.#directory, path));
  }

  #place(entry: ReadEntry): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.entriesMax)
      throw new ArchiveError(`more than ${this.#limits.entriesMax} entries`, true);
    const placed = this.#placed(entry.path);
    if (placed === undefined) return;
    if (entry.type === "Directory" || entry.type === "GNUDumpDir") {
      const path = placed.replace(/\/+$/, "");
      if (path !== "" && path !== ".") checkPath(path);
      return;
    }
    const path = checkPath(placed);
    if (entry.type === "SymbolicLink") return this.#placeLink(path, entry.linkpath ?? "");
    if (!FILE_TYPES.has(entry.type)) throw invalid(`${shown(path)} is neither a file nor a link (${entry.type})`);
    if (((entry.mode ?? 0) & 0o6000) !== 0) throw invalid(`${shown(path)} wants to run with its owner's rights`);
    this.#bytes += entry.size;
    if (this.#bytes > this.#limits.bytesMax) throw new ArchiveError(`more than ${this.#limits.bytesMax} bytes`, true);
    this.#claim(path, "file");
    mkdirSync(join(this.#directory, dirname(path)), { recursive: true });
    this.#write(entry, path);
  }

  #placeLink(path: string, target: string): void {
    if (target === "" || target.includes("\0")) throw invalid(`the link ${shown(path)} has no valid target`);
    if (Buffer.byteLength(target) > PATH_BYTES_MAX) throw invalid(`the target of the link ${shown(path)} is too long`);
    this.#claim(path, "link");
    mkdirSync(join(this.#directory, dirname(path)), { recursive: true });
    this.#links.push({ path, target });
  }

  /** A name once and for one thing: a second entry of that name, or one below a file or link, is refused. */
  #claim(path: string, kind: "file" | "link"): void {
    const segments = path.split("/");
    for (let depth = 1; depth < segments.length; depth += 1) {
      const parent = segments.slice(0, depth).join("/");
      const known = this.#kinds.get(parent);
      if (known !== undefined && known !== "directory")
        throw invalid(`${shown(path)} lies below the ${known} ${shown(parent)}`);
      this.#kinds.set(parent, "directory");
    }
    if (this.#kinds.has(path)) throw invalid(`the name ${shown(path)} is there twice`);
    this.#kinds.set(path, kind);
  }

  #write(entry: ReadEntry, path: string): void {
    const mode = ((entry.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755;
    const file = openSync(join(this.#directory, path), "wx", mode);
    this.#openFiles += 1;
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#openFiles -= 1;
      closeSync(file);
    };
    entry.on("data", (chunk: Buffer) => {
      if (!isOpen) return;
      try {
        for (let written = 0; written < chunk.length;) written += writeSync(file, chunk, written);
      } catch (error) {
        this.#failure ??= error as Error;
        close();
      }
    });
    entry.on("end", close);
  }
}

/** The path without `./` in front. Throws ArchiveError for everything that could mean another place. */
function checkPath(raw: string): string {
  const path = raw.replace(/^(?:\.\/)+/, "");
  if (path.includes("\0")) throw invalid("a name holds NUL");
  if (path.startsWith("/")) throw invalid(`the name ${shown(path)} is absolute`);
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) throw invalid(`the name ${shown(path)} is too long`);
  const segments = path.split("/");
  if (segments.length > DEPTH_MAX) throw invalid(`the name ${shown(path)} is too deep`);
  for (const segment of segments) {
    if (segment === "..") throw invalid(`the name ${shown(path)} leaves the folder`);
    if (segment === "" || segment === ".") throw invalid(`the name ${shown(path)} is not plain`);
    if (Buffer.byteLength(segment) > NAME_BYTES_MAX) throw invalid(`the name ${shown(path)} is too long`);
  }
  return path;
}

function invalid(problem: string): ArchiveError {
  return new ArchiveError(problem);
}

/** Quoted, with control characters written out, and not endless. */
function shown(text: string): string {
  const cut = text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
  return JSON.stringify(cut);
}
