import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { list, type ReadEntry } from "tar";
import { hasCode } from "../../lib/files.ts";
import { ImageError } from "./image-error.ts";
import type { ImageShell } from "./shell-launcher.ts";
import { openUncompressed, type StoredImage } from "./stored-image.ts";

/** What the exporter wants to know of a run image's files. */
export type BaseContents = {
  /** `bash` where there is one, else `sh`; absent: there is none. */
  readonly shell?: ImageShell;
  /** Absolute path. */
  readonly awk?: string;
  readonly passwd: string;
  readonly group: string;
};

const ENTRIES_MAX = 2_000_000;
const LINKS_MAX = 16;
const KEPT_BYTES_MAX = 1_048_576;
const KEPT = ["etc/passwd", "etc/group"];
/** Programs, and what links to programs go through. Nothing else is remembered. */
const WANTED = /^(bin|sbin|usr|etc|lib|busybox|nix|opt|usr\/(local|bin|sbin|lib)|usr\/local\/bin|etc\/alternatives)$/;
const DIRECTORIES = ["bin", "usr/bin", "usr/local/bin"];

/** A path's kind; a link has its target. */
type Node = { readonly link?: string };

/**
 * Looks through all layers of an image, later ones over earlier ones, deletions included. A layer without bytes is skipped:
 * what it holds is not known. Throws `ImageError` for damaged layers.
 */
export async function readBaseContents(image: StoredImage, signal: AbortSignal): Promise<BaseContents> {
  const tree = new BaseTree();
  for (const layer of image.layers) {
    if (layer.blob === undefined) continue;
    const parser = list({ preservePaths: true, strict: true, onReadEntry: (entry) => tree.add(entry) });
    try {
      await pipeline(openUncompressed(layer), parser as unknown as NodeJS.WritableStream, { signal });
    } catch (error) {
      signal.throwIfAborted();
      // An empty layer is fine, though not for tar 7.5; whether the bytes are right is checked when they are copied.
      if (hasCode(error, "TAR_BAD_ARCHIVE") && tree.isLayerEmpty) continue;
      const problem = error instanceof Error ? error.message : String(error);
      throw new ImageError(`the layer ${layer.diffId} cannot be read: ${problem}`, { cause: error });
    }
    tree.endLayer();
  }
  const bash = tree.find("bash");
  const sh = tree.find("sh");
  const awk = tree.find("awk");
  const path = bash ?? sh;
  return {
    ...(path === undefined ? {} : { shell: { path, isBash: bash !== undefined } }),
    ...(awk === undefined ? {} : { awk }),
    passwd: tree.text("etc/passwd"),
    group: tree.text("etc/group"),
  };
}

class BaseTree {
  readonly #nodes = new Map<string, Node>();
  readonly #texts = new Map<string, string>();
  /** Paths of the layer being read: a deletion in it concerns earlier layers only. */
  #fresh = new Set<string>();
  #entryCount = 0;
  #layerCount = 0;

  add(entry: ReadEntry): void {
    if ((this.#entryCount += 1) > ENTRIES_MAX) throw new ImageError("the run image has too many files");
    this.#layerCount += 1;
    const path = posix.normalize(`/${entry.path}`).replace(/\/$/, "").slice(1);
    const [directory, name] = [posix.dirname(path), posix.basename(path)];
    if (name.startsWith(".wh.")) this.#remove(directory === "." ? "" : directory, name);
    else if (WANTED.test(path) || WANTED.test(directory)) {
      this.#nodes.set(path, entry.type === "SymbolicLink" ? { link: entry.linkpath ?? "" } : {});
      this.#fresh.add(path);
      // Not every tar has an entry for each directory.
      for (let up = directory; up !== "." && !this.#nodes.has(up); up = posix.dirname(up)) this.#nodes.set(up, {});
      if (KEPT.includes(path) && entry.size <= KEPT_BYTES_MAX) this.#keep(path, entry);
    }
    entry.resume();
  }

  get isLayerEmpty(): boolean {
    return this.#layerCount === 0;
  }

  endLayer(): void {
    this.#layerCount = 0;
    this.#fresh = new Set();
  }

  /** The absolute path of a program in one of the usual directories, when what it links to is there. */
  find(name: string): string | undefined {
    const found = DIRECTORIES.map((directory) => `${directory}/${name}`).find((path) => this.#exists(path));
    return found === undefined ? undefined : `/${found}`;
  }

  text(path: string): string {
    return this.#texts.get(path) ?? "";
  }

  #keep(path: string, entry: ReadEntry): void {
    const chunks: Buffer[] = [];
    entry.on("data", (chunk: Buffer) => chunks.push(chunk));
    entry.on("end", () => this.#texts.set(path, Buffer.concat(chunks).toString("utf8")));
  }

  #remove(directory: string, name: string): void {
    const isWhole = name === ".wh..wh..opq";
    const gone = posix.join(directory, name.slice(".wh.".length));
    for (const path of this.#nodes.keys()) {
      if (this.#fresh.has(path)) continue;
      const isGone = isWhole ? path.startsWith(`${directory}/`) : path === gone || path.startsWith(`${gone}/`);
      if (!isGone) continue;
      this.#nodes.delete(path);
      this.#texts.delete(path);
    }
  }

  /** Follows links of every part of the path. */
  #exists(path: string): boolean {
    let left = path.split("/");
    let at = "";
    for (let links = 0; left.length > 0;) {
      const [part = "", ...rest] = left;
      const here = posix.join(at, part);
      const node = this.#nodes.get(here);
      if (node?.link !== undefined) {
        if ((links += 1) > LINKS_MAX) return false;
        const target = posix.join("/", node.link.startsWith("/") ? "" : at, node.link).slice(1);
        left = [...target.split("/").filter(Boolean), ...rest];
        at = "";
        continue;
      }
      if (node === undefined) {
        // Only some directories are remembered; what a link leads to elsewhere is believed.
        const parent = posix.dirname(here);
        return parent !== "." && !WANTED.test(parent);
      }
      at = here;
      left = rest;
    }
    return true;
  }
}
