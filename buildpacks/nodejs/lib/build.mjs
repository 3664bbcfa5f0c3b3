import { delimiter } from "node:path";
import { chooseManager } from "./choose-manager.mjs";
import { Failure } from "./failure.mjs";
import { prepareLaunch } from "./launch.mjs";
import { Layers } from "./layer.mjs";
import { Manager } from "./manager.mjs";
import { buildModules } from "./modules.mjs";
import { wantedNode } from "./node-version.mjs";
import { Packages } from "./packages.mjs";
import { readProject, withLockFile } from "./project.mjs";
import { provideManager } from "./provide-manager.mjs";
import { provideHeaders, provideNode } from "./provide-node.mjs";
import { createRedactor } from "./redact.mjs";
import { programEnvironment, readSettings } from "./settings.mjs";

async function main() {
  const layers = new Layers(process.env.CNB_LAYERS_DIR ?? process.argv[2]);
  const settings = readSettings(process.env);
  if (!settings.usesCache) layers.clear();
  const stated = readProject();
  const choice = chooseManager(stated);
  const project = withLockFile(stated, choice.name);
  const env = programEnvironment(process.env);
  const redact = createRedactor(env, Object.values(project.configs));
  const packages = () => new Packages({ env, redact });
  const node = provideNode(wantedNode(project), layers, packages);
  if (node.directory !== undefined) env.PATH = `${node.directory}${delimiter}${env.PATH}`;
  let manager;
  if (needsManager(choice, project, node)) {
    manager = managerOf(choice, { project, layers, packages, node, env, redact, settings });
    addHeaders(env, { project, node, layers, packages });
    await buildModules({ project, layers, manager, versions: { node: node.version }, env, settings });
    if (layers.has(manager.cacheLayer)) layers.declare(manager.cacheLayer, ["cache"]);
  }
  prepareLaunch({ project, layers, settings, manager });
}

function needsManager(choice, project, node) {
  if (choice.name !== "npm" || project.hasDependencies || project.hasOwnInstallScripts) return true;
  // An npm of the machine may not run on a Node that is not.
  return project.buildScripts.length > 0 || (node.directory !== undefined && project.scripts.start !== undefined);
}

function managerOf(choice, { project, layers, packages, node, env, redact, settings }) {
  const { lockFile, lock, hasDependencies } = project;
  const tool = provideManager(choice, { layers, packages, node, path: env.PATH, lock });
  if (lockFile === undefined && hasDependencies) {
    const file = { npm: "package-lock.json", yarn: "yarn.lock", pnpm: "pnpm-lock.yaml" }[choice.name];
    console.log(
      `Warning: there is no ${file}, so every machine may get other versions. Run \`${choice.name} install\` and commit it.`,
    );
  }
  const isFrozen = lockFile !== undefined && !settings.prefersInstall;
  const state = isFrozen ? "frozen" : lockFile === undefined ? "none" : "loose";
  return new Manager({ tool, project, layers, env, redact, lock: state });
}

const NATIVE =
  /"hasInstallScript": true|node-gyp|prebuild|node-addon-api|\bbindings\b|\bnan\b|requiresBuild|binding\.gyp/;

/** Native modules that are compiled from source find the headers of the app's Node. */
function addHeaders(env, { project, node, layers, packages }) {
  if (Object.keys(env).some((name) => name.toLowerCase() === "npm_config_nodedir")) return;
  if (!project.hasDependencies && !project.hasOwnInstallScripts) return;
  if (project.lockFile !== undefined && !NATIVE.test(project.lock) && !project.hasOwnInstallScripts) return;
  const directory = provideHeaders(node, layers, packages);
  if (directory !== undefined) env.npm_config_nodedir = directory;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.log(`! ${error.message}`);
  if (error.hint !== undefined) console.log(`! ${error.hint}`);
  process.exitCode = error.exitCode;
}
