import type { AppName } from "./app.ts";

/** Unique for ever: one id is one process start. `[a-z0-9-]`, at most 100 characters, safe as a file name. */
export type InstanceId = string;

/**
 * starting → serving → draining → stopping → stopped, and backingOff between two lives.
 * Stored phase; nobody keeps booleans beside it.
 */
export type InstancePhase = "starting" | "serving" | "draining" | "stopping" | "stopped" | "crashed";

/** How a process ended. Exactly one of `code` and `signal` is there, unless the record was lost (`lost`). */
export type ExitRecord = {
  readonly code?: number;
  readonly signal?: string;
  readonly lost?: boolean;
  /** The kernel or a memory limit ended it. */
  readonly outOfMemory?: boolean;
  readonly at: number;
};

/**
 * One running (or ended) process of a release: `web.1`. Written by control from what the engine reports.
 * Read by edge (through the route table), API, CLI, logs. Stored in SQLite, table `instances`, mirrored from the engine.
 */
export type Instance = {
  readonly id: InstanceId;
  readonly app: AppName;
  readonly release: number;
  readonly type: string;
  /** From 1. */
  readonly number: number;
  readonly phase: InstancePhase;
  /** Host and port it answers on, once started, for types that get `PORT`. */
  readonly address?: { readonly host: string; readonly port: number };
  readonly startedAt: number;
  readonly operation: number;
  /** How often it was restarted after a crash since its release began. */
  readonly restarts: number;
  readonly exit?: ExitRecord;
};

/** `web.1`. */
export function instanceName(instance: { readonly type: string; readonly number: number }): string {
  return `${instance.type}.${instance.number}`;
}

/** `exit code 1`, `killed by SIGKILL`, `out of memory`, `exit status unknown`. */
export function describeExit(exit: ExitRecord): string {
  if (exit.outOfMemory === true) return "out of memory";
  if (exit.signal !== undefined) return `killed by ${exit.signal}`;
  if (exit.code !== undefined) return `exit code ${exit.code}`;
  return "exit status unknown";
}

/** Whether nothing of it runs and nothing will start in its name. */
export function isEndedInstance(instance: Pick<Instance, "phase">): boolean {
  return instance.phase === "stopped";
}
