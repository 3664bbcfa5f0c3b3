import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchProcess } from "../../model/launch-plan.ts";
import { escapedId, type Buildpack } from "../buildpack-registry.ts";
import type { Requirement } from "../files/build-plan.ts";
import { isApiAtLeast } from "../files/buildpack-toml.ts";
import type { LaunchToml } from "../files/launch-toml.ts";
import type { BuiltLayer } from "../files/layer-toml.ts";
import { formatMetadataToml } from "../files/metadata-toml.ts";
import { formatBuildpackPlan, type PlanEntry } from "../files/plan-toml.ts";
import { DocumentError } from "../files/toml-document.ts";
import { applyBuildLayers } from "../layer-environment.ts";
import {
  describeRun,
  EVIDENCE_LINES_MAX,
  layersOf,
  runBuildpack,
  warn,
  writePlanFile,
  type BuildContext,
} from "../run-buildpack.ts";
import { collectDocuments } from "./collect-documents.ts";
import { mergeProcesses } from "./launch-processes.ts";
import { EXIT, PhaseFailure } from "./phase-failure.ts";
import { collectSbom } from "./sbom-files.ts";

export const BUILD_LIMIT_MS = 30 * 60_000;

/** What one buildpack left behind, layers in alphabetical order. */
export type BuiltBuildpack = {
  readonly buildpack: Buildpack;
  readonly layers: readonly BuiltLayer[];
  readonly launch: LaunchToml;
};

/** What all buildpacks left behind, in group order, and their processes merged. */
export type BuildOutcome = { readonly built: readonly BuiltBuildpack[]; readonly processes: readonly LaunchProcess[] };

/**
 * Runs `bin/build` of each buildpack in turn; each sees the build layers of those before it. Writes `config/metadata.toml` and
 * the SBOM files below `sbom/`. Rejects with PhaseFailure: 51 when a program failed (its last lines as evidence), 52 when what
 * it left is wrong; or with E_CANCELLED. cnb.md §5.
 */
export async function build(
  group: readonly Buildpack[],
  plan: readonly PlanEntry[],
  context: BuildContext,
): Promise<BuildOutcome> {
  const layersDirectory = context.directories.layers;
  rmSync(join(layersDirectory, "sbom"), { recursive: true, force: true });
  let environment = context.environment;
  let entries = plan;
  const built: BuiltBuildpack[] = [];
  for (const buildpack of group) {
    const requires = requirementsFor(buildpack, entries);
    await runBuild(buildpack, requires, { ...context, environment });
    const result = readLeft(buildpack, () => {
      const left = collectDocuments(buildpack, requires, context);
      collectSbom(buildpack, left.layers, layersDirectory);
      const layers = left.layers
        .filter(({ types }) => types.build)
        .map(({ name }) => join(layersOf(context, buildpack), name));
      environment = applyBuildLayers(
        environment,
        layers.filter((layer) => existsSync(layer)),
        layersDirectory,
      );
      return left;
    });
    for (const warning of result.launch.warnings) warn(context, `${buildpack.id}: ${warning}`);
    entries = withoutMet(entries, result.met);
    built.push({ buildpack, layers: result.layers, launch: result.launch });
  }
  return { built, processes: writeMetadata(group, built, context) };
}

function writeMetadata(
  group: readonly Buildpack[],
  built: readonly BuiltBuildpack[],
  context: BuildContext,
): readonly LaunchProcess[] {
  const merged = mergeProcesses(
    built.map(({ buildpack, launch }) => ({ buildpackId: buildpack.id, processes: launch.processes })),
  );
  for (const warning of merged.warnings) warn(context, warning);
  const config = join(context.directories.layers, "config");
  mkdirSync(config, { recursive: true });
  const labels = built.flatMap(({ launch }) => launch.labels);
  const slices = built.flatMap(({ launch }) => launch.slices);
  const text = formatMetadataToml({ group, processes: merged.processes, labels, slices });
  writeFileSync(join(config, "metadata.toml"), text);
  return merged.processes;
}

/** Every requirement whose providers include the buildpack. */
export function requirementsFor(buildpack: Pick<Buildpack, "id">, plan: readonly PlanEntry[]): readonly Requirement[] {
  return plan
    .filter(({ providers }) => providers.some(({ id }) => id === buildpack.id))
    .flatMap(({ requires }) => requires);
}

/** The plan without the entries whose name an earlier buildpack met. */
export function withoutMet(plan: readonly PlanEntry[], met: ReadonlySet<string>): readonly PlanEntry[] {
  return plan.filter(({ requires }) => !requires.some(({ name }) => met.has(name)));
}

async function runBuild(buildpack: Buildpack, requires: readonly Requirement[], context: BuildContext): Promise<void> {
  const layers = layersOf(context, buildpack);
  mkdirSync(layers, { recursive: true });
  const planFile = writePlanFile(context, `${escapedId(buildpack.id)}.build`, formatBuildpackPlan(requires));
  const run = await runBuildpack(context, buildpack, {
    program: "build",
    args: [layers, context.directories.platform, planFile],
    environment: context.environment,
    variables: isApiAtLeast(buildpack.api, 8) ? { CNB_LAYERS_DIR: layers, CNB_BP_PLAN_PATH: planFile } : {},
    limitMs: BUILD_LIMIT_MS,
    onLine: (line) => context.onOutput(buildpack.id, line),
  });
  if (run.exitCode === 0 && !run.timedOut) return;
  const evidence = run.lines.slice(-EVIDENCE_LINES_MAX);
  const failed = { phase: "build", exitCode: EXIT.buildpackFailed, buildpack: buildpack.id, evidence } as const;
  const full = evidence.find((line) => DISK_FULL.test(line));
  if (full !== undefined) throw new PhaseFailure({ ...failed, problem: full.trim(), code: "E_DISK_FULL" });
  throw new PhaseFailure({ ...failed, problem: `${buildpack.id} ${describeRun(run, BUILD_LIMIT_MS)}` });
}

// A buildpack has only words and an exit code to say why it failed; these are the system's own for a full disk or quota.
const DISK_FULL = /\b(?:ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/;

function readLeft<T>(buildpack: Buildpack, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const problem = `${buildpack.id} left a wrong ${error.message}`;
    throw new PhaseFailure({ phase: "build", problem, buildpack: buildpack.id, cause: error });
  }
}
