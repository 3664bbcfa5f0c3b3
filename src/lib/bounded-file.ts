import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import { hasCode } from "./files.ts";

/** Why a file's bytes are not given. `failed`: the system said no, with this code. */
export type FileRefusal =
  | { readonly why: "missing" | "dangling" | "loop" | "folder" | "special" | "large" | "changed" }
  | { readonly why: "failed"; readonly systemCode: string };

/** A file's bytes, or why they are not given. */
export type FileReading = { readonly bytes: Buffer; readonly refusal?: undefined } | { readonly refusal: FileRefusal };

/**
 * Reads a regular file of at most so many bytes, links followed. Pipes, sockets and devices are refused without waiting for them,
 * larger files without reading them, and a file that changes meanwhile. Throws nothing the system can answer.
 */
export function readBoundedFile(path: string, bytesMax: number): FileReading {
  try {
    // A pipe or a device may do something when it is opened.
    const refusal = refuse(statSync(path), bytesMax);
    return refusal === undefined ? readOpened(path, bytesMax) : { refusal };
  } catch (error) {
    return { refusal: explain(path, error) };
  }
}

type Status = { readonly size: number; isFile(): boolean; isDirectory(): boolean };

function refuse(status: Status, bytesMax: number): FileRefusal | undefined {
  if (status.isDirectory()) return { why: "folder" };
  if (!status.isFile()) return { why: "special" };
  return status.size > bytesMax ? { why: "large" } : undefined;
}

function readOpened(path: string, bytesMax: number): FileReading {
  // What was a file a moment ago could be a pipe by now, on which a plain open would wait.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = fstatSync(file);
    const refusal = refuse(before, bytesMax);
    if (refusal !== undefined) return { refusal };
    const bytes = Buffer.alloc(before.size + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = readSync(file, bytes, length, bytes.length - length, length);
    const after = fstatSync(file);
    const isSame = length === before.size && after.size === before.size && after.mtimeMs === before.mtimeMs;
    return isSame ? { bytes: bytes.subarray(0, length) } : { refusal: { why: "changed" } };
  } finally {
    closeSync(file);
  }
}

function explain(path: string, error: unknown): FileRefusal {
  if (hasCode(error, "ENOENT", "ENOTDIR")) return { why: isLink(path) ? "dangling" : "missing" };
  if (hasCode(error, "ELOOP")) return { why: "loop" };
  if (error instanceof Error && "code" in error) return { why: "failed", systemCode: String(error.code) };
  throw error;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return false;
    throw error;
  }
}
