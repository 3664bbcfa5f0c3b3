import { flushCompileCache, getCompileCacheDir } from "node:module";
import { dirname } from "node:path";

/** Limits the young generation; 4 MiB costs no speed and saves 50 MB after load (measured, Node 26.10). */
const SMALL_YOUNG_GENERATION = "--max-semi-space-size=4";

/**
 * Replaces this process by a leaner one of the same id and arguments, once: with its code in the compile cache from the
 * first file on, the TypeScript stripper (15–35 MB resident) is not loaded. To be called after everything was imported.
 * Does nothing where a process cannot replace itself, and is not needed for an entry bundled as JavaScript.
 */
export function restartLean(): void {
  // Written now: a process that lives for months or ends by SIGKILL would never write it.
  flushCompileCache();
  const directory = getCompileCacheDir();
  const isLean = process.execArgv.includes(SMALL_YOUNG_GENERATION);
  if (isLean || directory === undefined || typeof process.execve !== "function") return;
  const argv = [process.execPath, SMALL_YOUNG_GENERATION, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, argv, { ...process.env, NODE_COMPILE_CACHE: dirname(directory) });
}
