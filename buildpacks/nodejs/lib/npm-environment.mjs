import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The environment of npm: quiet, with a cache of its own, patient for seconds and not for minutes. The user's settings win. */
export function npmEnvironment(env, cache) {
  return {
    npm_config_cache: cache,
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
    npm_config_progress: "false",
    npm_config_logs_max: "0",
    npm_config_fetch_retry_mintimeout: "1000",
    npm_config_fetch_retry_maxtimeout: "10000",
    npm_config_globalconfig: MACHINE_SETTINGS,
    ...env,
  };
}

// npm looks for the machine's settings beside the Node it runs on, or below --prefix: this is where they really are.
const MACHINE_SETTINGS = join(dirname(dirname(process.execPath)), "etc", "npmrc");

/** A setting that npm has from a variable or from the machine's settings, for managers that look at neither. */
export function npmSetting(env, name) {
  const variable = Object.keys(env).find((key) => key.toLowerCase() === `npm_config_${name}`);
  if (variable !== undefined) return env[variable];
  if (!existsSync(MACHINE_SETTINGS)) return undefined;
  return new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)`, "m").exec(readFileSync(MACHINE_SETTINGS, "utf8"))?.[1];
}
