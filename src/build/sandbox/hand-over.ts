import { formatBytes } from "../../lib/format-bytes.ts";
import { chmodSync, existsSync, lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { giveTree, openTree, takeTree, type Owner } from "../../lib/tree-owner.ts";
import type { BuildLimits } from "./build-limits.ts";
import { quotaExceeded } from "./build-watch.ts";

/** The places of a build, as in `BuildContext`. */
type Places = { readonly layers: string; readonly scratch: string; readonly platform: string };

/** To whom, if to anybody else than us. */
type Taker = { readonly owner: Owner | undefined; readonly signal: AbortSignal };

/**
 * Gives the app's files and the temporary places to the build's user. Directories that we go on writing in stay ours (artifact,
 * layers, plans, platform): a build that could replace a name in them by a link would have us write or read elsewhere.
 */
export async function handOver(artifact: string, places: Places, { owner, signal }: Taker): Promise<void> {
  if (owner === undefined) return;
  const { layers, scratch, platform } = places;
  for (const directory of [artifact, layers, scratch]) chmodSync(directory, 0o755);
  await openTree(platform, signal);
  for (const directory of [join(artifact, "app"), join(scratch, "home"), join(scratch, "tmp")])
    await giveTree(directory, owner, signal);
}

/** Gives each buildpack's layers directory, with what was restored into it, to the build's user. */
export async function handOverLayers(layers: string, owner: Owner | undefined, signal: AbortSignal): Promise<void> {
  if (owner === undefined) return;
  for (const entry of readdirSync(layers, { withFileTypes: true })) {
    if (entry.isDirectory()) await giveTree(join(layers, entry.name), owner, signal);
  }
}

/** Gives one file or directory, not what is in it, to the build's user. */
export function handOverOne(path: string, owner: Owner | undefined): void {
  if (owner !== undefined && existsSync(path)) lchownSync(path, owner.uid, owner.gid);
}

/**
 * Makes everything ours again once no program of the build runs any more. Throws E_BUILD_DISK_QUOTA when app and layers take more
 * than a build may, also where it was written between two looks or takes no blocks yet.
 */
export async function takeBack(
  artifact: string,
  limits: Pick<BuildLimits, "diskBytesMax" | "fileCountMax">,
  signal: AbortSignal,
): Promise<void> {
  const us = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const app = await takeTree(join(artifact, "app"), us, signal);
  const layers = await takeTree(join(artifact, "layers"), us, signal);
  if (app.bytes + layers.bytes > limits.diskBytesMax) throw quotaExceeded(formatBytes(limits.diskBytesMax));
  if (app.entryCount + layers.entryCount > limits.fileCountMax) throw quotaExceeded(`${limits.fileCountMax} files`);
}
