import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The layers directory of this build. */
export class Layers {
  #root;

  constructor(root) {
    this.#root = root;
  }

  path(name) {
    return join(this.#root, name);
  }

  /** Makes the layer's directory, if it is not there. */
  make(name) {
    mkdirSync(this.path(name), { recursive: true });
    return this.path(name);
  }

  /** Makes the layer's directory, empty. */
  renew(name) {
    rmSync(this.path(name), { recursive: true, force: true });
    return this.make(name);
  }

  has(name) {
    return existsSync(this.path(name));
  }

  /** Forgets everything that came back from an earlier build. */
  clear() {
    for (const entry of readdirSync(this.#root)) rmSync(join(this.#root, entry), { recursive: true, force: true });
  }

  /** A text that an earlier build noted about the layer; undefined when the layer's content did not come back. */
  note(name, key) {
    const document = this.path(`${name}.toml`);
    if (!this.has(name) || !existsSync(document)) return undefined;
    const value = new RegExp(`^${key} = (".*")$`, "m").exec(readFileSync(document, "utf8"))?.[1];
    return value === undefined ? undefined : JSON.parse(value);
  }

  /** Says what the layer is for (`launch`, `build`, `cache`) and notes texts for the next build. */
  declare(name, types, notes = {}) {
    const flags = ["launch", "build", "cache"].map((type) => `${type} = ${types.includes(type)}\n`);
    const metadata = Object.entries(notes).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    writeFileSync(this.path(`${name}.toml`), `[types]\n${flags.join("")}\n[metadata]\n${metadata.join("")}`);
  }
}
