import type { Environment } from "../layer-environment.ts";
import type { PhaseName } from "../lifecycle/phase-failure.ts";
import { LIFECYCLE, type BuildContext } from "../run-buildpack.ts";
import { baseEnvironment } from "../environment.ts";
import { hostTarget } from "../target.ts";
import type { FlagName } from "./flags.ts";
import type { Inputs } from "./inputs.ts";
import type { Log } from "./log.ts";

/**
 * One phase as a program: its name, what it accepts and what it does. A row of `phase-table.ts`; everything that is the same for
 * all phases (flags, API check, root, exit code) is done around it by `main.ts`.
 */
export type Phase = {
  /** As a sub-command: `detect`. */
  readonly name: PhaseName | "create";
  /** As a program of its own, by the name it was called with: `detector`. */
  readonly program: string;
  /** Besides `-log-level`, `-no-color` and `-version`, which all accept. */
  readonly flags: readonly FlagName[];
  /** How many words may follow the flags. */
  readonly wordsMax: number;
  /** It runs buildpacks, which must not run as root. */
  readonly refusesRoot: boolean;
  /** When it starts as root and `-uid`, `-gid` name somebody, it goes on as them. */
  readonly becomesUser: boolean;
  /** Of a failure that has no code of its own. */
  readonly exitCode: number;
  run(call: PhaseCall): Promise<void>;
};

/** One call of a phase. */
export type PhaseCall = {
  readonly inputs: Inputs;
  /** The words behind the flags. */
  readonly words: readonly string[];
  readonly log: Log;
  /** The lifecycle's own environment. */
  readonly env: Environment;
  /** A directory for this call alone, removed after it. */
  readonly scratch: string;
  readonly signal: AbortSignal;
};

/** What the phases' functions work with, from a command line and the documents it names. */
export function contextOf(call: PhaseCall, target: BuildContext["target"] = hostTarget()): BuildContext {
  const { inputs, log, env, scratch, signal } = call;
  return {
    directories: {
      app: inputs.path("app"),
      layers: inputs.path("layers"),
      platform: inputs.path("platform"),
      buildConfig: inputs.path("build-config"),
      scratch,
    },
    documents: { group: inputs.path("group"), plan: inputs.path("plan") },
    target,
    environment: baseEnvironment({ basePath: env["PATH"] ?? "", inherited: env, home: env["HOME"] ?? "" }),
    network: {},
    ...(env["CNB_EXEC_ENV"] === undefined ? {} : { execEnv: env["CNB_EXEC_ENV"] }),
    onOutput: (source, line) => (source === LIFECYCLE ? log.info(line) : log.output(line)),
    onDebug: (line) => log.debug(line),
    onWarning: (line) => log.warn(line),
    signal,
  };
}
