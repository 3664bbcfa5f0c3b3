import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure, warn } from "./failure.mjs";

const MANAGERS = ["npm", "yarn", "pnpm"];

/**
 * Which package manager the app uses: `{ name, range, hash, file, from }`. `range` is the version it states, `hash` that of
 * `packageManager`, `file` the program that lies in the app (`yarnPath`), `from` where the choice comes from.
 * In order: yarnPath, packageManager, devEngines, the one lock file, engines.pnpm, engines.yarn, npm. Throws Failure.
 */
export function chooseManager(project) {
  const { lockFiles } = project;
  const choice = stated(project) ?? byLockFile(project) ?? byEngines(project) ?? { name: "npm", from: "the default" };
  if (!MANAGERS.includes(choice.name)) {
    throw new Failure(`This app uses ${choice.name} (${choice.from}); npm, yarn and pnpm are supported.`, {
      hint: `Run \`npm install\`, commit package-lock.json, and remove what names ${choice.name}.`,
    });
  }
  for (const [manager, file] of Object.entries(lockFiles)) {
    if (manager !== choice.name) warn(`${file} is not used, since ${choice.from} says ${choice.name}. Remove it.`);
  }
  const range = choice.range ?? project.rootManifest.engines?.[choice.name];
  return { ...choice, range: typeof range === "string" ? range.trim() : undefined };
}

/** What the app says in so many words. */
function stated({ rootManifest: manifest, configs, root }) {
  const file =
    /^yarnPath:\s*["']?([^"'\s]+)/m.exec(configs[".yarnrc.yml"] ?? "")?.[1] ??
    /^yarn-path\s+["']?([^"'\s]+)/m.exec(configs[".yarnrc"] ?? "")?.[1];
  if (file !== undefined) {
    const from = configs[".yarnrc.yml"]?.includes(file) ? ".yarnrc.yml" : ".yarnrc";
    if (existsSync(join(root, file))) return { name: "yarn", file: join(root, file), from };
    throw new Failure(`${from} names ${file}, which is not in the app.`, {
      hint: `Commit ${file}, or remove the line.`,
    });
  }
  if (typeof manifest.packageManager === "string") return parsePackageManager(manifest.packageManager);
  const engine = [manifest.devEngines?.packageManager].flat().find((one) => typeof one?.name === "string");
  return engine === undefined
    ? undefined
    : { name: engine.name, range: engine.version, from: "devEngines of package.json" };
}

function parsePackageManager(text) {
  const match = /^([a-z]+)@([^+\s]+)(?:\+([A-Za-z0-9]+\.[0-9A-Fa-f]+|[^.]*))?$/.exec(text);
  if (match === null) {
    throw new Failure(`packageManager of package.json is \`${text}\`, which is not of the form name@version.`, {
      hint: "Write it like pnpm@10.34.8.",
    });
  }
  const [, name, range, hash] = match;
  return { name, range, hash: hash?.includes(".") ? hash : undefined, from: "packageManager of package.json" };
}

function byLockFile({ lockFiles, rootManifest: manifest }) {
  const names = Object.keys(lockFiles);
  if (names.length === 0) return undefined;
  if (names.length === 1) return { name: names[0], from: lockFiles[names[0]] };
  const engines = names.filter((name) => typeof manifest.engines?.[name] === "string");
  if (engines.length === 1) return { name: engines[0], from: `engines.${engines[0]} of package.json` };
  throw new Failure(`There are lock files of several package managers: ${Object.values(lockFiles).join(", ")}.`, {
    hint: `Keep the one you use and remove the others (\`git rm ${Object.values(lockFiles)[1]}\`), or name the manager in packageManager of package.json.`,
  });
}

function byEngines({ rootManifest: manifest }) {
  const name = ["pnpm", "yarn", "npm"].find((candidate) => typeof manifest.engines?.[candidate] === "string");
  return name === undefined ? undefined : { name, from: `engines.${name} of package.json` };
}
