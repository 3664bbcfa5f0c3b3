import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

// Where build tools keep what they may throw away at any time.
const TOOL_CACHES = new Set([".cache", ".vite", ".vite-temp"]);
/** Clocks of file systems tick less often than ours: a file may look a little older than it is. */
const TICK_MS = 20;

/** Waits until what was just written looks older than what comes next. */
export function pauseForTick() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * TICK_MS);
}

/** Names of what lies in node_modules, caches of tools left out. */
export function namesIn(root) {
  return entriesOf(root).flatMap(({ name }) => (TOOL_CACHES.has(name) ? [] : [name]));
}

/**
 * Whether anything below node_modules was made, changed or removed since `instant` (milliseconds), when it held `names`.
 * Caches of build tools do not count: they are removed.
 */
export function writesSince(root, { instant, names }) {
  for (const { name } of entriesOf(root)) {
    if (TOOL_CACHES.has(name)) rmSync(join(root, name), { recursive: true, force: true });
  }
  // Making a cache changes the time of the root itself, so its names are compared.
  if (namesIn(root).sort().join("/") !== [...names].sort().join("/")) return true;
  return entriesOf(root).some((entry) => isChanged(join(root, entry.name), entry, instant - TICK_MS));
}

function isChanged(path, entry, since) {
  if (entry.isSymbolicLink()) return false;
  if (changedSince(path, since)) return true;
  return entry.isDirectory() && entriesOf(path).some((inner) => isChanged(join(path, inner.name), inner, since));
}

function changedSince(path, since) {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.mtimeMs > since;
}

/**
 * Whether a file that this tree shares with the cache (a hard link) was changed in place after the cache was sealed,
 * by a build that then failed. Files that are this tree's own do not count.
 */
export function hasForeignWrites(root, sealedAt) {
  return entriesOf(root).some((entry) => {
    const path = join(root, entry.name);
    if (entry.isDirectory()) return hasForeignWrites(path, sealedAt);
    if (!entry.isFile()) return false;
    const { nlink, mtimeMs } = lstatSync(path);
    return nlink > 1 && mtimeMs > sealedAt;
  });
}

function entriesOf(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  }
}
