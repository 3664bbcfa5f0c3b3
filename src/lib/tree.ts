import type { Dirent } from "node:fs";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { hasCode } from "./files.ts";
import { createPace } from "./pace.ts";

const CHUNK_BYTES = 1_048_576;

/** `copy`: own bytes, shared by the file system where it can. `link`: hard links, so the files must not be written in place. */
export type TreeMode = "copy" | "link";

/**
 * Copies a directory's content to a new directory. Links stay links, word for word; sockets, pipes and devices are left out.
 * Rejects with the signal's reason, or with the system's error; what was made until then stays.
 */
export async function copyTree(
  from: string,
  to: string,
  options: { mode: TreeMode; signal: AbortSignal },
): Promise<void> {
  mkdirSync(to, { recursive: true });
  await walk(from, options.signal, (entry, path) => {
    const target = join(to, path);
    if (entry.isDirectory()) mkdirSync(target, { recursive: true });
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(join(from, path)), target);
    else if (entry.isFile()) copyFile(join(from, path), target, options.mode);
  });
}

function copyFile(from: string, to: string, mode: TreeMode): void {
  if (mode === "link") {
    try {
      return linkSync(from, to);
    } catch (error) {
      // Another file system, too many links to one file, or a system that forbids them.
      if (!hasCode(error, "EXDEV", "EMLINK", "EPERM")) throw error;
    }
  }
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

/** Bytes of all regular files below a directory; a file with several links counts each time. */
export async function treeBytes(directory: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  await walk(directory, signal, (entry, path) => {
    if (entry.isFile()) bytes += lstatSync(join(directory, path)).size;
  });
  return bytes;
}

/**
 * A digest of everything below a directory that a copy of it would have: names, directories, files with their bytes and whether they
 * are executable, links. Equal trees give equal digests.
 */
export async function treeDigest(directory: string, signal: AbortSignal): Promise<string> {
  const lines: string[] = [];
  await walk(directory, signal, (entry, path) => {
    const full = join(directory, path);
    if (entry.isDirectory()) lines.push(JSON.stringify([path, "directory"]));
    else if (entry.isSymbolicLink()) lines.push(JSON.stringify([path, "link", readlinkSync(full)]));
    else if (entry.isFile()) {
      const isExecutable = (lstatSync(full).mode & 0o111) !== 0;
      lines.push(JSON.stringify([path, "file", isExecutable, fileDigest(full)]));
    }
  });
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex");
}

function fileDigest(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) hash.update(chunk.subarray(0, size));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

/** Takes the write permission from every regular file below a directory. */
export async function makeFilesReadOnly(directory: string, signal: AbortSignal): Promise<void> {
  await walk(directory, signal, (entry, path) => {
    if (!entry.isFile()) return;
    const file = join(directory, path);
    const { mode } = lstatSync(file);
    if ((mode & 0o222) !== 0) chmodSync(file, mode & 0o555);
  });
}

/** Whether two directories hold the same names, the same links and, as hard links, the same files. */
export async function isSameTree(left: string, right: string, signal: AbortSignal): Promise<boolean> {
  const [one, other] = [await fingerprint(left, signal), await fingerprint(right, signal)];
  if (one.size !== other.size) return false;
  for (const [path, identity] of one) if (other.get(path) !== identity) return false;
  return true;
}

async function fingerprint(directory: string, signal: AbortSignal): Promise<Map<string, string>> {
  const identities = new Map<string, string>();
  await walk(directory, signal, (entry, path) => {
    if (entry.isDirectory()) identities.set(path, "directory");
    else if (entry.isSymbolicLink()) identities.set(path, `link ${readlinkSync(join(directory, path))}`);
    else {
      const { dev, ino } = lstatSync(join(directory, path));
      identities.set(path, `file ${dev}:${ino}`);
    }
  });
  return identities;
}

/**
 * Visits every entry, a directory before its content, paths relative to `root`. Synchronous calls are several times
 * cheaper than promises here; the pace lets other work in between.
 */
export async function walk(
  root: string,
  signal: AbortSignal,
  visit: (entry: Dirent, path: string) => void,
): Promise<void> {
  const pace = createPace(signal);
  const waiting = [""];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name);
      visit(entry, path);
      if (entry.isDirectory()) waiting.push(path);
      await pace.step();
    }
  }
}
