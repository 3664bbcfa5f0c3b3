import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./failure.mjs";

const LOCK_FILES = {
  npm: ["npm-shrinkwrap.json", "package-lock.json"],
  yarn: ["yarn.lock"],
  pnpm: ["pnpm-lock.yaml"],
  bun: ["bun.lock", "bun.lockb"],
};
// What else decides which files an installation makes.
const CONFIG_FILES = [".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml", ".pnpmfile.cjs"];
const OWN_INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];
const ROOT_LEVELS_MAX = 6;
const DEPENDENCY_FIELDS = ["dependencies", "devDependencies", "optionalDependencies"];

/** What the app's files say, read once from the current directory. Throws Failure naming the file that cannot be used. */
export function readProject() {
  const manifest = readManifest("package.json");
  const scripts = manifest.scripts ?? {};
  const own = lockFilesOf(".");
  const root = Object.keys(own).length === 0 && existsSync("package.json") ? workspaceRoot() : ".";
  const rootManifest = root === "." ? manifest : readManifest(join(root, "package.json"));
  const configs = Object.fromEntries(
    CONFIG_FILES.flatMap((name) => (existsSync(join(root, name)) ? [[name, read(join(root, name))]] : [])),
  );
  return {
    manifest,
    scripts,
    /** Where the lock file is, relative to the app: `.`, or the root of the workspaces that the app is one of. */
    root,
    rootManifest,
    /** Name of the lock file of each package manager that has one. */
    lockFiles: root === "." ? own : lockFilesOf(root),
    /** Text of the files that steer a package manager, by name. */
    configs,
    hasOwnInstallScripts: existsSync("binding.gyp") || OWN_INSTALL_SCRIPTS.some((name) => name in scripts),
    hasDevelopmentDependencies: [manifest, rootManifest].some(
      ({ devDependencies }) => Object.keys(devDependencies ?? {}).length > 0,
    ),
    buildScripts: ["heroku-prebuild", "heroku-build" in scripts ? "heroku-build" : "build", "heroku-postbuild"].filter(
      (name) => name in scripts,
    ),
  };
}

function lockFilesOf(directory) {
  return Object.fromEntries(
    Object.entries(LOCK_FILES).flatMap(([manager, names]) => {
      const name = names.find((candidate) => existsSync(join(directory, candidate)));
      return name === undefined ? [] : [[manager, name]];
    }),
  );
}

/** The nearest directory above that has workspaces and a lock file, as `../..`; `.` when there is none. */
function workspaceRoot() {
  for (let level = 1; level <= ROOT_LEVELS_MAX; level += 1) {
    const directory = Array.from({ length: level }, () => "..").join("/");
    if (Object.keys(lockFilesOf(directory)).length === 0) continue;
    const file = join(directory, "package.json");
    const hasWorkspaces =
      existsSync(join(directory, "pnpm-workspace.yaml")) ||
      (existsSync(file) && readManifest(file).workspaces !== undefined);
    return hasWorkspaces ? directory : ".";
  }
  return ".";
}

/** The same once the package manager is known: its lock file, and how what it installs must lie. */
export function withLockFile(project, manager) {
  const lockFile = project.lockFiles[manager];
  const lock = lockFile === undefined ? "" : read(join(project.root, lockFile));
  const { manifest, rootManifest, configs } = project;
  const hasWorkspaces =
    rootManifest.workspaces !== undefined || /^packages:/m.test(configs["pnpm-workspace.yaml"] ?? "");
  return {
    ...project,
    lockFile,
    lock,
    hasDependencies:
      hasWorkspaces ||
      DEPENDENCY_FIELDS.some((field) => Object.keys(manifest[field] ?? {}).length > 0) ||
      lock.includes('"node_modules/'),
    // Dependencies that are files of the app itself cannot be installed without it, nor kept apart from it.
    installsInPlace: project.hasOwnInstallScripts || hasWorkspaces || hasLocalDependencies(manifest, lock),
    hasWorkspaces,
  };
}

const LOCAL_IN_LOCK = [
  /"link":\s*true/, // npm
  /"resolved":\s*"file:/,
  /@(?:file|link|portal):\.{0,2}\//, // yarn
  /(?:version|specifier|tarball|directory):\s*'?(?:link|file|workspace):/, // pnpm
];

function hasLocalDependencies(manifest, lock) {
  if (LOCAL_IN_LOCK.some((pattern) => pattern.test(lock))) return true;
  const wanted = DEPENDENCY_FIELDS.flatMap((field) => Object.values(manifest[field] ?? {}));
  return wanted.some((range) => /^(?:file:|link:|portal:|workspace:|\.{0,2}\/|~\/)/.test(String(range)));
}

function readManifest(file) {
  if (!existsSync(file)) return {};
  let manifest;
  try {
    manifest = JSON.parse(read(file));
  } catch (error) {
    throw new Failure(`${file} is not valid JSON: ${error.message}`, {
      hint: "Often it is a comma too many or a quote that is missing.",
    });
  }
  if (typeof manifest !== "object" || manifest === null || Array.isArray(manifest)) {
    throw new Failure(`${file} is not a JSON object`, { hint: "It starts with { and ends with }." });
  }
  for (const field of ["scripts", "engines", ...DEPENDENCY_FIELDS]) {
    const value = manifest[field];
    if (value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value))) continue;
    throw new Failure(`\`${field}\` of ${file} is not a JSON object`, { hint: `Write it as "${field}": { … }.` });
  }
  return manifest;
}

function read(file) {
  return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
}
