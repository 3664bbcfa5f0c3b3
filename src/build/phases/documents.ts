import { readFileSync } from "node:fs";
import { hasCode } from "../../lib/files.ts";
import type { Buildpack, BuildpackLookup } from "../buildpack-registry.ts";
import { parseAnalyzedToml, type AnalyzedToml } from "../files/analyzed-toml.ts";
import { UnsupportedApiError } from "../files/buildpack-toml.ts";
import { parseGroupToml, type GroupElement } from "../files/group-toml.ts";
import { parsePlanToml, type PlanEntry } from "../files/plan-toml.ts";
import { DocumentError } from "../files/toml-document.ts";
import { EXIT, PhaseFailure, type PhaseName } from "../lifecycle/phase-failure.ts";

/** Whose document it is and what the program says it failed to do, in the reference's words. */
type Reading = { readonly phase: PhaseName; readonly action: string };

/**
 * Runs a reader of documents; what is wrong with them becomes a PhaseFailure with exit code 1, or 12 for the Buildpack API.
 */
export function readAs<T>(reading: Reading, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PhaseFailure) throw error;
    if (!(error instanceof DocumentError) && !hasCode(error, "ENOENT", "EACCES", "ENOTDIR", "EISDIR")) throw error;
    const exitCode = error instanceof UnsupportedApiError ? EXIT.buildpackApi : EXIT.failed;
    throw new PhaseFailure({ ...reading, problem: (error as Error).message, exitCode, cause: error });
  }
}

/** The text of a document an earlier phase or the platform wrote; the failure is worded as the reference words it. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
    throw new DocumentError(`open ${path}`, "no such file or directory");
  }
}

/** `analyzed.toml`; where there is none, an analysis that found nothing. */
export function readAnalyzed(phase: PhaseName, path: string): AnalyzedToml {
  return readAs({ phase, action: "parse analyzed metadata" }, () => {
    try {
      return parseAnalyzedToml(readFileSync(path, "utf8"), path);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR")) return parseAnalyzedToml("", path);
      throw error;
    }
  });
}

/** `group.toml`. */
export function readGroup(phase: PhaseName, path: string): readonly GroupElement[] {
  return readAs({ phase, action: "read buildpack group" }, () => parseGroupToml(readText(path), path));
}

/** `plan.toml`. */
export function readPlan(phase: PhaseName, path: string): readonly PlanEntry[] {
  return readAs({ phase, action: "parse detect plan" }, () => parsePlanToml(readText(path), path));
}

/** The buildpacks of a group, found in the store. */
export function findGroup(
  phase: PhaseName,
  group: readonly GroupElement[],
  lookup: BuildpackLookup,
): readonly Buildpack[] {
  return readAs({ phase, action: phase }, () =>
    group.map(({ id, version }) => {
      const buildpack = lookup(id, version);
      if (buildpack !== undefined) return buildpack;
      throw new PhaseFailure({ phase, problem: `the buildpack ${id}@${version} is not there`, buildpack: id });
    }),
  );
}
