import type { Stats } from "node:fs";
import type { SourceManifest } from "../model/source.ts";
import type { CommandContext } from "./command.ts";
import { CliError } from "./failure.ts";

/** A folder may change while it is read; then it is read once more. */
const ATTEMPT_COUNT_MAX = 2;

/**
 * Makes sure that the server has the folder's present content, uploading it only when it lacks it. Gives its manifest.
 * Errors: E_SOURCE_* of the folder; E_SOURCE_INVALID when it changes faster than it can be read.
 */
export async function provideSource(context: CommandContext, directory: string): Promise<SourceManifest> {
  for (let attempt = 1; ; attempt += 1) {
    const { readSourceManifest } = await import("../contract/source-manifest.ts");
    const manifest = await readSourceManifest(directory, context.signal);
    const path = `/v1/sources/${manifest.digest}`;
    if (await context.client.exists(path, context.signal)) return manifest;
    try {
      await context.client.upload(path, await packSource(directory, manifest), context.signal);
      return manifest;
    } catch (error) {
      if (!isChanged(error) || attempt === ATTEMPT_COUNT_MAX) throw error;
    }
  }
}

function isChanged(error: unknown): boolean {
  // A file that went away between manifest and tar, or content with another digest than announced.
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
  return error instanceof CliError && error.report.code === "E_SOURCE_INVALID";
}

/** A tar of exactly the manifest's entries, as a stream of chunks. */
export async function packSource(directory: string, manifest: SourceManifest): Promise<AsyncIterable<Uint8Array>> {
  const { create } = await import("tar");
  const options = { cwd: directory, portable: true, noDirRecurse: true, follow: false, statCache: new SingleLinks() };
  // tar reads `@name` as "the entries of that archive".
  const paths = manifest.entries.map(({ path }) => (path.startsWith("@") ? `./${path}` : path));
  return create(options, paths) as unknown as AsyncIterable<Uint8Array>;
}

/**
 * Files that share an inode are packed each in full: a source knows no hard links, and a server must refuse them.
 * tar 7.5 takes a file for a link by the link count of its stat, which passes through here first.
 */
class SingleLinks extends Map<string, Stats> {
  override set(path: string, stat: Stats): this {
    stat.nlink = 1;
    return super.set(path, stat);
  }
}
