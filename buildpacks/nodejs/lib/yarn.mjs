import { npmSetting } from "./npm-environment.mjs";
import { parseVersion } from "./semver.mjs";

/** The commands of this yarn: of Yarn 1, or of those that came after it. */
export function yarnOf(version, project, env) {
  const [major] = parseVersion(version) ?? [project.configs[".yarnrc.yml"] !== undefined ? 4 : 1];
  return major === 1 ? YARN_1 : berry(major, project, env);
}

const INSTALL = ["install", "--non-interactive", "--no-progress"];
const LOCK_FLAGS = { frozen: "--frozen-lockfile", loose: "--pure-lockfile", none: "--no-lockfile" };

const YARN_1 = {
  cache: "yarn_cache",
  omitsAtInstall: true,
  install: ({ lock, isProduction }) => [...INSTALL, `--production=${isProduction}`, LOCK_FLAGS[lock]],
  // Yarn 1 has no command for it: an installation without them takes out what is there.
  prune: ({ lock }) => [...INSTALL, "--production=true", "--ignore-scripts", "--prefer-offline", LOCK_FLAGS[lock]],
  script: (name) => ["run", name],
  exec: (command) => command,
  start: ["yarn", "start"],
  environment: (env, cache) => ({
    YARN_CACHE_FOLDER: cache,
    ...fromNpm(env, "npm_config_registry", "registry"),
    ...fromNpm(env, "npm_config_cafile", "cafile"),
    ...env,
  }),
  lockHint: "Run `yarn install`, commit yarn.lock, and deploy again.",
};

function berry(major, project, env) {
  const linker =
    env.YARN_NODE_LINKER ?? /^nodeLinker:\s*["']?([\w-]+)/m.exec(project.configs[".yarnrc.yml"] ?? "")?.[1];
  const usesNodeModules = linker === "node-modules";
  return {
    cache: "yarn_cache",
    // Plug'n'Play and the pnpm linker leave files in the app that point at each other by relative paths.
    installsInPlace: !usesNodeModules,
    // Installing for production alone is a command of its own, and that one does not check the lock file.
    omitsAtInstall: false,
    install: ({ lock }) => ["install", lock === "frozen" ? "--immutable" : "--no-immutable"],
    // Before 4.0 the command is in a plug-in that most apps do not have.
    prune: () => (major >= 4 || (project.configs[".yarnrc.yml"] ?? "").includes("workspace-tools") ? FOCUS : undefined),
    script: (name) => ["run", name],
    exec: (command) => (usesNodeModules || linker === "pnpm" ? command : ["yarn", ...command]),
    start: ["yarn", "start"],
    environment: (variables, cache) => ({
      // Packages stay in the app (Plug'n'Play runs from them), with a second copy for the next build.
      YARN_ENABLE_GLOBAL_CACHE: usesNodeModules ? "true" : "false",
      YARN_GLOBAL_FOLDER: cache,
      YARN_ENABLE_TELEMETRY: "0",
      YARN_ENABLE_PROGRESS_BARS: "0",
      ...fromNpm(variables, "YARN_NPM_REGISTRY_SERVER", "registry"),
      ...fromNpm(variables, "YARN_HTTPS_CA_FILE_PATH", "cafile"),
      ...variables,
    }),
    lockHint: "Run `yarn install`, commit yarn.lock, and deploy again.",
  };
}

const FOCUS = ["workspaces", "focus", "--all", "--production"];

/** npm's registry and certificates are everybody's, unless the manager's own variable says otherwise. */
function fromNpm(env, variable, setting) {
  const value = npmSetting(env, setting);
  return value === undefined ? {} : { [variable]: value };
}
