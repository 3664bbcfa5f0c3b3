import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.mjs";
import { modulesKey } from "./modules-key.mjs";
import { hasForeignWrites, namesIn, pauseForTick, writesSince } from "./module-writes.mjs";

/**
 * Installs what the app depends on and runs its build scripts. Afterwards `node_modules` has no development dependencies
 * (unless the user keeps them) and, where that is safe, lies in the layer `modules` with a link from the app, so that copies
 * of the app stay small. `world` is `{ project, layers, manager, versions, env, settings }`.
 */
export async function buildModules(world) {
  const { project, manager } = world;
  if (!project.hasDependencies && !project.hasOwnInstallScripts) return runScripts(world);
  if (project.installsInPlace || manager.installsInPlace) return installInPlace(world);
  if (project.buildScripts.length === 0) return installForLaunch(world);
  return installForBuild(world);
}

/** The app's own install scripts and packages must run where its files are, each time. */
async function installInPlace(world) {
  removeModules();
  await world.manager.install({ isProduction: false });
  await runScripts(world);
  if (prunes(world)) await prune(world);
}

/** Nothing of the app's runs in between, so development dependencies are never needed. */
async function installForLaunch(world) {
  const { layers, manager, settings } = world;
  const key = modulesKey(world, "launch");
  if (isKept(layers, "modules", key)) {
    console.log("Reusing node_modules");
    link(layers);
  } else {
    removeModules();
    await manager.install({ isProduction: !settings.keepsDevelopment });
    if (!moveToLayer(layers)) return;
  }
  layers.declare("modules", ["launch", "build", "cache"], { key });
}

/**
 * Two copies are kept: `build_modules` with development dependencies, `modules` without. Build scripts that leave
 * node_modules alone work in the first, by a rename, and the second is launched again as it is. Scripts that write
 * there get a copy of the first each time, and what they leave is pruned and launched.
 */
async function installForBuild(world) {
  const { layers } = world;
  const key = modulesKey(world, "build");
  const { isMoved, isNew } = await settleForBuild(world, key);
  const names = namesIn("node_modules");
  const startedAt = Date.now();
  await runScripts(world);
  const wrote = writesSince("node_modules", { instant: startedAt, names });
  const isLaunchKept = !wrote && isKept(layers, "modules", key);
  if (isMoved && !wrote) giveBack(layers, { copies: !isLaunchKept });
  declareForBuild(layers, { key, wrote, isNew, isLost: isMoved && wrote });
  if (isLaunchKept) link(layers);
  else {
    if (prunes(world)) await prune(world);
    if (!moveToLayer(layers)) return;
  }
  layers.declare("modules", wrote ? ["launch", "build"] : ["launch", "build", "cache"], { key });
}

/** Puts all dependencies into the app. `isMoved`: they are the cached ones themselves; `isNew`: they were installed. */
async function settleForBuild({ layers, manager }, key) {
  removeModules();
  const kept = join(layers.path("build_modules"), "node_modules");
  if (isKept(layers, "build_modules", key) && !hasForeignWrites(kept, sealedAt(layers))) {
    console.log("Reusing node_modules");
    if (layers.note("build_modules", "scripts_write") === "no" && rename(kept, "node_modules")) {
      return { isMoved: true, isNew: false };
    }
    copy(kept, "node_modules");
    pauseForTick();
    return { isMoved: false, isNew: false };
  }
  await manager.install({ isProduction: false });
  layers.renew("build_modules");
  if (existsSync("node_modules")) copy("node_modules", kept);
  else mkdirSync(kept);
  pauseForTick();
  return { isMoved: false, isNew: true };
}

/** The cached dependencies return to their layer. */
function giveBack(layers, { copies }) {
  const kept = join(layers.path("build_modules"), "node_modules");
  if (copies) copy("node_modules", kept);
  else renameSync("node_modules", kept);
}

function declareForBuild(layers, { key, wrote, isNew, isLost }) {
  layers.declare("build_modules", ["cache"], {
    key: isLost ? "" : key,
    scripts_write: wrote ? "yes" : "no",
    sealed_at: String(isNew ? Date.now() : sealedAt(layers)),
  });
}

/** Milliseconds: no file of `build_modules` was written later, unless something wrote through a link. */
function sealedAt(layers) {
  return Number(layers.note("build_modules", "sealed_at"));
}

async function prune({ layers, manager }) {
  adoptStore(layers);
  await manager.prune();
}

/** pnpm notes the path of its store in node_modules, and refuses another; layers may lie elsewhere in each build. */
function adoptStore(layers) {
  const file = "node_modules/.modules.yaml";
  if (!existsSync(file)) return;
  const text = readFileSync(file, "utf8");
  const store = /"?storeDir"?:\s*"?([^",\n]*\/pnpm_store)/.exec(text)?.[1];
  if (store === undefined || store === layers.path("pnpm_store")) return;
  writeFileSync(`${file}.new`, text.replaceAll(store, layers.path("pnpm_store")));
  renameSync(`${file}.new`, file);
}

function isKept(layers, layer, key) {
  return layers.note(layer, "key") === key && existsSync(join(layers.path(layer), "node_modules"));
}

function prunes({ project, settings }) {
  return project.hasDevelopmentDependencies && !settings.keepsDevelopment;
}

async function runScripts({ project, manager }) {
  for (const script of project.buildScripts) await manager.runScript(script);
}

/** Gives false when the layers lie on another file system: then node_modules stays in the app. */
function moveToLayer(layers) {
  const target = join(layers.renew("modules"), "node_modules");
  if (!existsSync("node_modules")) mkdirSync(target);
  else if (!rename("node_modules", target)) return false;
  link(layers);
  return true;
}

function rename(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error.code !== "EXDEV") throw error;
    return false;
  }
}

function link(layers) {
  removeModules();
  symlinkSync(join(layers.path("modules"), "node_modules"), "node_modules");
}

function removeModules() {
  if (lstatSync("node_modules", { throwIfNoEntry: false }) !== undefined) rmSync("node_modules", { recursive: true });
}

/** Links stay links, times stay times. The system's own program is several times faster than Node's function. */
function copy(from, to) {
  const { status, stderr, error } = spawnSync("cp", ["-RPp", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Failure(`node_modules could not be copied: ${error?.message ?? stderr.trim()}`);
}
