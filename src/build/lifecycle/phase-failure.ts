import { PortsideError, type ErrorCode } from "../../model/error-registry.ts";

/** Exit codes of the lifecycle's program: a decade for each phase, the last of it for what has no code of its own. cnb.md §10. */
export const EXIT = {
  failed: 1,
  arguments: 3,
  platformApi: 11,
  buildpackApi: 12,
  nothingDetected: 20,
  detectErrored: 21,
  detect: 22,
  analyze: 32,
  restore: 42,
  buildpackFailed: 51,
  build: 52,
  export: 62,
  rebase: 72,
  launch: 82,
} as const;

/** The phases of a build, in order. cnb.md §1. */
export type PhaseName = "analyze" | "detect" | "restore" | "build" | "export";

/** What a phase failed at. */
export type PhaseFailureOptions = {
  readonly phase: PhaseName;
  /** A sentence without its full stop; names the buildpack. */
  readonly problem: string;
  /** Default: the phase's own code. */
  readonly exitCode?: number;
  /** What follows "failed to" in the program's output. Default: the phase. */
  readonly action?: string;
  readonly buildpack?: string;
  /** Default: E_BUILD_FAILED. */
  readonly code?: ErrorCode;
  readonly cause?: unknown;
  readonly evidence?: readonly string[];
};

/** A phase of the lifecycle failed: for Portside an E_BUILD_FAILED, for the lifecycle's program an exit code and a text. */
export class PhaseFailure extends PortsideError {
  readonly phase: PhaseName;
  readonly exitCode: number;
  readonly action: string;
  readonly problem: string;
  /** Id of the buildpack it is about, when it is about one. */
  readonly buildpack: string | undefined;

  constructor(options: PhaseFailureOptions) {
    const { phase, problem, cause, evidence } = options;
    super(
      options.code ?? "E_BUILD_FAILED",
      { problem: `in ${phase}, ${problem}` },
      {
        ...(cause === undefined ? {} : { cause }),
        ...(evidence === undefined ? {} : { evidence }),
      },
    );
    this.name = "PhaseFailure";
    this.phase = phase;
    this.exitCode = options.exitCode ?? EXIT[phase];
    this.action = options.action ?? phase;
    this.problem = problem;
    this.buildpack = options.buildpack;
  }
}
