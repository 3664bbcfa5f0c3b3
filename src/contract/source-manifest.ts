import { createHash, hash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { PortsideError } from "../model/error-registry.ts";
import type { Digest, SourceEntry, SourceManifest } from "../model/source.ts";
import { shownPath } from "./shown-text.ts";
import { createPace, type Pace } from "../lib/pace.ts";
import { findEscapingLink } from "./source-links.ts";
import { bytesExceeded, unreadableSource } from "./source-refusal.ts";
import { walkSource } from "./source-walk.ts";

/** `ignore: false`: everything in the folder counts, for checking a tree that was unpacked. Limits are for tests. */
export type ManifestOptions = { readonly ignore?: boolean; readonly filesMax?: number; readonly bytesMax?: number };

const FILES_MAX = 100_000;
const BYTES_MAX = 2 * 1024 ** 3;
const CHUNK_BYTES = 1_048_576;
// The name must still be that file: a link or pipe put in its place must neither be followed nor waited for.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads what a source consists of: its files with mode and hash, its links, after the ignore files. Depends on nothing else
 * (times, owners, place). Errors: E_SOURCE_UNREADABLE, E_SOURCE_LINK, E_SOURCE_EMPTY, E_SOURCE_TOO_LARGE; the signal's reason.
 */
export async function readSourceManifest(
  directory: string,
  signal?: AbortSignal,
  options: ManifestOptions = {},
): Promise<SourceManifest> {
  const { ignore = true, filesMax = FILES_MAX, bytesMax = BYTES_MAX } = options;
  const pace = createPace(signal);
  const listing = await walkSource(directory, { ignore, filesMax, pace });
  const escaping = findEscapingLink(listing.links.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  if (escaping !== undefined) {
    throw new PortsideError("E_SOURCE_LINK", { path: shownPath(escaping.path), target: shownPath(escaping.target) });
  }
  if (listing.files.length + listing.links.length === 0) throw new PortsideError("E_SOURCE_EMPTY", { path: directory });
  const files = await hashFiles(directory, listing.files, { bytesMax, pace });
  const entries = sortByPath([...files, ...listing.links.map((link) => ({ kind: "link" as const, ...link }))]);
  return { digest: sourceDigest(entries), entries };
}

/** The digest of entries that are sorted by path. Each line is JSON, so no name or target can pass for another entry. */
export function sourceDigest(entries: readonly SourceEntry[]): Digest {
  const lines = entries.map((entry) => `${JSON.stringify(canonicalFields(entry))}\n`);
  return `sha256:${hash("sha256", `portside-source 1\n${lines.join("")}`, "hex")}`;
}

function canonicalFields(entry: SourceEntry): readonly string[] {
  if (entry.kind === "link") return ["link", entry.path, entry.target];
  return ["file", entry.path, entry.mode.toString(8), entry.sha256];
}

/** In byte order, which differs from the order of UTF-16 units beyond the basic plane. */
function sortByPath(entries: readonly SourceEntry[]): readonly SourceEntry[] {
  const keyed = entries.map((entry) => ({ key: Buffer.from(entry.path), entry }));
  return keyed.sort((a, b) => a.key.compare(b.key)).map(({ entry }) => entry);
}

type HashLimits = { readonly bytesMax: number; readonly pace: Pace };

// Synchronous calls: for many small files they take a quarter of the time of the thread pool's.
async function hashFiles(root: string, paths: readonly string[], limits: HashLimits): Promise<SourceEntry[]> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const entries: SourceEntry[] = [];
  let bytesLeft = limits.bytesMax;
  for (const path of paths) {
    const entry = await hashFile(root, path, { chunk, bytesLeft, limits });
    bytesLeft -= entry.sizeBytes;
    entries.push(entry);
  }
  return entries;
}

type HashState = { readonly chunk: Buffer; readonly bytesLeft: number; readonly limits: HashLimits };

async function hashFile(root: string, path: string, state: HashState): Promise<Extract<SourceEntry, { kind: "file" }>> {
  const { chunk, bytesLeft, limits } = state;
  let file: number | undefined;
  try {
    file = openSync(join(root, path), OPEN_FLAGS);
    const { mode, size } = fstatSync(file);
    const sha256 = createHash("sha256");
    let sizeBytes = 0;
    const assertRoom = (bytes: number): void => {
      if (bytes > bytesLeft) throw bytesExceeded(limits.bytesMax - bytesLeft + bytes, limits.bytesMax);
    };
    assertRoom(size);
    for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk)) {
      sha256.update(chunk.subarray(0, count));
      sizeBytes += count;
      assertRoom(sizeBytes);
      await limits.pace.step(count);
    }
    const isExecutable = (mode & 0o111) !== 0;
    return { kind: "file", path, mode: isExecutable ? 0o755 : 0o644, sizeBytes, sha256: sha256.digest("hex") };
  } catch (error) {
    throw hasSystemCode(error) ? unreadableSource(root, error, path) : error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function hasSystemCode(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
