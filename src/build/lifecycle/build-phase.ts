import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTextIfExists } from "../../lib/files.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { LaunchProcess } from "../../model/launch-plan.ts";
import { escapedId, type Buildpack } from "../buildpack-registry.ts";
import type { Requirement } from "../files/build-plan.ts";
import { parseBuildToml } from "../files/build-toml.ts";
import { isApiAtLeast } from "../files/buildpack-toml.ts";
import { parseLaunchToml, type LaunchToml } from "../files/launch-toml.ts";
import { parseLayerTypes, type LayerTypes } from "../files/layer-toml.ts";
import { formatMetadataToml } from "../files/metadata-toml.ts";
import { formatBuildpackPlan, type PlanEntry } from "../files/plan-toml.ts";
import { checkStoreToml } from "../files/store-toml.ts";
import { DocumentError } from "../files/toml-document.ts";
import { applyBuildLayers, fileNames } from "../layer-environment.ts";
import {
  describeRun,
  EVIDENCE_LINES_MAX,
  layersOf,
  LIFECYCLE,
  runBuildpack,
  writePlanFile,
  type BuildContext,
} from "../run-buildpack.ts";
import { mergeProcesses } from "./launch-processes.ts";

export const BUILD_LIMIT_MS = 30 * 60_000;
const RESERVED_TOMLS = new Set(["build.toml", "launch.toml", "store.toml"]);

/** A layer a buildpack made or kept. */
export type BuiltLayer = { readonly name: string; readonly types: LayerTypes };

/** What one buildpack left behind, layers in alphabetical order. */
export type BuiltBuildpack = {
  readonly buildpack: Buildpack;
  readonly layers: readonly BuiltLayer[];
  readonly launch: LaunchToml;
};

/** What all buildpacks left behind, in group order, and their processes merged. */
export type BuildOutcome = { readonly built: readonly BuiltBuildpack[]; readonly processes: readonly LaunchProcess[] };

/**
 * Runs `bin/build` of each buildpack in turn; each sees the build layers of those before it. Writes `config/metadata.toml`.
 * Rejects with E_BUILD_FAILED (the last lines as evidence) or E_CANCELLED. cnb.md §5.
 */
export async function build(
  group: readonly Buildpack[],
  plan: readonly PlanEntry[],
  context: BuildContext,
): Promise<BuildOutcome> {
  let environment = context.environment;
  let entries = plan;
  const built: BuiltBuildpack[] = [];
  for (const buildpack of group) {
    const requires = requirementsFor(buildpack, entries);
    await runBuild(buildpack, requires, { ...context, environment });
    const result = readDocuments(buildpack, () => collect(buildpack, requires, context));
    const layers = result.layers
      .filter(({ types }) => types.build)
      .map(({ name }) => join(layersOf(context, buildpack), name));
    environment = applyBuildLayers(
      environment,
      layers.filter((layer) => existsSync(layer)),
    );
    entries = withoutMet(entries, result.met);
    built.push({ buildpack, layers: result.layers, launch: result.launch });
  }
  const merged = mergeProcesses(
    built.map(({ buildpack, launch }) => ({ buildpackId: buildpack.id, processes: launch.processes })),
  );
  for (const warning of merged.warnings) context.onOutput(LIFECYCLE, `Warning: ${warning}`);
  const config = join(context.directories.layers, "config");
  mkdirSync(config, { recursive: true });
  const labels = built.flatMap(({ launch }) => launch.labels);
  const slices = built.flatMap(({ launch }) => launch.slices);
  writeFileSync(
    join(config, "metadata.toml"),
    formatMetadataToml({ group, processes: merged.processes, labels, slices }),
  );
  return { built, processes: merged.processes };
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
  const full = evidence.find((line) => DISK_FULL.test(line));
  if (full !== undefined) throw new PortsideError("E_DISK_FULL", { problem: full.trim() }, { evidence });
  throw new PortsideError(
    "E_BUILD_FAILED",
    { problem: `${buildpack.id} ${describeRun(run, BUILD_LIMIT_MS)}` },
    { evidence },
  );
}

// A buildpack has only words and an exit code to say why it failed; these are the system's own for a full disk or quota.
const DISK_FULL = /\b(?:ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/;

function readDocuments<T>(buildpack: Buildpack, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new PortsideError(
      "E_BUILD_FAILED",
      { problem: `${buildpack.id} left a wrong ${error.message}` },
      { cause: error },
    );
  }
}

function collect(
  buildpack: Buildpack,
  requires: readonly Requirement[],
  context: BuildContext,
): { layers: readonly BuiltLayer[]; met: ReadonlySet<string>; launch: LaunchToml } {
  const directory = layersOf(context, buildpack);
  const layers = fileNames(directory)
    .filter((file) => file.endsWith(".toml") && !RESERVED_TOMLS.has(file))
    .flatMap((file) => settleLayer(directory, file.slice(0, -".toml".length)));
  const store = readTextIfExists(join(directory, "store.toml"));
  if (store !== undefined) checkStoreToml(store);
  const { unmet } = parseBuildToml(readTextIfExists(join(directory, "build.toml")) ?? "");
  const names = new Set(requires.map(({ name }) => name));
  const foreign = unmet.find((name) => !names.has(name));
  if (foreign !== undefined) throw new DocumentError("build.toml", `\`${foreign}\` is unmet but not in its plan`);
  const met = new Set([...names].filter((name) => !unmet.includes(name)));
  return {
    layers,
    met,
    launch: parseLaunchToml(readTextIfExists(join(directory, "launch.toml")) ?? "", buildpack.api),
  };
}

/** A layer that is for nothing is set aside under another name, as its buildpack asked. */
function settleLayer(directory: string, name: string): BuiltLayer[] {
  const types = parseLayerTypes(readTextIfExists(join(directory, `${name}.toml`)) ?? "", `${name}.toml`);
  if (types.launch || types.build || types.cache) return [{ name, types }];
  if (existsSync(join(directory, name))) renameSync(join(directory, name), join(directory, `${name}.ignore`));
  return [];
}
