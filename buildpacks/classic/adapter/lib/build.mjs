// build: bin/compile, then what it left (.profile.d, export, bin/release) in the terms of Cloud Native Buildpacks.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { classicEnvironment, ownId, runProgram, tree } from "./classic.mjs";
import { readExport } from "./export-script.mjs";
import { parseRelease } from "./release-yaml.mjs";
import { quote } from "./toml.mjs";

const [layers = process.env.CNB_LAYERS_DIR, platform = process.env.CNB_PLATFORM_DIR, planFile] = process.argv.slice(2);
const app = process.cwd();

function main() {
  const label = detectedLabel();
  if (label !== "") console.log(`-----> ${label} app detected`);
  const scratch = mkdtempSync(join(tmpdir(), "classic-"));
  try {
    // A classic buildpack writes into its own directory (`export`), which is nobody's to change here.
    const own = join(scratch, "buildpack");
    cpSync(tree, own, { recursive: true, verbatimSymlinks: true });
    const env = classicEnvironment(platform);
    compile(own, scratch, env);
    writeExportLayer(readExport(join(own, "export"), env));
    const release = readRelease(own, env);
    writeProfileLayer(release.config_vars);
    writeProcesses(release.default_process_types);
    if (release.addons.length > 0)
      console.log(`Note: it asks for the add-ons ${release.addons.join(", ")}; only app.json can order add-ons.`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What bin/detect called the app; it travels in the plan. */
function detectedLabel() {
  const plan = readFileSync(planFile ?? process.env.CNB_BP_PLAN_PATH, "utf8");
  const [, basic, literal] = /^\s*label\s*=\s*(?:("(?:[^"\\]|\\.)*")|'([^'\n]*)')/m.exec(plan) ?? [];
  return basic === undefined ? (literal ?? "") : JSON.parse(basic);
}

function compile(own, scratch, env) {
  const cache = join(layers, "cache");
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(layers, "cache.toml"), "[types]\ncache = true\n");
  const given = join(platform, "env");
  const envDirectory = existsSync(given) ? given : join(scratch, "env");
  mkdirSync(envDirectory, { recursive: true });
  const { status, signal } = runProgram(join(own, "bin/compile"), [app, cache, envDirectory], { env, show: true });
  if (status !== 0)
    throw new Error(`bin/compile ${signal === null ? `ended with exit code ${status}` : `was killed by ${signal}`}`);
}

function readRelease(own, env) {
  const program = join(own, "bin/release");
  if (!existsSync(program)) return parseRelease("");
  const { status, stdout } = runProgram(program, [app], { env });
  if (status !== 0) throw new Error(`bin/release ended with exit code ${status}`);
  return parseRelease(stdout);
}

function writeExportLayer(variables) {
  rmSync(join(layers, "export"), { recursive: true, force: true });
  if (variables.size === 0) return;
  const directory = join(layers, "export", "env.build");
  mkdirSync(directory, { recursive: true });
  for (const [name, value] of variables) writeFileSync(join(directory, `${name}.override`), value);
  writeFileSync(join(layers, "export.toml"), "[types]\nbuild = true\n");
}

/**
 * Scripts move out of the app, so that no launcher sources them twice. They expect the app's directory as HOME, which is
 * the working directory of every launcher that sources them.
 */
function writeProfileLayer(configVars) {
  const scripts = existsSync(".profile.d") ? readdirSync(".profile.d").filter((name) => name.endsWith(".sh")) : [];
  const layer = join(layers, "profile");
  rmSync(layer, { recursive: true, force: true });
  mkdirSync(join(layer, "profile.d"), { recursive: true });
  writeFileSync(join(layer, "profile.d", "000-home.sh"), 'export HOME="$PWD"\n');
  for (const name of scripts) move(join(".profile.d", name), join(layer, "profile.d", `app-${name}`));
  mkdirSync(join(layer, "env.launch"), { recursive: true });
  for (const [name, value] of configVars) {
    if (/^[A-Za-z_]\w*$/.test(name)) writeFileSync(join(layer, "env.launch", `${name}.default`), value);
  }
  writeFileSync(`${layer}.toml`, "[types]\nlaunch = true\n");
}

function move(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (error.code !== "EXDEV") throw error;
    cpSync(from, to);
    rmSync(from);
  }
}

function writeProcesses(types) {
  const processes = [...types].map(([type, command]) => {
    if (!/^[A-Za-z0-9._-]+$/.test(type)) throw new Error(`bin/release names the process type \`${type}\``);
    const isDefault = type === "web";
    return `[[processes]]\ntype = ${quote(type)}\ncommand = ${quote(command)}\ndirect = false\ndefault = ${isDefault}\n`;
  });
  if (processes.length > 0) {
    console.log(`Default process types: ${[...types.keys()].join(", ")}`);
    writeFileSync(join(layers, "launch.toml"), processes.join("\n"));
  }
}

try {
  main();
} catch (error) {
  console.error(`ERROR: ${ownId()}: ${error.message}`);
  process.exitCode = 1;
}
