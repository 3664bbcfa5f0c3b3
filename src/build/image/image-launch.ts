import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LaunchPlan, LaunchProcess } from "../../model/launch-plan.ts";
import { escapedId } from "../buildpack-registry.ts";
import { isApiAtLeast } from "../files/buildpack-toml.ts";
import { planLaunch } from "../launch-plan-writer.ts";
import type { BaseContents } from "./base-contents.ts";
import type { BuiltLayers } from "./built-layers.ts";
import { readEnv } from "./image-config.ts";
import { ImageError } from "./image-error.ts";
import { LAUNCHER_PATH } from "./layer-plan.ts";
import { moveText, type Placement } from "./placement.ts";
import { writeShellLauncher, type ImageProcess } from "./shell-launcher.ts";
import { planStaticLaunch } from "./static-launch.ts";
import type { StoredImage } from "./stored-image.ts";

/** How processes of an image start. */
export type ImageLaunch = {
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  /** The program at /cnb/lifecycle/launcher; absent: the image has none. */
  readonly launcher?: Buffer;
  readonly launcherVersion: string;
  /** With their paths in the image. */
  readonly processes: readonly LaunchProcess[];
  /** What the user should know. */
  readonly notes: readonly string[];
};

/** What is decided from. */
export type LaunchRequest = {
  readonly built: BuiltLayers;
  readonly placement: Placement;
  readonly base: StoredImage;
  readonly contents: BaseContents;
  /** Asked for; else the buildpacks' default. */
  readonly processType: string | undefined;
  /** The operator's own launcher program. */
  readonly officialLauncher: Buffer | undefined;
  readonly version: string;
  /** Where `lendLaunchFiles` put what the launcher must know of layers that only the previous image has. */
  readonly lent?: string;
};

const PLATFORM_API = "0.14";
const PROCESS_DIRECTORY = "/cnb/process";
/** What container engines assume where an image says nothing. */
const PATH_DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Decides how the image's processes start: through the operator's launcher, through a generated one where the run image has a
 * shell, else without any. Throws `ImageError` for an unknown type, and for what cannot be done without a shell. cnb.md §7.2, §8.4.
 */
export function planImageLaunch(request: LaunchRequest): ImageLaunch {
  const { base, contents, placement, officialLauncher, version } = request;
  const processes = imageProcesses(request);
  const type = chooseType(processes, request.processType);
  const baseEnv = readEnv(base.config.config.Env);
  const path = baseEnv["PATH"] ?? PATH_DEFAULT;
  const moved = { launcherVersion: version, processes };
  const directories = { CNB_LAYERS_DIR: placement.layers.to, CNB_APP_DIR: placement.app.to };
  const launchPlan = movedPlan(request);
  const appProfiles = findAppProfiles(placement);
  if (officialLauncher === undefined && contents.shell === undefined) {
    const process = processes.find((one) => one.type === type);
    if (process === undefined)
      throw new ImageError("there is no shell in the run image, so it needs a default process; name one");
    const env = { ...baseEnv, PATH: path };
    const launch = planStaticLaunch({ plan: launchPlan, process, env, appDir: placement.app.to, appProfiles });
    return { ...launch, ...moved, env: { ...launch.env, ...directories }, notes: [ONLY_ONE_TYPE(process.type)] };
  }
  const env = {
    ...directories,
    CNB_PLATFORM_API: PLATFORM_API,
    CNB_DEPRECATION_MODE: "quiet",
    PATH: `${PROCESS_DIRECTORY}:/cnb/lifecycle:${path}`,
  };
  const entrypoint = [type === undefined ? LAUNCHER_PATH : `${PROCESS_DIRECTORY}/${type}`];
  const common = { ...moved, env, entrypoint, cmd: [], workingDir: placement.app.to };
  if (officialLauncher !== undefined)
    return { ...common, launcher: officialLauncher, launcherVersion: "official", notes: [] };
  const generated = generate(request, { launchPlan, processes, appProfiles });
  return { ...common, ...generated };
}

const ONLY_ONE_TYPE = (type: string): string =>
  `There is no shell in the run image: it starts \`${type}\` without a launcher, and no other type.`;

function generate(
  { contents, placement }: LaunchRequest,
  parts: {
    readonly launchPlan: LaunchPlan;
    readonly processes: readonly ImageProcess[];
    readonly appProfiles: readonly string[];
  },
): { readonly launcher: Buffer; readonly notes: readonly string[] } {
  const { shell, awk } = contents;
  const execD = parts.launchPlan.steps.flatMap((step) => (step.kind === "execD" ? [step.path] : []));
  if (execD.length > 0 && awk === undefined)
    throw new ImageError(`there is no awk in the run image, and it is needed for ${execD.join(", ")}`);
  const { launchPlan: plan, processes, appProfiles } = parts;
  const appDir = placement.app.to;
  const { text, notes } = writeShellLauncher({
    shell: shell ?? { path: "/bin/sh", isBash: false },
    awk,
    plan,
    processes,
    appDir,
    appProfiles,
  });
  return { launcher: Buffer.from(text), notes };
}

function chooseType(processes: readonly LaunchProcess[], wanted: string | undefined): string | undefined {
  if (wanted === undefined) return processes.find((process) => process.default)?.type;
  if (processes.some(({ type }) => type === wanted)) return wanted;
  throw new ImageError(`tried to set ${wanted} to default but it doesn't exist`);
}

/** The processes with their paths in the image, and what a user's words do to each. cnb.md §7.1 (4). */
function imageProcesses({ built, placement }: LaunchRequest): readonly ImageProcess[] {
  const { group, processes } = built.metadata;
  const move = (text: string): string => moveText(text, placement);
  return processes.map((process) => {
    const api = group.find(({ id }) => id === process.buildpackId)?.api ?? "0.9";
    const userWords = process.command.length > 1 || isApiAtLeast(api, 9) ? "replace" : "append";
    const { workingDir } = process;
    const moved = { ...process, command: process.command.map(move), args: process.args.map(move), userWords } as const;
    return workingDir === undefined ? moved : { ...moved, workingDir: move(workingDir) };
  });
}

/** The launch plan of the layers on this disk, told in paths of the image. */
function movedPlan({ built, placement, lent = "" }: LaunchRequest): LaunchPlan {
  const directories = built.buildpacks.map(({ id, layers }) =>
    layers.flatMap(({ name, directory, hasContents }) => {
      if (hasContents) return [directory];
      return lent === "" ? [] : [join(lent, placement.layers.to, escapedId(id), name)];
    }),
  );
  const move = (text: string): string => moveText(text, placement);
  const movePath = (path: string): string =>
    move(lent !== "" && path.startsWith(lent) ? path.slice(lent.length) : path);
  return {
    steps: planLaunch(directories).steps.map((step) => {
      if (step.kind === "env") return { ...step, value: move(step.value) };
      return step.kind === "pathDirectory"
        ? { ...step, directory: movePath(step.directory) }
        : { ...step, path: movePath(step.path) };
    }),
  };
}

/** The app's own `.profile.d/*.sh`, sorted, then its `.profile`, as paths in the image (D69). */
function findAppProfiles({ app }: Placement): readonly string[] {
  const directory = join(app.from, ".profile.d");
  const names = isDirectory(directory) ? readdirSync(directory).filter((name) => name.endsWith(".sh")) : [];
  const own = existsSync(join(app.from, ".profile")) ? [join(app.to, ".profile")] : [];
  return [...names.toSorted().map((name) => join(app.to, ".profile.d", name)), ...own];
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
