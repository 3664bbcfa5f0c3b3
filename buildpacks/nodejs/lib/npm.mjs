import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Failure, ProgramFailure } from "./failure.mjs";

/** npm as it is on the PATH, with a cache of its own. */
export class Npm {
  #env;

  constructor(env, cache) {
    this.#env = {
      // The user's own settings, which are variables too, win.
      npm_config_cache: cache,
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
      npm_config_progress: "false",
      npm_config_logs_max: "0",
      ...env,
    };
  }

  /** Runs npm with its output shown. Throws ProgramFailure. */
  run(args) {
    const { status, error } = spawnSync("npm", args, { stdio: ["ignore", "inherit", "inherit"], env: this.#env });
    if (error !== undefined) throw new Failure(`npm could not be started: ${error.message}`);
    if (status !== 0) throw new ProgramFailure(status ?? 1);
  }

  /** What npm prints, as JSON. Throws ProgramFailure. */
  query(args) {
    const options = { stdio: ["ignore", "pipe", "inherit"], env: this.#env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
    const { status, stdout, error } = spawnSync("npm", [...args, "--json"], options);
    if (error !== undefined) throw new Failure(`npm could not be started: ${error.message}`);
    if (status !== 0) throw new ProgramFailure(status ?? 1);
    return JSON.parse(stdout);
  }
}

/** The version of the npm on the PATH, read from its files, since starting it takes longer than a whole build should. */
export function npmVersion(path) {
  for (const directory of path.split(delimiter)) {
    const program = join(directory, "npm");
    if (!isExecutable(program)) continue;
    const manifest = join(dirname(realpathSync(program)), "..", "package.json");
    return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : "unknown";
  }
  throw new Failure("there is no npm on the PATH");
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
