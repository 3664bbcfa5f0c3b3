import { abortable } from "../lib/abortable.ts";
import type { Clock } from "../lib/clock.ts";
import { hasCode } from "../lib/files.ts";
import type { Secret } from "../lib/secret.ts";
import type { Artifact } from "../model/artifact.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { ExitRecord, InstanceId } from "../model/instance.ts";
import type { RouteTable } from "../model/route-table.ts";
import type {
  Engine,
  EngineCapabilities,
  EngineExecResult,
  InstanceProcess,
  InstanceSpec,
  Listener,
  LogSink,
  ObservedInstance,
  Usage,
} from "./engine.ts";
import { hideSecrets } from "./hide-secrets.ts";

/** Longest duration of each method, milliseconds; `stop` and `exec` on top of what they were given. `exited` has none. */
export type EngineLimits = Readonly<
  Record<
    | "open"
    | "prepareArtifact"
    | "start"
    | "stop"
    | "list"
    | "listeners"
    | "usage"
    | "exec"
    | "exportFiles"
    | "forget"
    | "publishRoutes",
    number
  >
>;

export const ENGINE_LIMITS: EngineLimits = {
  open: 60_000,
  prepareArtifact: 600_000,
  start: 60_000,
  stop: 30_000,
  list: 10_000,
  listeners: 10_000,
  usage: 10_000,
  exec: 10_000,
  exportFiles: 600_000,
  forget: 60_000,
  publishRoutes: 30_000,
};

type Call = {
  /** Completes "asked to …" and "failed to …". */
  readonly action: string;
  readonly limitMs?: number;
  readonly signal: AbortSignal;
  readonly secrets?: Readonly<Record<string, Secret>>;
};

/** A start that several callers wait for: the engine's work is aborted when the last of them gives up. */
type SharedStart = {
  readonly result: Promise<ObservedInstance>;
  /** Resolves when the engine itself has let go of the id, which may be later than `result`. */
  readonly released: Promise<void>;
  readonly giveUp: AbortController;
  waitingCount: number;
};

/**
 * Wraps any engine once: one start per id however many ask, nothing after `close`, aborts and time limits also where the engine
 * ignores them, every failure a `PortsideError` without a secret in it.
 * Errors: E_ENGINE_CLOSED, E_ENGINE_FAILED (with the engine's own error as `cause`), E_DISK_FULL, those the engine names itself,
 * and the reason of the caller's signal.
 */
export class RuntimeEngine implements Engine {
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #limits: EngineLimits;
  readonly #closed = new AbortController();
  readonly #starts = new Map<InstanceId, SharedStart>();
  readonly #forgets = new Map<InstanceId, Promise<void>>();

  constructor(engine: Engine, clock: Clock, limits: EngineLimits = ENGINE_LIMITS) {
    this.name = engine.name;
    this.capabilities = engine.capabilities;
    this.#engine = engine;
    this.#clock = clock;
    this.#limits = limits;
  }

  open(sink: LogSink, signal: AbortSignal): Promise<void> {
    const call = { action: "open", limitMs: this.#limits.open, signal };
    return this.#run(call, (inner) => this.#engine.open(sink, inner));
  }

  prepareArtifact(artifact: Artifact, signal: AbortSignal): Promise<void> {
    const call = { action: "prepare the artifact", limitMs: this.#limits.prepareArtifact, signal };
    return this.#run(call, (inner) => this.#engine.prepareArtifact(artifact, inner));
  }

  start(spec: InstanceSpec, signal: AbortSignal): Promise<ObservedInstance> {
    const action = `start ${spec.name}`;
    return this.#run({ action, signal, secrets: spec.env }, async (inner) => {
      const start = this.#starts.get(spec.id) ?? this.#beginStart(spec, action);
      start.waitingCount += 1;
      try {
        return await abortable(start.result, inner);
      } finally {
        start.waitingCount -= 1;
        if (start.waitingCount === 0) start.giveUp.abort(inner.reason);
      }
    });
  }

  stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<ExitRecord> {
    const call = { action: `stop ${id}`, limitMs: graceMs + this.#limits.stop, signal };
    return this.#run(call, async (inner) => {
      await this.#settleStart(id, inner);
      return this.#engine.stop(id, graceMs, inner);
    });
  }

  exited(id: InstanceId, signal: AbortSignal): Promise<ExitRecord> {
    return this.#run({ action: `watch ${id}`, signal }, async (inner) => {
      await this.#settleStart(id, inner);
      return this.#engine.exited(id, inner);
    });
  }

  list(signal: AbortSignal): Promise<readonly ObservedInstance[]> {
    const call = { action: "list the instances", limitMs: this.#limits.list, signal };
    return this.#run(call, (inner) => this.#engine.list(inner));
  }

  listeners(id: InstanceId, signal: AbortSignal): Promise<readonly Listener[]> {
    if (!this.capabilities.listeners) return Promise.resolve([]);
    const call = { action: `list the listeners of ${id}`, limitMs: this.#limits.listeners, signal };
    return this.#run(call, (inner) => this.#engine.listeners(id, inner));
  }

  usage(signal: AbortSignal): Promise<ReadonlyMap<InstanceId, Usage>> {
    if (!this.capabilities.usage) return Promise.resolve(new Map());
    const call = { action: "ask what the instances use", limitMs: this.#limits.usage, signal };
    return this.#run(call, (inner) => this.#engine.usage(inner));
  }

  processes(id: InstanceId, signal: AbortSignal): Promise<readonly InstanceProcess[]> {
    if (!this.capabilities.usage) return Promise.resolve([]);
    const call = { action: `list the processes of ${id}`, limitMs: this.#limits.usage, signal };
    return this.#run(call, (inner) => this.#engine.processes(id, inner));
  }

  exec(
    id: InstanceId,
    argv: readonly [string, ...string[]],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<EngineExecResult> {
    const call = { action: `run a program in ${id}`, limitMs: limitMs + this.#limits.exec, signal };
    return this.#run(call, (inner) => this.#engine.exec(id, argv, limitMs, inner));
  }

  exportFiles(id: InstanceId, directory: string, signal: AbortSignal): Promise<void> {
    const call = { action: `copy the files of ${id}`, limitMs: this.#limits.exportFiles, signal };
    return this.#run(call, (inner) => this.#engine.exportFiles(id, directory, inner));
  }

  forget(id: InstanceId, signal: AbortSignal): Promise<void> {
    return this.#run({ action: `forget ${id}`, signal }, (inner) => {
      const forgetting = this.#forgets.get(id) ?? this.#beginForget(id);
      return abortable(forgetting, inner);
    });
  }

  publishRoutes(table: RouteTable, signal: AbortSignal): Promise<void> {
    const call = { action: "publish the routes", limitMs: this.#limits.publishRoutes, signal };
    return this.#run(call, (inner) => this.#engine.publishRoutes(table, inner));
  }

  /** Ends every call that still runs, then closes the engine. Safe to repeat. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(this.#closedError("go on"));
    await Promise.allSettled([...this.#starts.values()].map((start) => start.result));
    await this.#engine.close();
  }

  /** Lives as long as somebody waits for it, and no longer than its limit. */
  #beginStart(spec: InstanceSpec, action: string): SharedStart {
    const giveUp = new AbortController();
    const call = { action, limitMs: this.#limits.start, signal: giveUp.signal, secrets: spec.env };
    const state: { work?: Promise<ObservedInstance> } = {};
    const result = this.#run(call, (inner) => (state.work = this.#engine.start(spec, inner)));
    const release = async (): Promise<void> => {
      await Promise.allSettled([result]);
      await Promise.allSettled([state.work]);
      this.#starts.delete(spec.id);
    };
    const start: SharedStart = { result, released: release(), giveUp, waitingCount: 0 };
    this.#starts.set(spec.id, start);
    return start;
  }

  #beginForget(id: InstanceId): Promise<void> {
    const call = { action: `forget ${id}`, limitMs: this.#limits.forget, signal: this.#closed.signal };
    const forgetting = this.#run(call, (inner) => this.#engine.forget(id, inner)).finally(() =>
      this.#forgets.delete(id),
    );
    this.#forgets.set(id, forgetting);
    return forgetting;
  }

  /** What is being started is waited for: a stop that overtook it would leave it running. */
  async #settleStart(id: InstanceId, signal: AbortSignal): Promise<void> {
    const start = this.#starts.get(id);
    if (start !== undefined) await abortable(start.released, signal);
  }

  async #run<Value>(call: Call, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    if (this.#closed.signal.aborted) throw this.#closedError(call.action);
    call.signal.throwIfAborted();
    const inner = new AbortController();
    const onAbort = (): void => inner.abort(call.signal.reason);
    const onClosed = (): void => inner.abort(this.#closedError(call.action));
    call.signal.addEventListener("abort", onAbort, { once: true });
    this.#closed.signal.addEventListener("abort", onClosed, { once: true });
    const done = new AbortController();
    if (call.limitMs !== undefined)
      void this.#abortAfter(call.limitMs, inner, { action: call.action, done: done.signal });
    try {
      return await abortable(work(inner.signal), inner.signal);
    } catch (error) {
      throw this.#translate(error, call, inner.signal);
    } finally {
      done.abort();
      call.signal.removeEventListener("abort", onAbort);
      this.#closed.signal.removeEventListener("abort", onClosed);
    }
  }

  async #abortAfter(
    limitMs: number,
    inner: AbortController,
    { action, done }: { action: string; done: AbortSignal },
  ): Promise<void> {
    try {
      await this.#clock.sleep(limitMs, done);
      const problem = `it took longer than ${limitMs / 1_000} s`;
      inner.abort(new PortsideError("E_ENGINE_FAILED", { engine: this.name, action, problem }));
    } catch (error) {
      if (!done.aborted) inner.abort(error);
    }
  }

  #translate(error: unknown, call: Call, signal: AbortSignal): unknown {
    if (signal.aborted && error === signal.reason) return error;
    const safe = hideSecrets(error, call.secrets ?? {});
    if (safe instanceof PortsideError) return safe;
    const problem = safe instanceof Error ? safe.message : String(safe);
    if (hasCode(safe, "ENOSPC", "EDQUOT")) return new PortsideError("E_DISK_FULL", { problem }, { cause: safe });
    return new PortsideError("E_ENGINE_FAILED", { engine: this.name, action: call.action, problem }, { cause: safe });
  }

  #closedError(action: string): PortsideError {
    return new PortsideError("E_ENGINE_CLOSED", { engine: this.name, action });
  }
}
