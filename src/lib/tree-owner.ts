import { chmodSync, lchownSync, lstatSync, readdirSync, type Dirent, type Stats } from "node:fs";
import { join } from "node:path";
import { createPace } from "./pace.ts";
import { walk } from "./tree.ts";

/** A user and group by number; they need no entry in passwd. */
export type Owner = { readonly uid: number; readonly gid: number };

/** What a tree takes. `bytes`: for each file its length or its blocks, whichever is more. */
export type TreeSize = { readonly bytes: number; readonly entryCount: number };

const BLOCK_BYTES = 512;
const READ_BITS = 0o444;
const SEARCH_BITS = 0o111;

/** What a tree takes while others change it: entries that vanish are left out. Rejects with the signal's reason. */
export async function measureTree(directory: string, signal: AbortSignal): Promise<TreeSize> {
  const pace = createPace(signal);
  let bytes = 0;
  let entryCount = 0;
  const waiting = [directory];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name);
      entryCount += 1;
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) bytes += sizeIfThere(path);
      await pace.step();
    }
  }
  return { bytes, entryCount };
}

/**
 * Gives a tree to another user. Files with several links stay who they were and become readable to everybody instead: their
 * other links are somebody else's. Root only; nobody may change the tree meanwhile.
 */
export async function giveTree(directory: string, owner: Owner, signal: AbortSignal): Promise<void> {
  lchownSync(directory, owner.uid, owner.gid);
  await walk(directory, signal, (entry, path) => {
    const file = join(directory, path);
    const stat = lstatSync(file);
    if (entry.isFile() && stat.nlink > 1) makeReadable(file, stat);
    else if (stat.uid !== owner.uid) lchownSync(file, owner.uid, owner.gid);
  });
}

/** Makes everything ours that is another's, set-uid bits gone with it, and gives its size. As `giveTree`. */
export async function takeTree(directory: string, owner: Owner, signal: AbortSignal): Promise<TreeSize> {
  let bytes = 0;
  let entryCount = 0;
  await walk(directory, signal, (entry, path) => {
    const file = join(directory, path);
    const stat = lstatSync(file);
    entryCount += 1;
    if (stat.uid !== owner.uid) lchownSync(file, owner.uid, owner.gid);
    if (entry.isFile()) bytes += sizeOf(stat);
  });
  return { bytes, entryCount };
}

/** Lets everybody read a tree that is ours, and nobody but us write. */
export async function openTree(directory: string, signal: AbortSignal): Promise<void> {
  chmodSync(directory, 0o755);
  await walk(directory, signal, (entry, path) => {
    if (entry.isDirectory()) chmodSync(join(directory, path), 0o755);
    else if (entry.isFile()) chmodSync(join(directory, path), 0o644);
  });
}

/** Lets everybody read and run what we may; a tree whose top they can read already is taken as done. */
export async function shareTree(directory: string, signal: AbortSignal): Promise<void> {
  const top = lstatSync(directory);
  if ((top.mode & 0o005) === 0o005) return;
  await walk(directory, signal, (entry, path) => {
    const file = join(directory, path);
    if (!entry.isSymbolicLink()) makeReadable(file, lstatSync(file));
  });
  makeReadable(directory, top);
}

function makeReadable(file: string, stat: Stats): void {
  const wanted = stat.mode | READ_BITS | ((stat.mode & 0o100) === 0 ? 0 : SEARCH_BITS);
  if (wanted !== stat.mode) chmodSync(file, wanted & 0o7777);
}

function sizeOf({ size, blocks }: Stats): number {
  return Math.max(size, blocks * BLOCK_BYTES);
}

function sizeIfThere(path: string): number {
  try {
    return sizeOf(lstatSync(path));
  } catch {
    return 0;
  }
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
