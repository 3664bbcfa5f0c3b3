import type { HealthCheck } from "./app-contract.ts";
import type { AppName } from "./app.ts";
import type { Formation } from "./formation.ts";
import type { Hooks } from "./hooks.ts";
import type { Resources } from "./resources.ts";
import type { Digest } from "./source.ts";

/**
 * artifact + config + formation, numbered v1, v2 …. Written by control. Read by engines, API, CLI.
 * Stored in SQLite, table `releases`; immutable once written, only its status moves.
 */
export type Release = {
  readonly app: AppName;
  /** 1, 2, 3 … */
  readonly number: number;
  readonly artifact: Digest;
  readonly source: Digest;
  /** Which set of config values it runs with. */
  readonly configVersion: number;
  /** What app.json declared, for the three-way rule. */
  readonly declaredFormation: Formation;
  readonly formation: Formation;
  /** Of `processes` below, what each needs besides its command. */
  readonly healthchecks: Readonly<Record<string, readonly HealthCheck[]>>;
  /** Seconds from SIGTERM to SIGKILL, by type; absent: 30. */
  readonly stopTimeouts: Readonly<Record<string, number>>;
  /** Limits of each instance, by type; absent: none. */
  readonly resources: Readonly<Record<string, Resources>>;
  /** How many instances are replaced at a time, by type; absent: all at once. */
  readonly maxParallel: Readonly<Record<string, number>>;
  readonly hooks: Hooks;
  /** Process types in the order they are shown, without `release`. */
  readonly types: readonly string[];
  /** The command of the release phase. */
  readonly hasReleaseCommand: boolean;
  /** app.json's `description`. */
  readonly appDescription?: string;
  /** `Deploy 3f2a…`, `Set FOO`, `Rollback to v3`. Never a value. */
  readonly description: string;
  readonly status: ReleaseStatus;
  readonly createdAt: number;
  readonly operation: number;
};

/** `pending` until its instances serve; `failed` never served; `superseded` served once. */
export type ReleaseStatus = "pending" | "current" | "superseded" | "failed";
