/** What the user's variables ask of the build: Heroku's names. Everything else in the environment reaches the programs as it is. */
export function readSettings(env) {
  const isOff = (...names) => names.some((name) => env[name] === "false");
  const isOn = (...names) => names.some((name) => ["1", "true"].includes(env[name]));
  return {
    /** Development dependencies stay for the launch. */
    keepsDevelopment:
      isOff("NPM_CONFIG_PRODUCTION", "npm_config_production", "YARN_PRODUCTION") ||
      isOn("HEROKU_SKIP_NODE_PRUNE", "YARN2_SKIP_PRUNING", "PNPM_SKIP_PRUNING"),
    /** False: nothing that an earlier build left is used. */
    usesCache: !isOff("NODE_MODULES_CACHE"),
    /** `npm install` in spite of a lock file. */
    prefersInstall: isOn("USE_NPM_INSTALL"),
  };
}

// They only steer this buildpack; npm and yarn would take them for their own settings and warn, or leave out what a build needs.
const OWN = new Set(["NPM_CONFIG_PRODUCTION", "npm_config_production", "YARN_PRODUCTION"]);

/** The environment of everything the build starts. `NODE_ENV` is production unless the user says otherwise. */
export function programEnvironment(env) {
  return { NODE_ENV: "production", ...Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.has(name))) };
}
