import { closeSync, lstatSync, mkdirSync, openSync, symlinkSync, writeSync, chmodSync } from "node:fs";
import { dirname, join, relative, isAbsolute } from "node:path";
import { list, type ReadEntry } from "tar";

/** A tar that does not hold what it should. The message says what is wrong. */
export class DamagedTarError extends Error {}

const FILES = new Set(["File", "OldFile", "ContiguousFile"]);

/**
 * Unpacks what a tar with absolute names holds below one directory, which must not exist; other entries are passed over.
 * Links are made word for word, and last: nothing is ever written through one. Modes are kept, owners and times are not.
 * Rejects with `DamagedTarError`, the system's error or the signal's reason; what was written until then is the caller's to
 * remove. cnb.md §8.2, §9.
 */
export async function unpackBelow(file: string, directory: string, signal: AbortSignal): Promise<void> {
  const unpacking = new Unpacking(directory);
  await list({
    file,
    strict: true,
    onReadEntry: (entry) => {
      unpacking.guard(() => {
        signal.throwIfAborted();
        unpacking.take(entry);
      });
    },
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new DamagedTarError(error instanceof Error ? error.message : String(error), { cause: error });
  });
  unpacking.finish();
}

/** The parser calls back from inside a stream, so the first failure is kept until it has ended. */
class Unpacking {
  readonly #directory: string;
  readonly #links: { readonly path: string; readonly target: string }[] = [];
  readonly #directories: { readonly path: string; readonly mode: number }[] = [];
  #failure: unknown;

  constructor(directory: string) {
    this.#directory = directory;
  }

  take(entry: ReadEntry): void {
    const path = this.#pathOf(entry.path);
    if (path === undefined) return entry.resume();
    if (entry.type === "Directory") {
      mkdirSync(path, { recursive: true });
      this.#directories.push({ path, mode: modeOf(entry, 0o755) });
    } else if (entry.type === "SymbolicLink") {
      this.#links.push({ path, target: entry.linkpath ?? "" });
    } else if (FILES.has(entry.type)) {
      return this.#write(entry, path);
    }
    entry.resume();
  }

  guard(step: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      step();
    } catch (error) {
      this.#failure = error;
    }
  }

  finish(): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const { path, target } of this.#links) {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(target, path);
    }
    // Innermost first: a directory that may not be searched would hide those in it.
    for (const { path, mode } of this.#directories.toReversed()) chmodSync(path, mode);
    if (lstatSync(this.#directory, { throwIfNoEntry: false }) === undefined)
      mkdirSync(this.#directory, { recursive: true });
  }

  #write(entry: ReadEntry, path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, "wx", modeOf(entry, 0o644));
    entry.on("data", (chunk: Buffer) => this.guard(() => writeAll(file, chunk)));
    entry.on("end", () => closeSync(file));
  }

  /** The entry's place, when it is the directory or below it. */
  #pathOf(name: string): string | undefined {
    if (name.split("/").includes(".."))
      throw new DamagedTarError(`the entry ${JSON.stringify(name)} leaves its directory`);
    const path = join("/", name);
    const below = relative(this.#directory, path);
    return below.startsWith("..") || isAbsolute(below) ? undefined : join(this.#directory, below);
  }
}

function modeOf(entry: ReadEntry, fallback: number): number {
  return (entry.mode ?? fallback) & 0o777;
}

function writeAll(file: number, chunk: Buffer): void {
  for (let written = 0; written < chunk.length;) written += writeSync(file, chunk, written);
}
