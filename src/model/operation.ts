import type { AppName } from "./app.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { ErrorCode } from "./error-registry.ts";
import type { Intent } from "./intent.ts";

export const OPERATION_KINDS = [
  "deploy",
  "config",
  "scale",
  "restart",
  "start",
  "stop",
  "rollback",
  "destroy",
  "settings",
] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** `undoing` after a failure or a cancel, until the previous state is back; `hookFailed`: the new state is live, a hook behind it failed (§6). */
export type OperationStatus =
  | "waiting"
  | "running"
  | "undoing"
  | "succeeded"
  | "unchanged"
  | "hookFailed"
  | "failed"
  | "cancelled"
  | "superseded";

/** Whether nothing more will happen to it. */
export function isEnded(status: OperationStatus): boolean {
  return status !== "waiting" && status !== "running" && status !== "undoing";
}

/**
 * A recorded, resumable run of steps on one app. Written by control/orchestrator. Read by API, CLI, later webhooks.
 * Stored in SQLite, table `operations`; what happened is in `operation_events`, append-only.
 */
export type Operation = {
  readonly id: number;
  readonly app: AppName;
  readonly kind: OperationKind;
  readonly status: OperationStatus;
  readonly createdAt: number;
  readonly intent: Intent;
  readonly endedAt?: number;
  /** The release it made. */
  readonly release?: number;
  readonly failure?: OperationFailure;
};

/** Why an operation stopped: a code of the registry, one sentence, one action, and what was seen. */
export type OperationFailure = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly step?: string;
  /** Lines to show below the message: last probe, exit code, log tail, diagnosis. */
  readonly evidence: readonly string[];
};

/** What a follower of an operation sees, in order. `at` is milliseconds since the epoch. */
export type OperationEvent = { readonly seq: number; readonly at: number } & OperationEventBody;

/** What happened, without its place and time. Stored as JSON, append-only. */
export type OperationEventBody =
  | { readonly type: "queued"; readonly kind: OperationKind; readonly app: AppName }
  | { readonly type: "begun" }
  | { readonly type: "stepStarted"; readonly step: string; readonly undo: boolean }
  | StepEnded
  | { readonly type: "diagnostic"; readonly diagnostic: Diagnostic }
  | { readonly type: "output"; readonly step: string; readonly source: string; readonly text: string }
  | ({ readonly type: "section"; readonly step: string } & SectionEvent)
  /** Something inside a step is done: `web.1`, with what and how long. */
  | {
      readonly type: "item";
      readonly step: string;
      readonly item: string;
      readonly detail: string;
      readonly durationMs?: number;
    }
  /** Something went wrong that changes nothing about the outcome. */
  | {
      readonly type: "warning";
      readonly step: string;
      readonly message: string;
      readonly evidence: readonly string[];
    }
  | { readonly type: "cancelRequested"; readonly failure: OperationFailure }
  | {
      readonly type: "ended";
      readonly status: OperationStatus;
      readonly durationMs: number;
      readonly release?: number;
      readonly url?: string;
      readonly failure?: OperationFailure;
    };

/** A part of a step's output, by name (`portside/nodejs 1.0.0`), begins or has ended. */
export type SectionEvent =
  | { readonly name: string; readonly state: "started" }
  | { readonly name: string; readonly state: "done" | "failed"; readonly durationMs: number };

/** `unchanged`: the step found that the whole operation would change nothing. */
export type StepEnded = {
  readonly type: "stepEnded";
  readonly step: string;
  readonly outcome: "done" | "skipped" | "failed" | "undone";
  readonly durationMs: number;
  /** What it did, in a few words. */
  readonly detail: string;
  readonly unchanged?: boolean;
  readonly failure?: OperationFailure;
};
