import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Failure } from "./failure.mjs";
import { defaultRange, runsOn } from "./manager-lines.mjs";
import { verifyHash } from "./packages.mjs";
import { findProgram } from "./programs.mjs";
import { formatVersion, newestFitting, parseRange, parseVersion } from "./semver.mjs";

/**
 * Makes sure that the chosen package manager is there in a version the app accepts and that runs on its Node:
 * the machine's npm when it fits, the `yarnPath` of the app, else one from the registry, in a layer of its own name.
 * Gives `{ name, version, program, directory }`: `program` is what its commands begin with, `directory` what must come
 * first on the PATH, undefined for the machine's npm. `world` is `{ layers, packages, node, path, lock }`. Throws Failure.
 */
export function provideManager(choice, world) {
  if (choice.file !== undefined) return ownYarn(choice, world);
  const fits = fitsOf(choice, world);
  const machine = choice.name === "npm" && choice.hash === undefined ? machineNpm(world.path) : undefined;
  if (choice.name === "npm" && choice.range === undefined && choice.hash === undefined && machine === undefined) {
    throw new Failure("there is no npm on the PATH", { hint: "Install npm on this machine; it comes with Node." });
  }
  if (machine !== undefined && fits.accepts(machine) && fits.runs(machine)) {
    return { name: "npm", version: machine, program: ["npm"] };
  }
  return fromRegistry(choice, fits, world);
}

function fitsOf({ name, range, from }, { node, lock }) {
  const line = defaultRange(name, lock);
  const wanted = range ?? line;
  let inRange;
  try {
    inRange = parseRange(wanted);
  } catch (error) {
    throw new Failure(`the version \`${wanted}\` of ${name} (${from}) is not a range: ${error.message}`, {
      hint: `Write a version or a range, like ${name}@10.x.`,
    });
  }
  const judge = (fits) => (text) => fits(parseVersion(text) ?? [0, 0, 0]);
  return {
    wanted,
    accepts: judge(inRange),
    /** Of the line that wrote the lock file. */
    isUsual: judge(parseRange(line)),
    runs: judge((version) => runsOn(name, version, parseVersion(node.version))),
  };
}

/** The version of the npm on the PATH, read from its files, since starting it takes longer than a whole build should. */
function machineNpm(path) {
  const program = findProgram("npm", path);
  if (program === undefined) return undefined;
  const manifest = join(dirname(realpathSync(program)), "..", "package.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : "0.0.0";
}

function ownYarn({ file, from }, { layers }) {
  const program = resolve(file);
  const version = /yarn-(\d[\w.-]*?)\.[cm]?js$/.exec(file)?.[1] ?? "unknown";
  console.log(`Using yarn ${version} (yarnPath of ${from})`);
  // So that scripts and processes that say `yarn` find one: it runs the app's own by that same setting.
  const bin = join(layers.renew("yarn"), "bin");
  mkdirSync(bin);
  symlinkSync(program, join(bin, "yarn"));
  chmodSync(program, 0o755);
  layers.declare("yarn", ["launch", "build"]);
  return { name: "yarn", version, program: ["node", program], directory: bin };
}

function fromRegistry(choice, fits, { layers, packages, node, lock }) {
  const { name, from } = choice;
  const stored = layers.note(name, "version");
  const isStored =
    stored !== undefined &&
    layers.note(name, "wanted") === fits.wanted &&
    layers.note(name, "hash") === (choice.hash ?? "");
  const version = isStored && fits.runs(stored) ? stored : newest(choice, fits, { packages, node, lock });
  const why = `(${from}${choice.range === undefined ? "" : `: ${choice.range}`})`;
  if (version === stored && isStored) console.log(`Reusing ${name} ${version} ${why}`);
  else {
    console.log(`Fetching ${name} ${version} ${why}`);
    install({ name, version, hash: choice.hash }, layers.renew(name), packages);
  }
  layers.declare(name, ["launch", "build", "cache"], { version, wanted: fits.wanted, hash: choice.hash ?? "" });
  const directory = join(layers.path(name), "bin");
  return { name, version, program: [join(directory, name)], directory };
}

/**
 * The newest version that fits and runs on the app's Node, of the line that wrote the lock file where the range allows it.
 * An exact version is believed: the registry says if it has none.
 */
function newest({ name, from, range }, fits, { packages, node, lock }) {
  const exact = parseVersion(fits.wanted);
  const line = parseVersion(`${/\d+/.exec(lock === "" ? fits.wanted : defaultRange(name, lock))?.[0] ?? 1}.0.0`);
  const packageName = packageOf(name, exact ?? line);
  const published = exact === undefined ? packages().versions(packageName) : [fits.wanted];
  const accepted = published.filter(fits.accepts);
  const running = accepted.filter(fits.runs);
  const version = newestFitting(running.filter(fits.isUsual), () => true) ?? newestFitting(running, () => true);
  if (version !== undefined) return formatVersion(parseVersion(version));
  if (accepted.length > 0) {
    throw new Failure(`${name} ${accepted.at(-1)} (${from}) does not run on Node ${node.version}.`, {
      hint: `Ask for another ${name}, or for a newer Node in engines.node of package.json.`,
    });
  }
  throw new Failure(`${from} asks for ${name} ${range}, and the registry has no such version of ${packageName}.`, {
    hint: `The newest is ${newestFitting(published, () => true) ?? "unknown"}.`,
  });
}

/** Yarn 2 and later have a package of their own. */
function packageOf(name, [major]) {
  return name === "yarn" && major >= 2 ? "@yarnpkg/cli-dist" : name;
}

function install({ name, version, hash }, directory, packages) {
  const parsed = parseVersion(version);
  const target = join(directory, "package");
  // The hash of Yarn 2 and later is that of its program, not of the package around it.
  const isProgramHash = packageOf(name, parsed) !== name;
  packages().unpack({ name: packageOf(name, parsed), version, hash: isProgramHash ? undefined : hash }, target);
  if (isProgramHash && hash !== undefined) verifyHash(join(target, "bin/yarn.js"), hash, `${name}@${version}`);
  if (name === "pnpm" && parsed[0] >= 12) addPlatformProgram(version, target, packages);
  const { bin } = JSON.parse(readFileSync(join(target, "package.json"), "utf8"));
  mkdirSync(join(directory, "bin"));
  for (const [command, path] of Object.entries(typeof bin === "string" ? { [name]: bin } : bin)) {
    const program = join(target, path);
    chmodSync(program, 0o755);
    symlinkSync(relative(join(directory, "bin"), program), join(directory, "bin", command));
  }
}

/** pnpm 12 is a program for each platform, in a package of its own that an install script would put in place. */
function addPlatformProgram(version, target, packages) {
  const isMusl = process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;
  const parcel = join(target, ".platform");
  const name = `@pnpm/exe.${process.platform}-${process.arch}${isMusl ? "-musl" : ""}`;
  packages().unpack({ name, version }, parcel);
  renameSync(join(parcel, "pnpm"), join(target, "pnpm"));
  rmSync(parcel, { recursive: true });
}
