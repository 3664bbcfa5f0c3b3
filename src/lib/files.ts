import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, utimesSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

let temporaryCount = 0;

/**
 * Replaces a file in one step: temporary file beside it, fsync, rename, fsync of the directory.
 * Readers see the old bytes or the new ones, never a mixture, whatever dies when.
 */
export function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o600): void {
  temporaryCount += 1;
  const temporary = join(dirname(path), `.${process.pid}-${temporaryCount}.tmp`);
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Makes now the time of the file's last change. */
export function touchFile(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
}

/** The file's text, or `undefined` when there is no such file. Other errors are thrown. */
export function readTextIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Whether an unknown error is a system error with one of these codes (`ENOENT`, `EADDRINUSE` …). */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
