import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { escapedId, type Buildpack, type GroupMember } from "../buildpack-registry.ts";
import { parseBuildPlan, type BuildPlan } from "../files/build-plan.ts";
import { isApiAtLeast } from "../files/buildpack-toml.ts";
import { formatGroupToml } from "../files/group-toml.ts";
import { formatPlanToml, type PlanEntry } from "../files/plan-toml.ts";
import { DocumentError } from "../files/toml-document.ts";
import {
  describeRun,
  EVIDENCE_LINES_MAX,
  LIFECYCLE,
  readPlanFile,
  runBuildpack,
  writePlanFile,
  type BuildContext,
} from "../run-buildpack.ts";
import { resolvePlan, type PlanElement } from "./resolve-plan.ts";

export const DETECT_LIMIT_MS = 60_000;
const NOT_FOR_ME = 100;

/** What one `bin/detect` said. `plan` is there when it passed. */
type Verdict = {
  readonly buildpack: Buildpack;
  readonly code: number | string;
  readonly plan?: BuildPlan;
  readonly lines: readonly string[];
};

/** The group that takes part and its plan, or why there is none. */
export type DetectOutcome =
  | { readonly ok: true; readonly group: readonly Buildpack[]; readonly plan: readonly PlanEntry[] }
  | DetectFailure;

/** No group passed. */
export type DetectFailure = {
  readonly ok: false;
  /** Buildpacks that broke, rather than said no. `code` is an exit code, -1 for a wrong plan, or words. */
  readonly errored: readonly {
    readonly id: string;
    readonly code: number | string;
    readonly lines: readonly string[];
  }[];
  /** What was tried, as CNB tools print it. */
  readonly report: readonly string[];
};

/**
 * Finds the first group whose buildpacks want this app: all `bin/detect` of a group run side by side, each at most once,
 * then their plans must fit. Writes `group.toml` and `plan.toml`. Rejects with E_CANCELLED. cnb.md §3.
 */
export async function detect(
  order: readonly (readonly GroupMember[])[],
  context: BuildContext,
): Promise<DetectOutcome> {
  const verdicts = new Map<Buildpack, Promise<Verdict>>();
  const ask = (buildpack: Buildpack): Promise<Verdict> => {
    const verdict = verdicts.get(buildpack) ?? runDetect(buildpack, context);
    verdicts.set(buildpack, verdict);
    return verdict;
  };
  const report: string[] = [];
  for (const group of order) {
    const asked = await Promise.all(group.map(async (member) => ({ ...member, verdict: await ask(member.buildpack) })));
    const found = judgeGroup(asked, report);
    if (found === undefined) continue;
    if (found.group.length < group.length) {
      context.onOutput(LIFECYCLE, `${found.group.length} of ${group.length} buildpacks participating`);
    }
    const width = Math.max(...found.group.map(({ id }) => id.length));
    for (const { id, version } of found.group) context.onOutput(LIFECYCLE, `${id.padEnd(width)} ${version}`);
    writeFileSync(join(context.directories.layers, "group.toml"), formatGroupToml(found.group));
    writeFileSync(join(context.directories.layers, "plan.toml"), formatPlanToml(found.plan));
    return { ok: true, ...found };
  }
  const all = await Promise.all(verdicts.values());
  const errored = all.filter(({ code }) => code !== 0 && code !== NOT_FOR_ME);
  return {
    ok: false,
    errored: errored.map(({ buildpack, code, lines }) => ({
      id: buildpack.id,
      code,
      lines: lines.slice(-EVIDENCE_LINES_MAX),
    })),
    report: [...all.flatMap(outputOf), ...report, "No buildpack groups passed detection."],
  };
}

function outputOf({ buildpack, lines }: Verdict): string[] {
  return lines.length === 0 ? [] : [`======== Output: ${buildpack.id}@${buildpack.version} ========`, ...lines];
}

type Asked = GroupMember & { readonly verdict: Verdict };

function judgeGroup(
  asked: readonly Asked[],
  report: string[],
): { group: Buildpack[]; plan: readonly PlanEntry[] } | undefined {
  report.push("======== Results ========");
  for (const { optional, verdict } of asked) report.push(resultLine(verdict, optional));
  if (asked.some(({ optional, verdict }) => !optional && verdict.plan === undefined)) return undefined;
  const elements = asked.flatMap(({ buildpack, optional, verdict }): (PlanElement & { buildpack: Buildpack })[] =>
    verdict.plan === undefined
      ? []
      : [{ id: buildpack.id, version: buildpack.version, optional, plan: verdict.plan, buildpack }],
  );
  const resolved = resolvePlan(elements);
  report.push(...resolved.log);
  if (!resolved.ok) return undefined;
  return { group: resolved.taking.flatMap((index) => elements[index]?.buildpack ?? []), plan: resolved.entries };
}

function resultLine({ buildpack, code }: Verdict, optional: boolean): string {
  const name = `${buildpack.id}@${buildpack.version}`;
  if (code === 0) return `pass: ${name}`;
  if (code === NOT_FOR_ME) return `${optional ? "skip" : "fail"}: ${name}`;
  return `err:  ${name} (${code})`;
}

async function runDetect(buildpack: Buildpack, context: BuildContext): Promise<Verdict> {
  const planFile = writePlanFile(context, `${escapedId(buildpack.id)}.detect`, "");
  const run = await runBuildpack(context, buildpack, {
    program: "detect",
    args: [context.directories.platform, planFile],
    environment: context.environment,
    variables: isApiAtLeast(buildpack.api, 8) ? { CNB_BUILD_PLAN_PATH: planFile } : {},
    limitMs: DETECT_LIMIT_MS,
  });
  if (run.exitCode === NOT_FOR_ME && !run.timedOut) return { buildpack, code: NOT_FOR_ME, lines: run.lines };
  if (run.exitCode !== 0 || run.timedOut) {
    const code = run.timedOut || run.exitCode === null ? describeRun(run, DETECT_LIMIT_MS) : run.exitCode;
    return { buildpack, code, lines: run.lines };
  }
  try {
    return { buildpack, code: 0, plan: parseBuildPlan(readPlanFile(planFile)), lines: run.lines };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return { buildpack, code: -1, lines: [...run.lines, error.message] };
  }
}
