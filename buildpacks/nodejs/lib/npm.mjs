import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
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
      // npm looks for the machine's settings beside the Node it runs on, or below --prefix: say where they really are.
      npm_config_globalconfig: join(dirname(dirname(process.execPath)), "etc", "npmrc"),
      ...env,
    };
  }

  /** Runs npm with its output shown, its own words about a failure last. Throws ProgramFailure. */
  async run(args) {
    const child = spawn("npm", args, { stdio: ["ignore", "inherit", "pipe"], env: this.#env });
    const ended = once(child, "close").catch((error) => {
      throw new Failure(`npm could not be started: ${error.message}`);
    });
    const errors = [];
    createInterface(child.stderr).on("line", (line) => {
      if (ERROR_LINE.test(line)) errors.push(line);
      else console.error(line);
    });
    const [status] = await ended;
    for (const line of withoutUsage(errors)) console.error(line);
    if (status !== 0) throw new ProgramFailure(status ?? 1);
  }

  /** What npm prints, as JSON. Throws ProgramFailure. */
  query(args) {
    const options = {
      stdio: ["ignore", "pipe", "inherit"],
      env: this.#env,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    };
    const { status, stdout, error } = spawnSync("npm", [...args, "--json"], options);
    if (error !== undefined) throw new Failure(`npm could not be started: ${error.message}`);
    if (status !== 0) throw new ProgramFailure(status ?? 1);
    return JSON.parse(stdout);
  }
}

const ERROR_LINE = /^npm (?:error|ERR!)/;
const LOG_LINE = /^npm (?:error|ERR!) (?:Log files were not written|A complete log of this run)/;

/** npm's error without the manual page it prints after a wrong lock file, and without the place of a log nobody keeps. */
function withoutUsage(lines) {
  const usage = lines.findIndex((line) => /^npm (?:error|ERR!) Usage:/.test(line));
  if (usage < 0) return lines.filter((line) => !LOG_LINE.test(line));
  // In front of the usage stand the command's description and an empty line.
  return lines.slice(0, Math.max(0, usage - 2));
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
