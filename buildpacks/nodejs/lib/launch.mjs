import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { warn } from "./failure.mjs";

const ENTRY_FILES = ["server.js", "index.js"];

/** Everything of a launch that is not Node, the package manager or node_modules: environment, programs, the web process. */
export function prepareLaunch({ project, layers, settings, manager }) {
  setDefaults(layers);
  sizeWebProcesses(layers);
  offerPrograms(layers, project.root);
  if (!settings.keepsDevelopment) warnOfMissingPrograms(project);
  if (existsSync("Procfile")) return;
  const command = webCommand(project, manager);
  if (command === undefined) warn(nothingToStart(project));
  else
    writeFileSync(
      layers.path("launch.toml"),
      `[[processes]]\ntype = "web"\ncommand = ${JSON.stringify(command)}\ndefault = true\n`,
    );
}

function setDefaults(layers) {
  mkdirSync(join(layers.path("node_env"), "env"), { recursive: true });
  writeFileSync(join(layers.path("node_env"), "env", "NODE_ENV.default"), "production");
  layers.declare("node_env", ["launch", "build"]);
}

function sizeWebProcesses(layers) {
  const directory = join(layers.path("web_env"), "exec.d", "web");
  mkdirSync(directory, { recursive: true });
  const program = join(directory, "web-concurrency");
  copyFileSync(new URL("web-concurrency.sh", import.meta.url), program);
  chmodSync(program, 0o755);
  layers.declare("web_env", ["launch"]);
}

/** The name sorts last, so that these programs come before a layer's own. In workspaces they may lie at the root. */
function offerPrograms(layers, root) {
  const bins = [".", root].map((directory) => join(directory, "node_modules/.bin")).find((path) => existsSync(path));
  if (bins === undefined) return;
  const link = join(layers.make("z_node_module_bins"), "bin");
  rmSync(link, { force: true });
  symlinkSync(realpathSync(bins), link);
  layers.declare("z_node_module_bins", ["launch", "build"]);
}

function webCommand({ scripts }, manager) {
  const file = ENTRY_FILES.find((name) => existsSync(name));
  if (file !== undefined) return manager?.wrap(["node", file]) ?? ["node", file];
  return scripts.start === undefined ? undefined : (manager?.startCommand ?? ["npm", "start"]);
}

function nothingToStart({ hasWorkspaces, root }) {
  const where =
    hasWorkspaces && root === "."
      ? " This is the root of a monorepo: deploy the folder of one of its apps, or name its command."
      : "";
  return `Nothing says how to start this app: there is no Procfile, no ${ENTRY_FILES.join(", no ")} and no \`start\` script in package.json.${where} Add a \`start\` script, or a Procfile like \`web: node app.js\`.`;
}

/** Programs that a process starts with and that went with the development dependencies: better told now than at the start. */
function warnOfMissingPrograms({ manifest, scripts, root }) {
  const commands = [
    ["the script `start`", scripts.start ?? ""],
    ["the Procfile", existsSync("Procfile") ? readFileSync("Procfile", "utf8") : ""],
  ];
  for (const [where, text] of commands) {
    for (const name of Object.keys(manifest.devDependencies ?? {})) {
      if (name.startsWith("@types/")) continue;
      const program = name.split("/").at(-1);
      const isCalled = new RegExp(`(?:^|[:;&|]|npx)[ \\t]*${program.replace(/[^\w-]/g, "\\$&")}(?=\\s|$)`, "m").test(
        text,
      );
      if (!isCalled || [".", root].some((directory) => existsSync(join(directory, "node_modules/.bin", program))))
        continue;
      warn(
        `${where} calls \`${program}\`, which comes with devDependencies, and those are not there at launch. Move ${name} to dependencies, or set NPM_CONFIG_PRODUCTION=false.`,
      );
    }
  }
}
