import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failure, ProgramFailure } from "./failure.mjs";
import { Layers } from "./layer.mjs";
import { buildModules } from "./modules.mjs";
import { provideNode, wantedNode } from "./node-version.mjs";
import { Npm, npmVersion } from "./npm.mjs";
import { readProject } from "./project.mjs";

const layersRoot = process.env.CNB_LAYERS_DIR ?? process.argv[2];

async function main() {
  const layers = new Layers(layersRoot);
  const project = readProject();
  const env = { NODE_ENV: "production", ...process.env };
  const npmWith = (variables) => new Npm(variables, layers.make("npm_cache"));
  const node = await provideNode(wantedNode(project.manifest), layers, () => npmWith(env));
  if (node.directory !== undefined) env.PATH = `${node.directory}${delimiter}${env.PATH}`;
  const needsNpm = project.hasDependencies || project.hasOwnInstallScripts || project.buildScripts.length > 0;
  if (needsNpm) {
    const versions = { node: node.version, npm: npmVersion(env.PATH) };
    await buildModules({ project, layers, npm: npmWith(env), versions, env });
  }
  if (layers.has("npm_cache")) layers.declare("npm_cache", ["cache"]);
  setDefaults(layers);
  offerPrograms(layers);
  const web = webProcess(project);
  if (web !== undefined) writeFileSync(join(layersRoot, "launch.toml"), web);
}

function setDefaults(layers) {
  mkdirSync(join(layers.path("node_env"), "env"), { recursive: true });
  writeFileSync(join(layers.path("node_env"), "env", "NODE_ENV.default"), "production");
  layers.declare("node_env", ["launch", "build"]);
}

/** The name sorts last, so that these programs come before a layer's own. */
function offerPrograms(layers) {
  if (!existsSync("node_modules/.bin")) return;
  const link = join(layers.make("z_node_module_bins"), "bin");
  rmSync(link, { force: true });
  symlinkSync(realpathSync("node_modules/.bin"), link);
  layers.declare("z_node_module_bins", ["launch", "build"]);
}

function webProcess(project) {
  if (existsSync("Procfile")) return undefined;
  const file = ["server.js", "index.js"].find((name) => existsSync(name));
  const command =
    file !== undefined ? ["node", file] : project.manifest.scripts?.start !== undefined ? ["npm", "start"] : undefined;
  if (command === undefined) return undefined;
  return `[[processes]]\ntype = "web"\ncommand = ${JSON.stringify(command)}\ndefault = true\n`;
}

try {
  await main();
} catch (error) {
  if (error instanceof ProgramFailure) process.exitCode = error.exitCode;
  else {
    console.error(error instanceof Failure ? `ERROR: ${error.message}` : error);
    process.exitCode = 1;
  }
}
