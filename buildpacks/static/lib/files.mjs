import { readdirSync, statSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { contentHash } from "./content-hash.mjs";

// What the platform reads lies beside the pages when the whole folder is served.
const PLATFORM_FILES = new Set(["Procfile", "app.json", "static.json", "project.toml"]);
const HASHED_BYTES_MAX = 16 * 1024 * 1024;
const TAGS_MAX = 1_000;

/** The files below one folder; nothing outside it, nothing hidden. */
export class Files {
  #root;
  #isWholeApp;
  #tags = new Map();
  #compressed = new Map();

  /** `root` lies below the working directory; `compressed` holds `HASH.br` and `HASH.gz`. Throws when root lies elsewhere. */
  static async open(root, compressed) {
    const files = new Files();
    files.#root = await realpath(root);
    const inside = relative(await realpath("."), files.#root);
    if (inside === ".." || inside.startsWith(`..${sep}`)) throw new Error(`the folder ${root} lies outside the app`);
    files.#isWholeApp = inside === "";
    for (const name of readdirSync(compressed)) files.#addCompressed(compressed, name);
    return files;
  }

  #addCompressed(directory, name) {
    const [hash, ending] = name.split(".");
    const path = join(directory, name);
    const { size } = statSync(path);
    if (size > 0) this.#compressed.set(hash, { ...this.#compressed.get(hash), [ending]: { path, size } });
  }

  /** The compressed forms of a file by ending, each `{ path, size }`; undefined when there are none. */
  compressed(tag) {
    return this.#compressed.get(tag.slice(1, -1));
  }

  /** `{ path, size, mtimeMs, isDirectory }` of what lies at the segments, or undefined when it may not be served. */
  async find(segments) {
    if (segments.some(isUnsafe) || !this.#isShown(segments)) return undefined;
    try {
      const path = await realpath(join(this.#root, ...segments));
      const inside = relative(this.#root, path);
      // A link may lead out of the folder, or to a hidden file in it.
      if (inside === ".." || inside.startsWith(`..${sep}`)) return undefined;
      if (inside !== "" && !this.#isShown(inside.split(sep))) return undefined;
      const found = await stat(path);
      if (!found.isFile() && !found.isDirectory()) return undefined;
      return { path, size: found.size, mtimeMs: found.mtimeMs, isDirectory: found.isDirectory() };
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG"].includes(error.code)) return undefined;
      throw error;
    }
  }

  #isShown(segments) {
    if (this.#isWholeApp && segments.length === 1 && PLATFORM_FILES.has(segments[0])) return false;
    return segments.every((segment, index) => !segment.startsWith(".") || (index === 0 && segment === ".well-known"));
  }

  /** The same for the same bytes in every copy of the app; for large files by size and time instead. */
  async tag(file) {
    if (file.size > HASHED_BYTES_MAX) return `W/"${file.size.toString(36)}-${Math.floor(file.mtimeMs).toString(36)}"`;
    const version = `${file.mtimeMs}-${file.size}`;
    const known = this.#tags.get(file.path);
    if (known?.version === version) return known.tag;
    const hash = contentHash(await readFile(file.path));
    if (this.#tags.size >= TAGS_MAX) this.#tags.delete(this.#tags.keys().next().value);
    this.#tags.set(file.path, { version, tag: `"${hash}"` });
    return `"${hash}"`;
  }
}

function isUnsafe(segment) {
  return segment === "" || segment === "." || segment === ".." || /[/\\\0]/.test(segment);
}
