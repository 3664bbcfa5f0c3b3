/** A process as buildpacks declared it (launch.toml), or as the Procfile buildpack made it from a Procfile line. */
export type LaunchProcess = {
  readonly type: string;
  /** One shell text when `direct` is false, else the words of argv. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** True: executed as argv. False: run by a shell after the profile scripts. */
  readonly direct: boolean;
  readonly default: boolean;
  readonly workingDir?: string;
  readonly buildpackId: string;
};

/** What a layer does to the environment at launch. `processType` limits it to that type. cnb.md §6.2, §7.1. */
export type LaunchStep =
  | { readonly kind: "pathDirectory"; readonly name: "PATH" | "LD_LIBRARY_PATH"; readonly directory: string }
  | {
      readonly kind: "env";
      readonly name: string;
      readonly action: EnvAction;
      readonly value: string;
      readonly delimiter: string;
      readonly processType?: string;
    }
  | { readonly kind: "execD"; readonly path: string; readonly processType?: string }
  | { readonly kind: "profile"; readonly path: string; readonly processType?: string };

/** What an environment file of a layer does to the old value. */
export type EnvAction = "override" | "default" | "append" | "prepend";

/**
 * How the processes of an artifact start: environment operations of all layers in order, exec.d programs, profile scripts.
 * Written by build (`planLaunch`). Read by engines. Stored inside the artifact.
 */
export type LaunchPlan = { readonly steps: readonly LaunchStep[] };

/** A command ready to run: the engine adds nothing but the process itself. */
export type ResolvedLaunch = {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** exec.d programs to run first, in order; each may set variables (file descriptor 3). */
  readonly execD: readonly string[];
};

/** Everything `resolveLaunch` needs; it looks at nothing else. */
export type LaunchRequest = {
  readonly plan: LaunchPlan;
  readonly process: LaunchProcess;
  /** Config variables and the platform's own. They win over layers, except for the path variables, which compose. */
  readonly env: Readonly<Record<string, string>>;
  /** PATH before layers and config add to it. */
  readonly basePath: string;
  readonly appDir: string;
  /** Absolute path of `bash`, or of `sh` where there is none. */
  readonly shell: string;
  /** Whether the app has a `.profile` to source. */
  readonly hasProfile: boolean;
  /** The app's own `.profile.d/*.sh`, absolute, sorted (D69). */
  readonly appProfiles: readonly string[];
};

const COMPOSED = new Set(["PATH", "LD_LIBRARY_PATH"]);

/**
 * Computes argv, environment and directory of a process. Pure. cnb.md §7.1, D68, D69.
 * A shell command is handed over as an argument, never spliced into text of ours.
 */
export function resolveLaunch(request: LaunchRequest): ResolvedLaunch {
  const applies = (step: LaunchStep): boolean =>
    !("processType" in step) || step.processType === undefined || step.processType === request.process.type;
  const steps = request.plan.steps.filter(applies);
  const env = launchEnvironment(steps, request);
  const cwd = request.process.workingDir ?? request.appDir;
  const execD = steps.flatMap((step) => (step.kind === "execD" ? [step.path] : []));
  const profiles = steps.flatMap((step) => (step.kind === "profile" ? [step.path] : []));
  return { argv: launchArgv(request, profiles, cwd), env, cwd: request.process.direct ? cwd : request.appDir, execD };
}

function launchEnvironment(steps: readonly LaunchStep[], request: LaunchRequest): Record<string, string> {
  const env: Record<string, string> = { PATH: request.basePath };
  for (const name of COMPOSED) {
    const value = request.env[name];
    if (value !== undefined) env[name] = name === "PATH" ? `${value}:${request.basePath}` : value;
  }
  const launched = applyLaunchSteps(env, steps);
  for (const [name, value] of Object.entries(request.env)) if (!COMPOSED.has(name)) launched[name] = value;
  return launched;
}

/** The environment behind the path directories and env operations among the steps, in order. cnb.md §7.1 (5). */
export function applyLaunchSteps(
  before: Readonly<Record<string, string>>,
  steps: readonly LaunchStep[],
): Record<string, string> {
  const env = { ...before };
  for (const step of steps) {
    if (step.kind === "pathDirectory") {
      env[step.name] = env[step.name] ? `${step.directory}:${env[step.name]}` : step.directory;
    } else if (step.kind === "env") {
      env[step.name] = applyEnvAction(env[step.name] ?? "", step);
    }
  }
  return env;
}

/** One environment operation on an old value (empty when unset). cnb.md §6.2. */
export function applyEnvAction(old: string, step: { action: EnvAction; value: string; delimiter: string }): string {
  switch (step.action) {
    case "override":
      return step.value;
    case "default":
      return old === "" ? step.value : old;
    case "append":
      return old === "" ? step.value : old + step.delimiter + step.value;
    case "prepend":
      return old === "" ? step.value : step.value + step.delimiter + old;
  }
}

/**
 * What a shell runs to start a shell command, given as `-c` text. `$0` is the shell itself, `$1` the command, `$2` the directory,
 * `$3` how many of the words behind it are scripts to source; the rest are the command's arguments. Without arguments the
 * command is a script, and `exec` lets a lone simple command replace the shell; with some, each word is evaluated once by
 * the shell and stays one word. The list of a `for` is fixed before a script can change the words. cnb.md §7.1 (8).
 */
export const SHELL_LAUNCHER = [
  "portside_command=$1; portside_directory=$2; portside_count=$3; portside_left=$3; shift 3",
  "portside_args=$(($# - portside_count))",
  'for portside_script in "$@"; do [ "$portside_left" -gt 0 ] || break',
  'portside_left=$((portside_left - 1)); . "$portside_script"; done',
  'cd "$portside_directory" || exit 126',
  '[ "$portside_args" -gt 0 ] || exec "$0" -c "$portside_command"',
  'shift "$portside_count"',
  'portside_line=\'exec "$(eval echo \\"$portside_command\\")"\'; portside_left=1',
  'while [ "$portside_left" -le $# ]; do',
  'portside_line="$portside_line \\"\\$(eval echo \\\\\\"\\${$portside_left}\\\\\\")\\""',
  'portside_left=$((portside_left + 1)); done; eval "$portside_line"',
]
  .join("; ")
  .replaceAll("do; ", "do ");

function launchArgv(request: LaunchRequest, profiles: readonly string[], cwd: string): [string, ...string[]] {
  const { process, shell } = request;
  const [first = "", ...rest] = process.command;
  if (process.direct) return [first, ...rest, ...process.args];
  const own = request.hasProfile ? [`${request.appDir}/.profile`] : [];
  const scripts = [...profiles, ...request.appProfiles, ...own];
  const args = [...rest, ...process.args];
  if (scripts.length + args.length === 0 && cwd === request.appDir) return [shell, "-c", first];
  return [shell, "-c", SHELL_LAUNCHER, shell, first, cwd, String(scripts.length), ...scripts, ...args];
}
