import type { TypeChecks } from "./check-result.ts";
import type { Instance } from "./instance.ts";

/** What an instance used at a moment, milliseconds since the epoch. */
export type UsagePoint = { readonly at: number; readonly memoryBytes: number; readonly cpuMs: number };

/** An instance as lists show it. Written by control on request. Read by API and CLI. Not stored. */
export type InstanceStatus = Instance & {
  /** False while a readiness check keeps it out of the routes. */
  readonly ready: boolean;
  /** Absent when it does not run, is too young, or the engine cannot tell. `cpuPercent` 100: one processor, all of the time. */
  readonly usage?: { readonly cpuPercent?: number; readonly memoryBytes: number; readonly processCount: number };
};

/** Everything about one instance. Written by control on request. Read by API and CLI. Not stored. */
export type InstanceInspection = InstanceStatus & {
  /** As the Procfile or the buildpack has it. */
  readonly command: string;
  /** Of its type, when nobody asked for another number: seconds from SIGTERM to SIGKILL. */
  readonly stopTimeoutS: number;
  /** Names alone, sorted: values are for `config`. */
  readonly configNames: readonly string[];
  readonly checks: TypeChecks["checks"];
  /** Where it listens: `0.0.0.0:5000`. */
  readonly listeners: readonly string[];
  readonly processes: readonly {
    readonly pid: number;
    readonly parentPid: number;
    readonly command: string;
    readonly cpuMs: number;
    readonly memoryBytes: number;
  }[];
  /** Oldest first, the last minutes. */
  readonly history: readonly UsagePoint[];
};
