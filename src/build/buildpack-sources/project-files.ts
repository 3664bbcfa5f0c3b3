import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { judgePath, parseIgnoreFile, type IgnoreRule } from "../../contract/ignore-file.ts";
import { createPace, type Pace } from "../../lib/pace.ts";
import type { ProjectToml } from "../../model/app-contract.ts";

/**
 * Removes from a build's copy of the app what `exclude` of project.toml names, or all that `include` does not name, with
 * git's pattern language. The contract's files were read before; a build that needs more than their content names them.
 * cnb.md §11.
 */
export async function selectProjectFiles(
  app: string,
  { include, exclude }: Pick<ProjectToml, "include" | "exclude">,
  signal: AbortSignal,
): Promise<void> {
  const patterns = include ?? exclude;
  if (patterns === undefined) return;
  const selecting: Selecting = {
    app,
    rules: patterns.flatMap((pattern) => parseIgnoreFile(pattern)),
    isInclude: include !== undefined,
    pace: createPace(signal),
  };
  await visit([], selecting);
}

type Selecting = {
  readonly app: string;
  readonly rules: readonly IgnoreRule[];
  readonly isInclude: boolean;
  readonly pace: Pace;
};

/** Gives whether anything is left in the directory. */
async function visit(directory: readonly string[], selecting: Selecting): Promise<boolean> {
  const { app, rules, isInclude, pace } = selecting;
  let isLeft = false;
  for (const entry of readdirSync(join(app, ...directory), { withFileTypes: true })) {
    await pace.step();
    const segments = [...directory, entry.name];
    const path = join(app, ...segments);
    // For these lists "ignored" means that a pattern names it.
    const isNamed = judgePath(rules, segments, entry.isDirectory()) === "ignored";
    if (isNamed && isInclude) isLeft = true;
    else if (isNamed) rmSync(path, { recursive: true, force: true });
    else if (entry.isDirectory()) {
      if (await visit(segments, selecting)) isLeft = true;
      else if (isInclude) rmdirSync(path);
    } else if (isInclude) rmSync(path);
    else isLeft = true;
  }
  return isLeft;
}
