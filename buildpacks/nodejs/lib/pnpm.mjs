import { npmSetting } from "./npm-environment.mjs";

// Without a terminal it would not remove what it is told to remove; older ones do not read that from a variable.
const PURGES = "--config.confirmModulesPurge=false";

/** pnpm's commands, as argument lists behind the program, and what they need in the environment. */
export const pnpm = {
  cache: "pnpm_store",
  omitsAtInstall: true,
  install: ({ lock, isProduction }) => [
    "install",
    lock === "frozen" ? "--frozen-lockfile" : "--no-frozen-lockfile",
    ...(isProduction ? ["--prod"] : ["--prod=false"]),
  ],
  // In workspaces it would look at the root alone.
  prune: ({ hasWorkspaces }) =>
    hasWorkspaces
      ? ["install", "--prod", "--frozen-lockfile", "--prefer-offline", "--ignore-scripts", PURGES]
      : ["prune", "--prod"],
  script: (name) => ["run", name],
  exec: (command) => command,
  start: ["pnpm", "start"],
  environment: (env, cache) => ({ ...bothNames(SETTINGS, cache), ...fromNpm(env), ...env }),
  lockHint: "Run `pnpm install`, commit pnpm-lock.yaml, and deploy again.",
};

const SETTINGS = {
  // Files of node_modules are the app's own: scripts may write into them without changing the store.
  package_import_method: "clone-or-copy",
  confirm_modules_purge: "false",
  // Programs in node_modules/.bin must not name the directory of this build.
  extend_node_path: "false",
  verify_deps_before_run: "false",
  manage_package_manager_versions: "false",
  pm_on_fail: "ignore",
  update_notifier: "false",
};

/** Up to pnpm 10 settings come as `npm_config_…`, later as `pnpm_config_…`. */
function bothNames(settings, store) {
  return Object.fromEntries(
    Object.entries({ ...settings, store_dir: store }).flatMap(([name, value]) => [
      [`npm_config_${name}`, value],
      [`pnpm_config_${name}`, value],
    ]),
  );
}

/** npm's registry and certificates are everybody's. */
function fromNpm(env) {
  return Object.fromEntries(
    ["registry", "cafile"].flatMap((name) => {
      const value = npmSetting(env, name);
      return value === undefined
        ? []
        : [
            [`npm_config_${name}`, value],
            [`pnpm_config_${name}`, value],
          ];
    }),
  );
}
