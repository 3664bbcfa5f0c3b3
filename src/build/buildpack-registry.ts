import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readTextIfExists } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";
import { parseBuildpackToml, type BuildpackToml } from "./files/buildpack-toml.ts";
import { parseOrder, type Order } from "./files/order.ts";
import { DocumentError } from "./files/toml-document.ts";

/** A buildpack on disk, ready to run. */
export type Buildpack = BuildpackToml & {
  /** Holds `buildpack.toml`, `bin/detect`, `bin/build`. */
  readonly directory: string;
};

/** One place in a group, its buildpack found. */
export type GroupMember = { readonly buildpack: Buildpack; readonly optional: boolean };

/** All buildpacks this installation has, with the order they are tried in when an app names none. */
export type BuildpackRegistry = { readonly buildpacks: readonly Buildpack[]; readonly order: Order };

/**
 * Reads every directory with a `buildpack.toml` below `directory`, and its `order.toml`.
 * Throws PortsideError E_BUILD_FAILED naming the document that is not valid. cnb.md §2.
 */
export function readBuildpacks(directory: string): BuildpackRegistry {
  try {
    const buildpacks = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const home = join(directory, entry.name);
        const text = readTextIfExists(join(home, "buildpack.toml"));
        return text === undefined ? [] : [toBuildpack(text, home, `${entry.name}/buildpack.toml`)];
      });
    refuseTwins(buildpacks);
    return { buildpacks, order: parseOrder(readFileSync(join(directory, "order.toml"), "utf8")) };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new PortsideError("E_BUILD_FAILED", { problem: error.message }, { cause: error });
  }
}

function refuseTwins(buildpacks: readonly Buildpack[]): void {
  const known = new Map<string, Buildpack>();
  for (const buildpack of buildpacks) {
    const name = `${buildpack.id}@${buildpack.version}`;
    const twin = known.get(name);
    if (twin !== undefined) {
      const [one, other] = [basename(twin.directory), basename(buildpack.directory)];
      throw new DocumentError(name, `two buildpacks have this id and version: ${one} and ${other}`);
    }
    known.set(name, buildpack);
  }
}

/**
 * A buildpack from the text of its `buildpack.toml`. One that names no target and has a `bin/build` is made for Linux.
 * Throws `DocumentError`. cnb.md §2.
 */
export function toBuildpack(text: string, directory: string, document: string): Buildpack {
  const toml = parseBuildpackToml(text, document);
  const isUntold = toml.targets.length === 0 && toml.order.length === 0;
  const targets = isUntold && existsSync(join(directory, "bin/build")) ? [{ os: "linux", distros: [] }] : toml.targets;
  return { ...toml, targets, directory };
}

/** Finds a buildpack by exact id, and version if one is named. */
export type BuildpackLookup = (id: string, version: string | undefined) => Buildpack | undefined;

// Buildpacks are plain JavaScript and shell; TypeScript beside them is their tests.
const UNBUILT = /\.ts$|^README\.md$/;

/**
 * SHA-256 over everything in the buildpacks' directories that can change a build: names, modes and bytes, the order too.
 * Tests and manuals do not count. Hex.
 */
export function hashBuildpacks(directory: string): string {
  const hash = createHash("sha256");
  const visit = (path: string): void => {
    for (const name of readdirSync(path).toSorted()) {
      const file = join(path, name);
      const stat = lstatSync(file);
      if (stat.isDirectory()) visit(file);
      else if (stat.isFile() && !UNBUILT.test(name)) {
        hash.update(`${file.slice(directory.length)}\0${(stat.mode & 0o100) === 0 ? "" : "x"}\0${stat.size}\0`);
        hash.update(readFileSync(file));
      }
    }
  };
  visit(directory);
  return hash.digest("hex");
}

/** `portside_nodejs`: the id as a directory's name. */
export function escapedId(id: string): string {
  return id.replaceAll("/", "_");
}
