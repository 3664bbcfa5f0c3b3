import { createHash } from "node:crypto";

const KEY_FIELDS = [
  ...["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta"],
  ...[
    "overrides",
    "resolutions",
    "pnpm",
    "dependenciesMeta",
    "bundleDependencies",
    "bundledDependencies",
    "allowScripts",
  ],
];

/** Hex. Equal when an installation would give the same again: lock file, manifest, settings, Node, manager and machine. */
export function modulesKey({ project, manager, versions, env, settings }, purpose) {
  const variables = Object.entries(env)
    .filter(([name]) => /^(?:npm_config|pnpm_config|yarn)_/i.test(name))
    .sort();
  const parts = {
    purpose,
    ...Object.fromEntries(KEY_FIELDS.map((field) => [field, project.manifest[field]])),
    lock: project.lock,
    configs: project.configs,
    versions,
    manager: `${manager.name} ${manager.version} ${manager.lock}`,
    keepsDevelopment: settings.keepsDevelopment,
    platform: `${process.platform}-${process.arch}`,
    nodeEnv: env.NODE_ENV,
    variables,
  };
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
