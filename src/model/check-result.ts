import type { HealthCheck } from "./app-contract.ts";
import type { InstanceId } from "./instance.ts";

/**
 * What one health check of one instance came to last. Written by control's health room when that changes. Read by routes, API,
 * CLI. Stored in SQLite, table `check_results`, as long as its instance is.
 */
export type CheckResult = {
  readonly instance: InstanceId;
  /** Position among the checks of its type, from 0; `DEFAULT_CHECK` for the one that nobody declared. */
  readonly check: number;
  readonly state: CheckState;
  /** Attempts made, for `startup`; failures in a row, for the others. */
  readonly attempts: number;
  /** What the last attempt saw: `GET /health 200`. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** `failing`: not passed yet at startup, or failed too often in a row since. */
export type CheckState = "passing" | "failing";

/** The position of a type's startup check when its files declare none. */
export const DEFAULT_CHECK = -1;

/** A check as people know it. */
export type CheckName = {
  readonly name: string;
  readonly type: HealthCheck["type"];
  /** Nobody declared it. */
  readonly isDefault: boolean;
  readonly warn: boolean;
};

/** The checks of one process type, in the file's order, each with what the type's instances show, by number. */
export type TypeChecks = {
  readonly type: string;
  readonly checks: readonly (CheckName & {
    readonly results: readonly (Omit<CheckResult, "instance" | "check"> & { readonly instance: string })[];
  })[];
};

/** One check of one instance (`web.1`), carried out on demand. */
export type CheckRun = CheckName & {
  readonly instance: string;
  readonly passed: boolean;
  readonly attempts: number;
  readonly detail: string;
  readonly durationMs: number;
};

/** Which instances: all, those of a type, or one. */
export type InstanceChoice = { readonly type?: string; readonly number?: number };
