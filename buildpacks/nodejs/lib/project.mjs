import { existsSync, readFileSync } from "node:fs";
import { Failure } from "./failure.mjs";

const LOCK_FILES = ["npm-shrinkwrap.json", "package-lock.json"];
const FOREIGN_LOCK_FILES = { "yarn.lock": "yarn", "pnpm-lock.yaml": "pnpm", "bun.lock": "bun", "bun.lockb": "bun" };
const OWN_INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];
const DEPENDENCY_FIELDS = ["dependencies", "devDependencies", "optionalDependencies"];

/** What the app's files say, read once from the current directory. Throws Failure naming the file that cannot be used. */
export function readProject() {
  const manifest = readManifest();
  const lockFile = LOCK_FILES.find((name) => existsSync(name));
  const lock = lockFile === undefined ? "" : readFileSync(lockFile, "utf8");
  assertNpm(manifest, lockFile);
  const scripts = manifest.scripts ?? {};
  const hasOwnInstallScripts = existsSync("binding.gyp") || OWN_INSTALL_SCRIPTS.some((name) => name in scripts);
  return {
    manifest,
    lockFile,
    lock,
    npmrc: existsSync(".npmrc") ? readFileSync(".npmrc", "utf8") : "",
    hasDependencies: hasDependencies(manifest, lock),
    hasDevelopmentDependencies: Object.keys(manifest.devDependencies ?? {}).length > 0,
    installsInPlace: hasOwnInstallScripts || hasLocalDependencies(manifest, lock),
    hasOwnInstallScripts,
    buildScripts: ["heroku-prebuild", "heroku-build" in scripts ? "heroku-build" : "build", "heroku-postbuild"].filter(
      (name) => name in scripts,
    ),
  };
}

function readManifest() {
  if (!existsSync("package.json")) return {};
  let manifest;
  try {
    manifest = JSON.parse(readFileSync("package.json", "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Failure(`package.json is not valid JSON: ${error.message}`);
  }
  if (typeof manifest !== "object" || manifest === null || Array.isArray(manifest)) {
    throw new Failure("package.json is not a JSON object");
  }
  return manifest;
}

function assertNpm(manifest, lockFile) {
  const foreign = Object.keys(FOREIGN_LOCK_FILES).filter((name) => existsSync(name));
  const { manager, reason } = packageManager(manifest, lockFile, foreign);
  if (manager !== "npm") {
    throw new Failure(
      `this app uses ${manager} (${reason}), and only npm is supported for now. Run \`npm install\` once, commit package-lock.json, and remove what names ${manager}.`,
    );
  }
  if (lockFile === undefined) return;
  for (const name of foreign) console.log(`Warning: ${name} is not used, since there is ${lockFile}.`);
}

function packageManager(manifest, lockFile, foreign) {
  const declared = /^([a-z]+)@/.exec(manifest.packageManager ?? "")?.[1];
  if (declared !== undefined) return { manager: declared, reason: "packageManager in package.json" };
  const engine = ["pnpm", "yarn"].find((name) => manifest.engines?.[name] !== undefined);
  if (engine !== undefined) return { manager: engine, reason: `engines.${engine} in package.json` };
  if (lockFile !== undefined || foreign.length === 0 || manifest.engines?.npm !== undefined) return { manager: "npm" };
  return { manager: FOREIGN_LOCK_FILES[foreign[0]], reason: foreign[0] };
}

function hasDependencies(manifest, lock) {
  if (DEPENDENCY_FIELDS.some((field) => Object.keys(manifest[field] ?? {}).length > 0)) return true;
  return manifest.workspaces !== undefined || lock.includes('"node_modules/');
}

/** Dependencies that are files of the app itself: they cannot be installed without it, nor kept apart from it. */
function hasLocalDependencies(manifest, lock) {
  if (manifest.workspaces !== undefined || /"link":\s*true/.test(lock) || /"resolved":\s*"file:/.test(lock))
    return true;
  const wanted = DEPENDENCY_FIELDS.flatMap((field) => Object.values(manifest[field] ?? {}));
  return wanted.some((range) => /^(?:file:|link:|\.{0,2}\/|~\/)/.test(String(range)));
}
