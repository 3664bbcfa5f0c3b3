import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const DEFAULT_STACK = "heroku-24";
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** The classic buildpack inside this one. */
export const tree = join(process.env.CNB_BUILDPACK_DIR, "tree");

/** The id buildpack.toml gives it. */
export function ownId() {
  const text = readFileSync(join(process.env.CNB_BUILDPACK_DIR, "buildpack.toml"), "utf8");
  return /^id = "([^"]+)"$/m.exec(text)?.[1] ?? "classic";
}

/** What every program of a classic buildpack finds in its environment besides what this process has. */
export function classicEnvironment(platform) {
  const env = { ...process.env, STACK: configValue(platform, "STACK") ?? (process.env.STACK || DEFAULT_STACK) };
  const version = configValue(platform, "SOURCE_VERSION");
  return version === undefined ? env : { ...env, SOURCE_VERSION: version };
}

function configValue(platform, name) {
  const file = join(platform, "env", name);
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, "utf8").trim() || undefined : undefined;
}

/**
 * Runs one program of a classic buildpack in the app's folder. `show` lets its output through, else it is given back as
 * `stdout`. Throws when it cannot be started, with what to do.
 */
export function runProgram(program, args, { env, show = false }) {
  const { status, signal, error, stdout } = spawnSync(program, args, {
    env,
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ["ignore", show ? "inherit" : "pipe", "inherit"],
  });
  if (error?.code === "EACCES") throw new Error(`${program} is not executable: chmod +x it`);
  if (error?.code === "ENOENT")
    throw new Error(`${program} could not be started: the interpreter of its first line is not here`);
  if (error !== undefined) throw new Error(`${program} could not be run: ${error.message}`);
  return { status, signal, stdout };
}
