import { chmodSync, lstatSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "./files.ts";
import { walk } from "./tree.ts";

/**
 * Removes a tree, if it is there, without holding up other work; also one with directories that even their owner may not change,
 * as some package managers write them.
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, "EACCES", "EPERM")) throw error;
    chmodSync(directory, 0o700);
    await walk(directory, new AbortController().signal, (entry, path) => {
      const child = join(directory, path);
      if (entry.isDirectory() && (lstatSync(child).mode & 0o700) !== 0o700) chmodSync(child, 0o700);
    });
    await rm(directory, { recursive: true, force: true });
  }
}
