import { createHash } from "node:crypto";
import { constants, cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const KEY_FIELDS = [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "overrides",
  "bundleDependencies",
  "bundledDependencies",
  "allowScripts",
];

/**
 * Installs what the app depends on and runs its build scripts. Afterwards `node_modules` has no development dependencies
 * and, where that is safe, lies in the layer `modules` with a link from the app, so that copies of the app stay small.
 * `world` is `{ project, layers, npm, versions, env }`.
 */
export async function buildModules(world) {
  const { project } = world;
  if (!project.hasDependencies && !project.hasOwnInstallScripts) return runScripts(world);
  if (project.installsInPlace) return installInPlace(world);
  if (project.buildScripts.length === 0) return installForLaunch(world);
  await installForBuild(world);
  await runScripts(world);
  if (project.hasDevelopmentDependencies) await world.npm.run(["prune", "--omit=dev"]);
  if (moveToLayer(world.layers)) world.layers.declare("modules", ["launch", "build"]);
}

/** The app's own install scripts and packages must run where its files are, each time. */
async function installInPlace(world) {
  await install(world, "--include=dev");
  await runScripts(world);
  if (world.project.hasDevelopmentDependencies) await world.npm.run(["prune", "--omit=dev"]);
}

/** Nothing of the app's runs in between, so development dependencies are never needed. */
async function installForLaunch(world) {
  const { layers } = world;
  const key = keyOf(world, "launch");
  if (layers.note("modules", "key") === key && existsSync(join(layers.path("modules"), "node_modules"))) {
    console.log("Reusing node_modules");
    link(layers);
  } else {
    await install(world, "--omit=dev");
    if (!moveToLayer(layers)) return;
  }
  layers.declare("modules", ["launch", "build", "cache"], { key });
}

/** Build scripts may write into node_modules, so they get their own copy of what the cache keeps. */
async function installForBuild(world) {
  const { layers } = world;
  const key = keyOf(world, "build");
  const kept = join(layers.path("build_modules"), "node_modules");
  if (layers.note("build_modules", "key") === key && existsSync(kept)) {
    console.log("Reusing node_modules");
    removeModules();
    copy(kept, "node_modules");
  } else {
    await install(world, "--include=dev");
    rmSync(layers.path("build_modules"), { recursive: true, force: true });
    layers.make("build_modules");
    if (existsSync("node_modules")) copy("node_modules", kept);
    else mkdirSync(kept);
  }
  layers.declare("build_modules", ["cache"], { key });
}

async function install({ project, npm }, dependencies) {
  const command = project.lockFile === undefined ? "install" : "ci";
  if (project.lockFile === undefined) {
    console.log("Warning: there is no package-lock.json, so every machine may get other versions. Commit one.");
  }
  console.log(`Installing node_modules (npm ${command})`);
  const extra = project.lockFile === undefined ? ["--no-package-lock"] : [];
  await npm.run([command, dependencies, ...extra]);
}

async function runScripts({ project, npm }) {
  for (const script of project.buildScripts) {
    console.log(`Running the script ${script}`);
    await npm.run(["run", script]);
  }
}

/** Hex. Equal when an installation would give the same again. */
function keyOf({ project, versions, env }, purpose) {
  const settings = Object.entries(env)
    .filter(([name]) => /^npm_config_/i.test(name))
    .sort();
  const parts = {
    purpose,
    ...Object.fromEntries(KEY_FIELDS.map((field) => [field, project.manifest[field]])),
    lock: project.lock,
    npmrc: project.npmrc,
    versions,
    platform: `${process.platform}-${process.arch}`,
    nodeEnv: env.NODE_ENV,
    settings,
  };
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Gives false when the layers lie on another file system: then node_modules stays in the app. */
function moveToLayer(layers) {
  rmSync(layers.path("modules"), { recursive: true, force: true });
  const target = join(layers.make("modules"), "node_modules");
  try {
    if (existsSync("node_modules")) renameSync("node_modules", target);
    else mkdirSync(target);
  } catch (error) {
    if (error.code !== "EXDEV") throw error;
    return false;
  }
  link(layers);
  return true;
}

function link(layers) {
  removeModules();
  symlinkSync(join(layers.path("modules"), "node_modules"), "node_modules");
}

function removeModules() {
  if (lstatSync("node_modules", { throwIfNoEntry: false }) !== undefined) rmSync("node_modules", { recursive: true });
}

function copy(from, to) {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
}
