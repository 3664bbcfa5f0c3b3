import type { AppName } from "./app.ts";
import type { OperationFailure } from "./operation.ts";
import type { Digest } from "./source.ts";

/** `waiting` for its turn on this machine. `interrupted`: the server ended, and the operation did not come back to it. */
export const BUILD_STATUSES = ["waiting", "running", "succeeded", "failed", "cancelled", "interrupted"] as const;
export type BuildStatus = (typeof BUILD_STATUSES)[number];

/** What a build took; absent where the machine did not tell. */
export type BuildMeasure = {
  /** Memory its processes held together at their peak, without what is only cached. */
  readonly memoryPeakBytes?: number;
  readonly cpuMs?: number;
  /** Processes killed for want of memory. */
  readonly oomKillCount: number;
  /** `namespaces`, `user-namespaces` or `processes`. */
  readonly confinement: string;
};

/**
 * One run of buildpacks for an app: what it took and how it ended. A deploy that reuses an artifact has none.
 * Written by control around `builder.build`. Read by API and CLI. Stored in SQLite, table `builds`; its output is among the events
 * of its operation.
 */
export type Build = {
  readonly app: AppName;
  /** 1, 2, 3 … within the app. */
  readonly number: number;
  readonly operation: number;
  readonly status: BuildStatus;
  /** Milliseconds since the epoch, as all times here. */
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The phase it reached: `detect`, `restore`, `build`, `export`. */
  readonly phase?: string;
  /** In group order, as `portside/nodejs 1.0.0`, with the time each took. */
  readonly sections: readonly BuildSectionRecord[];
  readonly artifact?: Digest;
  readonly sizeBytes?: number;
  readonly measure?: BuildMeasure;
  readonly failure?: Pick<OperationFailure, "code" | "message" | "hint">;
};

/** How long a buildpack's part took. */
export type BuildSectionRecord = { readonly name: string; readonly durationMs: number; readonly failed: boolean };
