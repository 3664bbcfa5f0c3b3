import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { createPace } from "../../lib/pace.ts";
import type { TarEntry } from "../../lib/tar-header.ts";

/**
 * An entry of a layer: what its tar header says, and where the bytes come from. Names are binary strings (see `TarEntry`),
 * absolute in the image.
 */
export type LayerEntry = TarEntry & {
  /** A file's path on this disk, a binary string. */
  readonly file?: string;
  /** Instead of `file`: the bytes themselves. */
  readonly content?: Buffer;
};

/** Who owns what a layer holds. */
export type Owner = { readonly uid: number; readonly gid: number };
/** Parents and everything the exporter makes itself. */
export const ROOT: Owner = { uid: 0, gid: 0 };

/** 1980-01-01T00:00:01Z, the time of every entry and of images without SOURCE_DATE_EPOCH. cnb.md §8.2. */
export const EPOCH_S = 315_532_801;

/** A file system path or text as a binary string: one character a byte. */
export function toBinary(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The bytes of a binary string, for `node:fs`. */
export function pathBytes(binary: string): Buffer {
  return Buffer.from(binary, "latin1");
}

/** The text of a binary string, for people. */
export function fromBinary(binary: string): string {
  return pathBytes(binary).toString("utf8");
}

/**
 * Everything in a directory, itself first, in lexical order within each directory, whatever order the disk has.
 * `from` and `to` are texts. Sockets, pipes and devices are left out; of hard links each is a file of its own. cnb.md §8.2.
 */
export async function readTree(
  place: { readonly from: string; readonly to: string; readonly owner: Owner },
  signal: AbortSignal,
): Promise<LayerEntry[]> {
  const pace = createPace(signal);
  const entries: LayerEntry[] = [];
  const waiting = [{ from: toBinary(place.from), to: toBinary(place.to) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entry = readEntry(next, place.owner);
    await pace.step();
    if (entry === undefined) continue;
    entries.push(entry);
    if (entry.kind !== "directory") continue;
    const { from, to } = next;
    const names = readdirSync(pathBytes(from), { encoding: "buffer" }).map((name) => name.toString("latin1"));
    // Backwards, since the last one waiting is the next one read.
    for (const name of names.toSorted().toReversed()) waiting.push({ from: `${from}/${name}`, to: `${to}/${name}` });
  }
  return entries;
}

function readEntry(at: { from: string; to: string }, owner: Owner): LayerEntry | undefined {
  const path = pathBytes(at.from);
  const stat = lstatSync(path);
  const common = { name: at.to, mode: stat.mode & 0o7777, ...owner, mtimeS: EPOCH_S };
  if (stat.isDirectory()) return { ...common, kind: "directory", sizeBytes: 0 };
  if (stat.isFile()) return { ...common, kind: "file", sizeBytes: stat.size, file: at.from };
  if (!stat.isSymbolicLink()) return undefined;
  const linkTarget = readlinkSync(path, { encoding: "buffer" }).toString("latin1");
  // What the disk says of a link's mode differs between systems.
  return { ...common, mode: 0o777, kind: "link", sizeBytes: 0, linkTarget };
}

/** A directory the exporter makes: root:root 0755 on every machine. */
export function directoryEntry(name: string, owner: Owner = ROOT): LayerEntry {
  return { name: toBinary(name), kind: "directory", mode: 0o755, ...owner, sizeBytes: 0, mtimeS: EPOCH_S };
}

/** A file the exporter makes. */
export function fileEntry(name: string, content: Buffer, mode: number): LayerEntry {
  return { name: toBinary(name), kind: "file", mode, ...ROOT, sizeBytes: content.length, mtimeS: EPOCH_S, content };
}

/** A link the exporter makes. */
export function linkEntry(name: string, target: string): LayerEntry {
  const common = { name: toBinary(name), mode: 0o777, ...ROOT, sizeBytes: 0, mtimeS: EPOCH_S };
  return { ...common, kind: "link", linkTarget: toBinary(target) };
}

/** The directories above an absolute path of the image, outermost first, without `/` itself. */
export function parentEntries(path: string): LayerEntry[] {
  const parts = path.split("/").filter(Boolean).slice(0, -1);
  return parts.map((_, index) => directoryEntry(`/${parts.slice(0, index + 1).join("/")}`));
}
