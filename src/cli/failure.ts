import { ERRORS, PortsideError, type ErrorCode } from "../model/error-registry.ts";
import type { OperationFailure } from "../model/operation.ts";

/** Everything the user is told about a failed command, and the exit status. */
export type FailureReport = {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
  /** What was seen: last probe, log tail … */
  readonly evidence: readonly string[];
  /** What holds now: which release still serves. */
  readonly notes: readonly string[];
};

/** A failure whose texts are ready: from the server, from an operation, or about how the command was typed. */
export class CliError extends Error {
  readonly report: FailureReport;

  constructor(
    report: Pick<FailureReport, "code" | "message" | "hint" | "exit"> & Partial<FailureReport>,
    options: { cause?: unknown } = {},
  ) {
    super(report.message, options);
    this.name = "CliError";
    this.report = { evidence: [], notes: [], ...report };
  }
}

/** The command was typed wrongly: exit 2. `hint` is the whole hint. */
export function usageError(problem: string, hint: string = ERRORS.E_USAGE.hint): CliError {
  return new CliError({ code: "E_USAGE", message: problem, hint, exit: ERRORS.E_USAGE.exit });
}

/** Ctrl-C at a moment when something may have been changed already: exit 130. */
export function interruptedError(message: string, hint: string): CliError {
  return new CliError({ code: "E_CLI_INTERRUPTED", message, hint, exit: ERRORS.E_CLI_INTERRUPTED.exit });
}

/** An operation that did not succeed; `notes` say what holds now. */
export function operationError(failure: OperationFailure, notes: readonly string[]): CliError {
  const exit = Object.hasOwn(ERRORS, failure.code) ? ERRORS[failure.code].exit : 1;
  return new CliError({
    code: failure.code,
    message: failure.message,
    hint: failure.hint,
    exit,
    evidence: failure.evidence,
    notes,
  });
}

/** A code of the registry with ready texts filled in, for operations that ended without a failure of their own. */
export function failureOf(code: ErrorCode, values: Readonly<Record<string, string | number>> = {}): OperationFailure {
  const error = new PortsideError(code, values);
  return { code, message: error.message, hint: error.hint, evidence: [] };
}

/** What to tell about any thrown value. An error nobody foresaw is a defect of ours: E_INTERNAL, exit 70. */
export function toReport(error: unknown): FailureReport {
  if (error instanceof CliError) return error.report;
  const known = error instanceof PortsideError ? error : new PortsideError("E_INTERNAL", { problem: describe(error) });
  const { code, message, hint, evidence } = known;
  return { code, message, hint, exit: ERRORS[code].exit, evidence, notes: [] };
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}
