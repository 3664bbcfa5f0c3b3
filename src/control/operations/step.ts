import type { ErrorCode } from "../../model/error-registry.ts";
import { ERRORS, PortsideError } from "../../model/error-registry.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { OperationFailure, SectionEvent } from "../../model/operation.ts";
import type { BuildQueue } from "../builds/build-queue.ts";
import type { OperationRecord } from "../store/operation-rows.ts";
import type { Supervisor } from "../instances/supervisor.ts";
import type { World } from "../world.ts";
import type { Facts } from "./request.ts";

/** What a step works with. `operation` is read afresh for each step, so its facts are those of the steps before. */
export type StepContext = World & {
  readonly operation: OperationRecord;
  readonly supervisor: Supervisor;
  readonly builds: BuildQueue;
  readonly signal: AbortSignal;
  /** Aborts when the control plane ends, and not when the operation is cancelled: for ending what a cancelled step has begun. */
  readonly stopping: AbortSignal;
  readonly tell: {
    diagnostic(diagnostic: Diagnostic): void;
    output(source: string, text: string): void;
    section(section: SectionEvent): void;
    item(item: string, detail: string, durationMs?: number): void;
    /** Something that changes nothing about the outcome. */
    warning(message: string, evidence?: readonly string[]): void;
  };
};

/** `unchanged: true` ends the operation: there is nothing to do. */
export type StepResult = {
  readonly outcome: "done" | "skipped";
  readonly detail: string;
  readonly facts?: Facts;
  readonly unchanged?: boolean;
};

/**
 * One line of the runbook. `run` may be called again for the same operation after a crash and must then find what it did;
 * `undo` brings back what was before, also when `run` got only half way. Both throw `PortsideError` to fail.
 */
export type Step = {
  readonly name: string;
  run(context: StepContext): Promise<StepResult>;
  undo?(context: StepContext): Promise<void>;
};

/** The recordable form of whatever was thrown. */
export function toFailure(error: unknown, step?: string): OperationFailure {
  const known = error instanceof PortsideError ? error : new PortsideError("E_INTERNAL", { problem: describe(error) });
  return {
    code: known.code,
    message: known.message,
    hint: known.hint,
    evidence: known.evidence,
    ...(step === undefined ? {} : { step }),
  };
}

/** The failure of an operation that somebody cancelled. */
export function cancelledFailure(): OperationFailure {
  const code: ErrorCode = "E_CANCELLED";
  return { code, message: ERRORS[code].text, hint: ERRORS[code].hint, evidence: [] };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
