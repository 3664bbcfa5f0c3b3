import { dirname, join } from "node:path";
import type { LaunchPlan, LaunchStep } from "../model/launch-plan.ts";
import {
  directoryNames,
  fileNames,
  launchRootDirectories,
  readEnvDirectory,
  type EnvOperation,
} from "./layer-environment.ts";

/** The launch layers of one buildpack: absolute directories, in alphabetical order. */
export type BuildpackLayers = readonly string[];

/**
 * How the processes of a build start, from its launch layers, buildpacks in group order.
 * Per buildpack: root directories of all layers, then per layer `env/`, `env.launch/`, `env.launch/<type>/`, values inlined;
 * after those of all buildpacks the exec.d programs, then the profile scripts. Throws `DocumentError` for a value that is a link
 * out of the layers directory. cnb.md §7.1.
 */
export function planLaunch(buildpacks: readonly BuildpackLayers[]): LaunchPlan {
  const layers = buildpacks.flat();
  return {
    steps: [...buildpacks.flatMap(environmentSteps), ...layers.flatMap(execDSteps), ...layers.flatMap(profileSteps)],
  };
}

function environmentSteps(layers: BuildpackLayers): LaunchStep[] {
  return [
    ...layers.flatMap(launchRootDirectories).map((root) => ({ kind: "pathDirectory" as const, ...root })),
    ...layers.flatMap((layer) => [
      ...envSteps(layer)(join(layer, "env")),
      ...envSteps(layer)(join(layer, "env.launch")),
      ...perType(join(layer, "env.launch"), envSteps(layer)),
    ]),
  ];
}

/** A value must come from inside the layers directory, two above each layer (decision 0011). */
function envSteps(layer: string): (directory: string) => LaunchStep[] {
  return (directory) =>
    readEnvDirectory(directory, "override", dirname(dirname(layer))).map((operation: EnvOperation) => ({
      kind: "env",
      ...operation,
    }));
}

function execDSteps(layer: string): LaunchStep[] {
  const programs = (directory: string): LaunchStep[] =>
    fileNames(directory).map((name) => ({ kind: "execD", path: join(directory, name) }));
  return [...programs(join(layer, "exec.d")), ...perType(join(layer, "exec.d"), programs)];
}

function profileSteps(layer: string): LaunchStep[] {
  const scripts = (directory: string): LaunchStep[] =>
    fileNames(directory).map((name) => ({ kind: "profile", path: join(directory, name) }));
  return [...scripts(join(layer, "profile.d")), ...perType(join(layer, "profile.d"), scripts)];
}

/** Sub-directories are for the process type of their name. */
function perType(directory: string, stepsOf: (directory: string) => LaunchStep[]): LaunchStep[] {
  return directoryNames(directory).flatMap((processType) =>
    stepsOf(join(directory, processType)).map((step) => ({ ...step, processType })),
  );
}
