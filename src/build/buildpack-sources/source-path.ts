import { lstatSync, realpathSync, statSync, type Stats } from "node:fs";
import { isAbsolute, normalize, relative, resolve } from "node:path";
import { invalid } from "./reference.ts";

/**
 * The file or directory that `./…` or `../…` names below an app's source, without links on the way out of it.
 * `base` is the app's directory inside `root`. Throws E_BUILDPACK_INVALID. security.md rule 10.
 */
export function locateInSource(path: string, place: { readonly root: string; readonly base: string }): string {
  const wanted = resolve(place.base, path);
  if (!isInside(place.root, wanted))
    throw invalid(path, "it lies outside the app's source", "Put it into the source, or install it on this machine.");
  assertThere(path, wanted);
  const real = realpathSync(wanted);
  if (!isInside(realpathSync(place.root), real))
    throw invalid(path, "it is a link out of the app's source", "Replace the link by a copy.");
  return real;
}

/** An absolute path of this machine. Throws E_BUILDPACK_INVALID. */
export function locateOnMachine(path: string): string {
  const wanted = normalize(path);
  assertThere(path, wanted);
  return realpathSync(wanted);
}

function assertThere(path: string, wanted: string): void {
  let stat: Stats | undefined;
  try {
    stat = statSync(wanted, { throwIfNoEntry: false });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw invalid(path, `it cannot be read (${code})`, "Check the path and its permissions.");
  }
  if (stat?.isDirectory() === true || stat?.isFile() === true) return;
  const isLink = lstatSync(wanted, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  throw invalid(
    path,
    stat !== undefined
      ? "it is neither a directory nor a file"
      : isLink
        ? "it is a link to nothing"
        : "there is no such path",
    "Check the path; `./` is the directory of the app's Procfile and app.json.",
  );
}

/** Whether a path is the directory or lies in it. Both absolute and plain. */
function isInside(directory: string, path: string): boolean {
  const steps = relative(directory, path);
  return steps === "" || (!isAbsolute(steps) && steps !== ".." && !steps.startsWith("../"));
}
