import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, readlinkSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { PortsideError } from "../model/error-registry.ts";
import type { Pace } from "../lib/pace.ts";
import { shownPath } from "./shown-text.ts";
import type { SourceLink } from "./source-links.ts";
import { enterDirectory, ignoreFileNames, isLeftOut, SELECT_ALL, type Selection } from "./source-selection.ts";
import { fileCountExceeded, unreadableSource } from "./source-refusal.ts";

/** What lies in a source folder. Unsorted; paths relative to the folder, with `/`. */
export type SourceListing = { readonly files: readonly string[]; readonly links: readonly SourceLink[] };

/** `ignore`: whether ignore files and the fixed exclusions count. */
export type WalkOptions = { readonly ignore: boolean; readonly filesMax: number; readonly pace: Pace };

const IGNORE_FILE_BYTES_MAX = 1_048_576;

type Directory = { readonly segments: readonly string[]; readonly selection: Selection };

/**
 * Lists the files and links of a source. Sockets, pipes and devices are passed over; links are not followed.
 * Errors: E_SOURCE_UNREADABLE, E_SOURCE_TOO_LARGE.
 */
export async function walkSource(root: string, options: WalkOptions): Promise<SourceListing> {
  const walk = new Walk(root, options);
  const todo: Directory[] = [{ segments: [], selection: SELECT_ALL }];
  for (let directory = todo.pop(); directory !== undefined; directory = todo.pop()) {
    todo.push(...walk.readDirectory(directory));
    await options.pace.step();
  }
  return walk;
}

class Walk implements SourceListing {
  readonly files: string[] = [];
  readonly links: SourceLink[] = [];
  readonly #root: string;
  readonly #options: WalkOptions;

  constructor(root: string, options: WalkOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** Takes over the files and links of one directory; gives the directories in it that belong to the source. */
  readDirectory(directory: Directory): readonly Directory[] {
    const path = directory.segments.join("/");
    const entries = this.#attempt(path, () =>
      readdirSync(join(this.#root, path), { withFileTypes: true, encoding: "buffer" }),
    );
    const selection = this.#options.ignore ? this.#readIgnoreFiles(directory, entries) : directory.selection;
    const hasPackageJson = entries.some((entry) => entry.isFile() && entry.name.toString() === "package.json");
    const inner: Directory[] = [];
    for (const entry of entries) {
      const segments = [...directory.segments, entry.name.toString()];
      const candidate = { segments, isDirectory: entry.isDirectory(), hasPackageJson };
      if (this.#options.ignore && isLeftOut(selection, candidate)) continue;
      if (!entry.isDirectory() && !entry.isFile() && !entry.isSymbolicLink()) continue;
      this.#assertName(entry.name, segments.join("/"));
      if (entry.isDirectory()) inner.push({ segments, selection });
      else this.#take(entry, segments.join("/"));
    }
    return inner;
  }

  #take(entry: Dirent<Buffer>, path: string): void {
    if (entry.isSymbolicLink()) {
      const target = this.#attempt(path, () => readlinkSync(join(this.#root, path), "buffer"));
      this.#assertName(target, path);
      this.links.push({ path, target: target.toString() });
    } else this.files.push(path);
    if (this.files.length + this.links.length > this.#options.filesMax) throw fileCountExceeded(this.#options.filesMax);
  }

  #readIgnoreFiles(directory: Directory, entries: readonly Dirent<Buffer>[]): Selection {
    const depth = directory.segments.length;
    const wanted = ignoreFileNames(depth === 0);
    const texts = new Map<string, string>();
    for (const entry of entries) {
      const name = entry.name.toString();
      if (!entry.isFile() || !wanted.includes(name)) continue;
      const path = [...directory.segments, name].join("/");
      const text = this.#attempt(path, () => readIgnoreText(join(this.#root, path)));
      if (text === undefined) throw unreadableSource(this.#root, `\`${shownPath(path)}\` is larger than 1 MiB`);
      texts.set(name, text);
    }
    return enterDirectory(directory.selection, depth, texts);
  }

  /** Names go into archives and line-based texts on every platform, so they must be plain text. */
  #assertName(name: Buffer, path: string): void {
    const problem = !isUtf8(name)
      ? "is not UTF-8"
      : name.includes("\n") || name.includes("\r")
        ? "holds a line break"
        : undefined;
    if (problem !== undefined)
      throw unreadableSource(this.#root, `the name or target of \`${shownPath(path)}\` ${problem}`);
  }

  #attempt<T>(path: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof PortsideError ? error : unreadableSource(this.#root, error, path);
    }
  }
}

function readIgnoreText(path: string): string | undefined {
  return statSync(path).size > IGNORE_FILE_BYTES_MAX ? undefined : readFileSync(path, "utf8");
}
