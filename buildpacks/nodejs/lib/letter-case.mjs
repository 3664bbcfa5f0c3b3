import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";

const FILES_MAX = 5_000;
const SKIPPED = new Set(["node_modules", ".git"]);

/**
 * The path, relative to the app, of a file or directory that an import means but for upper and lower case; undefined when
 * there is none. `request` is what the import says; `from` the importing file or its directory, where the message names it.
 */
export function findDifferingCase(request, from, app = process.cwd()) {
  if (isAbsolute(request)) return differing(request, app);
  if (!request.startsWith(".")) return undefined;
  const importers = from === undefined ? directoriesOf(app) : candidateDirectories(from, app);
  for (const directory of importers) {
    const found = differing(resolve(directory, request), app);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A message may name the importing file or the directory it lies in. */
function candidateDirectories(from, app) {
  const path = resolve(app, from.trim().replace(/:\d+(?::\d+)?:?$/, ""));
  return existsSync(path) && statSync(path).isDirectory() ? [path] : [dirname(path)];
}

/** Walks down from the app; the first part of the path that is not there as written is looked for in another case. */
function differing(path, app) {
  const steps = relative(app, path).split(sep);
  if (steps[0] === "..") return undefined;
  let directory = app;
  let differs = false;
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    const names = namesOf(directory);
    const name = pick(names, step, isLast);
    if (name === undefined) return undefined;
    differs ||= !(isLast ? [name, withoutExtension(name)] : [name]).includes(step);
    directory = join(directory, name);
  }
  return differs ? relative(app, directory) : undefined;
}

function pick(names, step, isLast) {
  const exact =
    names.find((name) => name === step) ?? (isLast ? names.find((name) => withoutExtension(name) === step) : undefined);
  if (exact !== undefined) return exact;
  const wanted = step.toLowerCase();
  return names.find((name) => {
    const lower = name.toLowerCase();
    return lower === wanted || (isLast && withoutExtension(lower) === wanted);
  });
}

function withoutExtension(name) {
  return basename(name, extname(name));
}

function namesOf(directory) {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The app's own directories, where a message does not say which file imports. */
function directoriesOf(app) {
  const found = [app];
  for (let index = 0, seen = 0; index < found.length && seen < FILES_MAX; index += 1) {
    for (const entry of readdirSync(found[index], { withFileTypes: true })) {
      seen += 1;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(join(found[index], entry.name));
    }
  }
  return found;
}
