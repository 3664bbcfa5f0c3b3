import { closeSync, openSync, readSync } from "node:fs";
import { posix } from "node:path";
import { createPace } from "../../lib/pace.ts";
import { fromBinary, pathBytes, toBinary, type LayerEntry } from "./layer-entries.ts";

/** A directory on this disk, and where it is in the image. */
export type Place = { readonly from: string; readonly to: string };

/** Where the app and the layers of a build are, here and in the image. */
export type Placement = {
  readonly app: Place;
  readonly layers: Place;
  /** Where the app lay when the layers were made, if that was elsewhere: an artifact may have another one's layers. */
  readonly formerApp?: string;
};

/** A file that knows where the build was, so that the image must keep those paths. */
export type Anchor = { readonly file: string };

const CHUNK_BYTES = 1_048_576;

/** Where CNB tools expect them. */
export const USUAL_PLACES = { app: "/workspace", layers: "/layers" } as const;

/** The text with paths of the build replaced by those in the image; only whole names, never the start of a longer one. */
export function moveText(text: string, { app, layers, formerApp }: Placement): string {
  const places = [app, layers, ...(formerApp === undefined ? [] : [{ from: formerApp, to: app.to }])];
  return places.reduce(
    (moved, { from, to }) => (from === to ? moved : moved.replaceAll(pathPattern(from), () => to)),
    text,
  );
}

function pathPattern(path: string): RegExp {
  return new RegExp(`${path.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(?![A-Za-z0-9._-])`, "g");
}

/**
 * The entry as it is in the image: links and the files of `env` directories, which are nothing but values, name the new paths.
 * Other files are never changed. `inLayer`: the path below the layer's directory; `undefined` in the app.
 */
export function moveEntry(entry: LayerEntry, placement: Placement, read: (file: string) => string): LayerEntry {
  const { app, layers, formerApp } = placement;
  if (app.from === app.to && layers.from === layers.to && formerApp === undefined) return entry;
  if (entry.linkTarget !== undefined)
    return { ...entry, linkTarget: moveText(entry.linkTarget, binaryPlacement(placement)) };
  if (entry.file === undefined || !isEnvFile(entry, placement)) return entry;
  const text = read(entry.file);
  const moved = moveText(text, binaryPlacement(placement));
  if (moved === text) return entry;
  const content = pathBytes(moved);
  return { ...entry, sizeBytes: content.length, content };
}

/** `<layers>/<buildpack>/<layer>/env/NAME`, `env.launch/NAME`, `env.launch/<type>/NAME`. */
function isEnvFile({ file = "" }: LayerEntry, { layers }: Placement): boolean {
  const root = `${toBinary(layers.from)}/`;
  if (!file.startsWith(root)) return false;
  const [, , directory, ...rest] = file.slice(root.length).split("/");
  return (directory === "env" || directory === "env.launch") && rest.length > 0 && rest.length <= 2;
}

function binaryPlacement({ app, layers, formerApp }: Placement): Placement {
  const binary = ({ from, to }: Place): Place => ({ from: toBinary(from), to: toBinary(to) });
  const former = formerApp === undefined ? {} : { formerApp: toBinary(formerApp) };
  return { app: binary(app), layers: binary(layers), ...former };
}

/**
 * The first file, in the order of the entries, whose bytes name the build's directory, `env` files left aside; `undefined` when
 * none does and the build can be put elsewhere. `directories` are the parents of app and layers; their last parts are looked for, so
 * that an escaped path is found as well; only its `scratch`, which is gone after a build, may be named. cnb.md §7.3.
 */
export async function findAnchor(
  entries: readonly LayerEntry[],
  build: { readonly directories: readonly string[]; readonly placement: Placement },
  signal: AbortSignal,
): Promise<Anchor | undefined> {
  const pace = createPace(signal);
  const scans = build.directories.map((directory) => new Scan(posix.basename(directory)));
  for (const entry of entries) {
    await pace.step(entry.sizeBytes);
    if (entry.file === undefined || isEnvFile(entry, build.placement)) continue;
    const path = pathBytes(entry.file);
    if (scans.some((scan) => scan.findsIn(path))) return { file: fromBinary(entry.file) };
  }
  return undefined;
}

/** Looks for a name in files, with one buffer for all of them. */
class Scan {
  readonly #name: Buffer;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  readonly #harmless: Buffer;

  constructor(name: string) {
    this.#name = Buffer.from(name);
    this.#harmless = Buffer.from(`${name}/scratch/`);
  }

  findsIn(path: Buffer): boolean {
    const file = openSync(path, "r");
    const overlap = this.#harmless.length;
    try {
      let kept = 0;
      for (;;) {
        const count = readSync(file, this.#buffer, kept, CHUNK_BYTES - kept, null);
        const bytes = this.#buffer.subarray(0, kept + count);
        if (this.#isNamedIn(bytes, count === 0)) return true;
        if (count === 0) return false;
        kept = Math.min(overlap, bytes.length);
        this.#buffer.copyWithin(0, bytes.length - kept, bytes.length);
      }
    } finally {
      closeSync(file);
    }
  }

  /** A hit so near to the end that what follows is not known yet waits for the next piece. */
  #isNamedIn(bytes: Buffer, isLast: boolean): boolean {
    for (let at = bytes.indexOf(this.#name); at >= 0; at = bytes.indexOf(this.#name, at + 1)) {
      const found = bytes.subarray(at, at + this.#harmless.length);
      if (found.length < this.#harmless.length && !isLast) return false;
      if (!found.equals(this.#harmless)) return true;
    }
    return false;
  }
}
