import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { treeBytes } from "../../lib/tree.ts";
import type { LaunchPlan } from "../../model/launch-plan.ts";
import { DocumentError } from "../files/toml-document.ts";
import { planLaunch, type BuildpackLayers } from "../launch-plan-writer.ts";
import { layersOf, type BuildContext } from "../run-buildpack.ts";
import type { BuiltBuildpack } from "./build-phase.ts";
import { PhaseFailure } from "./phase-failure.ts";

/**
 * Throws E_BUILD_FAILED when a buildpack declared a layer without making it. Without an earlier image there is nothing a
 * launch layer could be reused from. cnb.md §8.1.
 */
export function checkLayerContents(built: readonly BuiltBuildpack[], context: BuildContext): void {
  for (const { buildpack, layers } of built) {
    const missing = layers.find(
      ({ name, types }) => (types.launch || types.cache) && !existsSync(join(layersOf(context, buildpack), name)),
    );
    if (missing === undefined) continue;
    throw new PhaseFailure({
      phase: "export",
      problem: `${buildpack.id} declared the layer \`${missing.name}\` but did not make it`,
      buildpack: buildpack.id,
    });
  }
}

/**
 * Turns the build's directories into a slug, in place, since layers hold absolute paths: launch layers stay beside the app, with
 * what an image's labels tell of them (`<layer>.toml`, `store.toml`, `config/`). Gives the launch plan and the bytes of app and layers. cnb.md §7.3.
 */
export async function exportSlug(
  built: readonly BuiltBuildpack[],
  context: BuildContext,
): Promise<{ readonly launchPlan: LaunchPlan; readonly sizeBytes: number }> {
  const launchLayers = built.map(({ buildpack, layers }) => {
    const directory = layersOf(context, buildpack);
    const names = layers.filter(({ types }) => types.launch).map(({ name }) => name);
    const kept = new Set([...names, ...names.map((name) => `${name}.toml`), "store.toml"]);
    for (const entry of readdirSync(directory)) {
      if (!kept.has(entry)) rmSync(join(directory, entry), { recursive: true, force: true });
    }
    return names.map((name) => join(directory, name));
  });
  const { app, layers } = context.directories;
  const sizeBytes = (await treeBytes(app, context.signal)) + (await treeBytes(layers, context.signal));
  return { launchPlan: planOf(launchLayers), sizeBytes };
}

function planOf(layers: readonly BuildpackLayers[]): LaunchPlan {
  try {
    return planLaunch(layers);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new PhaseFailure({ phase: "export", problem: `a launch layer has a wrong ${error.message}`, cause: error });
  }
}
