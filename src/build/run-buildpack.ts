import { accessSync, chmodSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execGroup, type GroupResult } from "../lib/exec-group.ts";
import { hasCode } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";
import { escapedId, type Buildpack } from "./buildpack-registry.ts";
import { buildpackEnvironment } from "./environment.ts";
import { isApiAtLeast } from "./files/buildpack-toml.ts";
import type { Environment } from "./layer-environment.ts";
import { EXIT, PhaseFailure } from "./lifecycle/phase-failure.ts";
import type { BuildRoom, RoomRun } from "./sandbox/build-room.ts";
import { handOverOne } from "./sandbox/hand-over.ts";
import { targetVariables, type BuildTarget } from "./target.ts";

/** Where one build works. All absolute; all below the artifact's directory but the operator's settings. */
export type BuildDirectories = {
  /** The app's files, a copy of the source that buildpacks may change. */
  readonly app: string;
  readonly layers: string;
  /** Removed after the build: HOME, temporary files, plans and the user's variables. */
  readonly scratch: string;
  readonly platform: string;
  readonly buildConfig: string;
};

/** What every phase works with. */
export type BuildContext = {
  readonly directories: BuildDirectories;
  /** Where `group.toml` and `plan.toml` are written to. Default: in the layers directory. */
  readonly documents?: { readonly group: string; readonly plan: string };
  readonly target: BuildTarget;
  /** Before layers, variables and settings. */
  readonly environment: Environment;
  /** Operator's defaults for reaching the network. */
  readonly network: Environment;
  /** A line of a buildpack (its id is the source) or of the lifecycle itself. */
  readonly onOutput: (source: string, line: string) => void;
  /** What only somebody looking for a fault wants to read. Default: nowhere. */
  readonly onDebug?: (line: string) => void;
  /** What is no failure but should be put right. Default: a line of output. */
  readonly onWarning?: (line: string) => void;
  /** `CNB_EXEC_ENV` for API 0.12 and newer. Default: `production`. */
  readonly execEnv?: string;
  /** For one `bin/detect`. Default: a minute. */
  readonly detectLimitMs?: number;
  /** A buildpack's `bin/build` begins, or has ended after `durationMs`. Default: nobody listens. */
  readonly onSection?: (section: BuildSection) => void;
  /** Where programs run and what holds them. Default: plain child processes. */
  readonly room?: BuildRoom;
  readonly signal: AbortSignal;
};

/** One buildpack's part of a build. */
export type BuildSection =
  | { readonly name: string; readonly state: "started" }
  | { readonly name: string; readonly state: "done" | "failed"; readonly durationMs: number };

/** Tells what is no failure but should be put right. */
export function warn(context: BuildContext, line: string): void {
  if (context.onWarning === undefined) context.onOutput(LIFECYCLE, `Warning: ${line}`);
  else context.onWarning(line);
}

/** The source of the lifecycle's own lines. */
export const LIFECYCLE = "lifecycle";

/** How many of the last lines a failure carries. */
export const EVIDENCE_LINES_MAX = 20;

/** How `bin/detect` or `bin/build` ended. `lines` are the last of its output, for evidence. */
export type BuildpackRun = {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly lines: readonly string[];
};

const LINES_KEPT_MAX = 200;

/**
 * Runs one of a buildpack's programs in the app's directory: by argument list, in a process group of its own that does not
 * outlive it. Rejects with E_CANCELLED on an abort, with E_BUILD_FAILED when it cannot be started. cnb.md §3.1, §5.1.
 */
