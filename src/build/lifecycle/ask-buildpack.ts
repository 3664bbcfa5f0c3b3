import { escapedId, type Buildpack } from "../buildpack-registry.ts";
import { parseBuildPlan, type BuildPlan } from "../files/build-plan.ts";
import { isApiAtLeast } from "../files/buildpack-toml.ts";
import { readDocument } from "../files/read-document.ts";
import { DocumentError } from "../files/toml-document.ts";
import { describeRun, runBuildpack, writePlanFile, type BuildContext, type BuildpackRun } from "../run-buildpack.ts";
import type { BuildTarget } from "../target.ts";
import { PhaseFailure } from "./phase-failure.ts";

export const DETECT_LIMIT_MS = 60_000;
/** The exit code of a buildpack that does not want the app. */
export const DETECT_FAIL = 100;
const BROKEN = -1;

/** What one `bin/detect` said. `plan` is there when it passed; `problem` when there is more to say than an exit code. */
export type Verdict = {
  readonly buildpack: Buildpack;
  /** An exit code; -1 for what has none. */
  readonly code: number;
  readonly plan?: BuildPlan;
  readonly problem?: string;
  readonly lines: readonly string[];
};

/** Runs one `bin/detect` and reads its plan. Rejects with E_CANCELLED. cnb.md §3.1. */
export async function askBuildpack(buildpack: Buildpack, context: BuildContext): Promise<Verdict> {
  const planFile = writePlanFile(context, `${escapedId(buildpack.id)}@${buildpack.version}.detect`, "");
  const limitMs = context.detectLimitMs ?? DETECT_LIMIT_MS;
  const broken = (problem: string, lines: readonly string[] = []): Verdict => ({
    buildpack,
    code: BROKEN,
    problem,
    lines,
  });
  let run: BuildpackRun;
  try {
    run = await runBuildpack(context, buildpack, {
      program: "detect",
      args: [context.directories.platform, planFile],
      environment: context.environment,
      variables: isApiAtLeast(buildpack.api, 8) ? { CNB_BUILD_PLAN_PATH: planFile } : {},
      limitMs,
    });
  } catch (error) {
    if (!(error instanceof PhaseFailure)) throw error;
    return broken(error.problem);
  }
  if (run.timedOut || run.exitCode === null) return broken(`bin/detect ${describeRun(run, limitMs)}`, run.lines);
  if (run.exitCode !== 0) return { buildpack, code: run.exitCode, lines: run.lines };
  try {
    return { buildpack, code: 0, plan: readPlan(planFile), lines: run.lines };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return broken(error.message, run.lines);
  }
}

function readPlan(path: string): BuildPlan {
  const text = readDocument(path, "build plan");
  if (text === undefined) throw new DocumentError("build plan", "is gone");
  return parseBuildPlan(text);
}

/** The verdict on a buildpack that is made for other machines. It counts as broken, as in the reference. cnb.md §3.2. */
export function unfitTarget(buildpack: Buildpack, target: BuildTarget): Verdict {
  const problem = `unable to satisfy target os/arch constraints; target: ${JSON.stringify(target)}, buildpack: ${JSON.stringify(buildpack.targets)}`;
  return { buildpack, code: BROKEN, problem, lines: [] };
}
