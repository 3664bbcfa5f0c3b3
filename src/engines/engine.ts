import type { Secret } from "../lib/secret.ts";
import type { AppName } from "../model/app.ts";
import type { Artifact } from "../model/artifact.ts";
import type { ExitRecord, InstanceId } from "../model/instance.ts";
import type { LaunchProcess } from "../model/launch-plan.ts";
import type { Resources } from "../model/resources.ts";
import type { RouteTable } from "../model/route-table.ts";

/** What an engine can do. Callers ask these, never the engine's name. */
export type EngineCapabilities = {
  /** Our control loop starts, checks and restarts instances (process, docker); false: the cluster's own controllers do. */
  readonly supervised: boolean;
  /** `slug`: a directory, `image`: the same as an OCI image. Control makes what the engine takes. */
  readonly artifactForms: readonly ("slug" | "image")[];
  /** `edge`: requests come through Portside's router. `own`: the engine is told with `publishRoutes`. */
  readonly routes: "edge" | "own";
  /** All types are switched at once, after every new instance is healthy. */
  readonly atomicCutover: boolean;
  /** Instances go on when the control plane dies, and are found again by `list`. */
  readonly outlivesControlPlane: boolean;
  /** `listeners` reports the sockets an instance listens on. */
  readonly listeners: boolean;
  /** `exec` runs a program beside a running instance. */
  readonly exec: boolean;
  /** `exportFiles` gives the app's files as an ended instance left them. */
  readonly fileExport: boolean;
  /** The limits of `InstanceSpec.resources` are enforced. */
  readonly resourceLimits: boolean;
  /** `usage` and `processes` report what instances use. */
  readonly usage: boolean;
  /** Largest value of one environment variable, bytes. */
  readonly envValueBytesMax: number;
};

/** What to run. `port: true` asks the engine for a port and `PORT` in the environment. */
export type InstanceSpec = {
  readonly id: InstanceId;
  readonly app: AppName;
  /** `service` instances are supervised; a `oneOff` runs once (release phase, later: run, cron). */
  readonly kind: "service" | "oneOff";
  /** `web.1`, `release.1`: for messages and log lines. */
  readonly name: string;
  readonly artifact: Artifact;
  readonly process: LaunchProcess;
  /** Config variables and the platform's own, without PORT. */
  readonly env: Readonly<Record<string, Secret>>;
  readonly port: boolean;
  /** Told at start, so that the engine can stop it even when nobody tells it again. */
  readonly stopTimeoutS: number;
  /** What it may use at most; enforced with the capability `resourceLimits` only. Absent: no limits. */
  readonly resources?: Resources;
};

/** A TCP socket an instance listens on, as the kernel says: `0.0.0.0`, `127.0.0.1`, `::`, `::1` or another address. */
export type Listener = { readonly address: string; readonly port: number };

/** What an engine says about one instance now. */
export type ObservedInstance = {
  readonly id: InstanceId;
  readonly app: AppName;
  readonly name: string;
  readonly kind: "service" | "oneOff";
  readonly startedAt: number;
  /** Where it can be reached, when a port was asked for. */
  readonly address?: { readonly host: string; readonly port: number };
  /** There when it has ended and nothing of it runs any more. */
  readonly exit?: ExitRecord;
};

/** What all processes of an instance use together. */
export type Usage = {
  /** Processor time since the start, milliseconds; of those that have ended only what their parent has collected. */
  readonly cpuMs: number;
  /** Resident memory, bytes; what processes share counts once for each. */
  readonly memoryBytes: number;
  readonly processCount: number;
};

/** One process of an instance. */
export type InstanceProcess = {
  readonly pid: number;
  readonly parentPid: number;
  /** What it was executed with; empty when that cannot be read. */
  readonly argv: readonly string[];
  readonly cpuMs: number;
  readonly memoryBytes: number;
};

/** Lines of one instance, in order. `cursor` is opaque: the engine goes on behind it after a restart of the control plane. */
export type LogBatch = {
  readonly instance: InstanceId;
  readonly app: AppName;
  readonly name: string;
  readonly lines: readonly { readonly atUs: number; readonly text: string }[];
  readonly cursor: string;
};

/** Where captured lines go. `append` stores lines and cursor together, so that no line is lost or doubled by a crash between. */
export type LogSink = {
  cursor(instance: InstanceId): string | undefined;
  append(batch: LogBatch): void;
};

/**
 * What every engine does, in nouns. Engines are naive: `RuntimeEngine` adds start-once, use-after-close, limits and redaction.
 * All methods are safe to repeat. Methods reject with `PortsideError` (E_ENGINE_FAILED, E_ENGINE_UNSUPPORTED) or an AbortError.
 * An engine never sees the store, and no secret but the environment of what it starts.
 */
export interface Engine {
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  /** Gets ready to talk to the machine; finds instances that outlived an earlier control plane and goes on capturing their logs. */
  open(sink: LogSink, signal: AbortSignal): Promise<void>;
  /** Makes the artifact startable here (nothing on one machine, a push to a registry elsewhere). */
  prepareArtifact(artifact: Artifact, signal: AbortSignal): Promise<void>;
  /** Starts the instance, or finds it when this id was started before. Resolves when it exists, not when it is healthy. */
  start(spec: InstanceSpec, signal: AbortSignal): Promise<ObservedInstance>;
  /** SIGTERM to all of it, SIGKILL after `graceMs`. Resolves when nothing of it runs any more; at once when it has ended. */
  stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<ExitRecord>;
  /** Resolves when it has ended and what it printed is in the sink, with the exit record also if that was while nobody watched. */
  exited(id: InstanceId, signal: AbortSignal): Promise<ExitRecord>;
  /** All instances this engine knows, running and ended but not forgotten, by start time. */
  list(signal: AbortSignal): Promise<readonly ObservedInstance[]>;
  /** Sockets it listens on now; empty without the capability. */
  listeners(id: InstanceId, signal: AbortSignal): Promise<readonly Listener[]>;
  /** What each running instance uses now, all asked at once; empty without the capability. */
  usage(signal: AbortSignal): Promise<ReadonlyMap<InstanceId, Usage>>;
  /** The processes of an instance, by pid; empty when it has ended, and without the capability. */
  processes(id: InstanceId, signal: AbortSignal): Promise<readonly InstanceProcess[]>;
  /** Runs a program with the instance's environment, beside it. */
  exec(
    id: InstanceId,
    argv: readonly [string, ...string[]],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<EngineExecResult>;
  /**
   * Copies the app's files of an ended instance, as it left them, into a directory that is not there yet. Links stay links; sockets,
   * pipes and devices are left out. Only with the capability `fileExport`.
   */
  exportFiles(id: InstanceId, directory: string, signal: AbortSignal): Promise<void>;
  /** Waits until all output of an ended instance is in the sink, then removes every trace of it. */
  forget(id: InstanceId, signal: AbortSignal): Promise<void>;
  /** Only for `routes: "own"`. */
  publishRoutes(table: RouteTable, signal: AbortSignal): Promise<void>;
  /** Stops capturing and watching; instances go on (`outlivesControlPlane`). */
  close(): Promise<void>;
}

/** How a program run beside an instance ended. */
export type EngineExecResult = {
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** stdout and stderr together, the last 64 KiB. */
  readonly output: string;
};