export async function runBuildpack(
  context: BuildContext,
  buildpack: Buildpack,
  run: {
    readonly program: "detect" | "build";
    readonly args: readonly string[];
    readonly environment: Environment;
    readonly variables: Readonly<Record<string, string>>;
    readonly limitMs: number;
    readonly onLine?: (line: string) => void;
  },
): Promise<BuildpackRun> {
  const { platform, buildConfig, app } = context.directories;
  const lines: string[] = [];
  const env = {
    ...buildpackEnvironment(run.environment, {
      platform,
      buildConfig,
      network: context.network,
      clearEnv: buildpack.clearEnv,
    }),
    ...run.variables,
    CNB_BUILDPACK_DIR: buildpack.directory,
    ...(isApiAtLeast(buildpack.api, 8) ? { CNB_PLATFORM_DIR: platform } : {}),
    ...(isApiAtLeast(buildpack.api, 10) ? targetVariables(context.target) : {}),
    ...(isApiAtLeast(buildpack.api, 12) ? { CNB_EXEC_ENV: context.execEnv ?? "production" } : {}),
  };
  const program = join(buildpack.directory, "bin", run.program);
  if (run.program === "build") handOverOne(layersOf(context, buildpack), context.room?.owner);
  const startedAt = performance.now();
  const section = `${buildpack.id} ${buildpack.version}`;
  if (run.program === "build") context.onSection?.({ name: section, state: "started" });
  const result = await startProgram(context, [program, ...run.args], {
    name: `bin/${run.program} of ${buildpack.id}`,
    phase: run.program,
    buildpack: buildpack.id,
    cwd: app,
    env,
    limitMs: run.limitMs,
    signal: context.signal,
    onLine: (line) => {
      if (lines.push(line) > LINES_KEPT_MAX) lines.shift();
      run.onLine?.(line);
    },
  });
  const isDone = result.exitCode === 0 && !result.timedOut && !result.cancelled;
  if (run.program === "build") {
    context.onSection?.({
      name: section,
      state: isDone ? "done" : "failed",
      durationMs: performance.now() - startedAt,
    });
  }
  if (result.cancelled) throw new PortsideError("E_CANCELLED");
  return { exitCode: result.exitCode, signal: result.signal, timedOut: result.timedOut, lines };
}

async function startProgram(
  context: BuildContext,
  [program, ...args]: readonly [string, ...string[]],
  run: RoomRun & { readonly phase: "detect" | "build"; readonly buildpack: string },
): Promise<GroupResult> {
  try {
    // In a room of its own a program that cannot be started would only be a strange exit code.
    accessSync(program, constants.X_OK);
    return await (context.room?.run([program, ...args], run) ?? execGroup([program, ...args], run));
  } catch (error) {
    // The last is Node's answer to a NUL in a variable.
    if (!hasCode(error, "ENOENT", "EACCES", "ENOEXEC", "E2BIG", "ERR_INVALID_ARG_VALUE")) throw error;
    const problem = `${run.name} could not be started (${(error as NodeJS.ErrnoException).code})`;
    const { phase, buildpack } = run;
    const exitCode = phase === "build" ? EXIT.buildpackFailed : EXIT.detect;
    throw new PhaseFailure({ phase, problem, exitCode, buildpack, cause: error });
  }
}

/** A plan file for one program of one buildpack, in the scratch directory. */
export function writePlanFile(context: BuildContext, name: string, content: string): string {
  const plans = join(context.directories.scratch, "plans");
  // Its programs may read and fill the files, but put no other in their place.
  mkdirSync(plans, { recursive: true, mode: 0o755 });
  if (context.room?.owner !== undefined) chmodSync(plans, 0o755);
  const path = join(plans, `${name}.toml`);
  writeFileSync(path, content, { mode: 0o600 });
  handOverOne(path, context.room?.owner);
  return path;
}

/** The directory of a buildpack's layers. */
export function layersOf(context: BuildContext, buildpack: Buildpack): string {
  return join(context.directories.layers, escapedId(buildpack.id));
}

/** `exit code 1`, `killed by SIGKILL`, `took longer than 60 s`. */
export function describeRun(run: BuildpackRun, limitMs: number): string {
  if (run.timedOut) return `took longer than ${limitMs >= 60_000 ? `${limitMs / 60_000} min` : `${limitMs / 1000} s`}`;
  return run.signal === null ? `ended with exit code ${run.exitCode}` : `was killed by ${run.signal}`;
}
