import { abortable } from "../../lib/abortable.ts";
import type { Artifact } from "../../model/artifact.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { ExitRecord, InstanceId } from "../../model/instance.ts";
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
} from "../engine.ts";
import { parseBehaviour } from "./behaviour.ts";
import type { EngineCall, EngineMethod, Failure, FakeMachine } from "./fake-machine.ts";
import type { FakeProcess } from "./fake-process.ts";

type Called = { readonly method: EngineMethod; readonly id?: InstanceId; readonly signal?: AbortSignal };

/**
 * Runs instances on a `FakeMachine`. One engine is one life of the control plane: after `crash` (or `close`) make a new one on the
 * same machine. Each call takes time before and after its effect, so that a crash can fall between the two.
 */
export class FakeEngine implements Engine {
  readonly name = "fake";
  readonly capabilities: EngineCapabilities = {
    supervised: true,
    artifactForms: ["slug"],
    routes: "edge",
    atomicCutover: true,
    outlivesControlPlane: true,
    listeners: true,
    exec: true,
    fileExport: true,
    resourceLimits: true,
    usage: false,
    envValueBytesMax: 65_536,
  };
  readonly #machine: FakeMachine;
  readonly #closed = new AbortController();
  readonly #captures = new Map<InstanceId, Promise<void>>();
  #sink: LogSink | undefined;
  #isCrashed = false;

  constructor(machine: FakeMachine) {
    this.#machine = machine;
  }

  /** The control plane dies: nothing of this engine happens any more, and no call that runs ever settles. */
  crash(): void {
    this.#isCrashed = true;
    this.#closed.abort(new Error("crashed"));
  }

  open(sink: LogSink, signal: AbortSignal): Promise<void> {
    return this.#call({ method: "open", signal }, () => {
      this.#sink = sink;
      for (const id of this.#machine.known()) this.#beginCapture(this.#machine.process(id));
    });
  }

  prepareArtifact(_artifact: Artifact, signal: AbortSignal): Promise<void> {
    return this.#call({ method: "prepareArtifact", signal }, () => undefined);
  }

  start(spec: InstanceSpec, signal: AbortSignal): Promise<ObservedInstance> {
    return this.#call({ method: "start", id: spec.id, signal }, () => {
      const process = this.#machine.find(spec.id) ?? this.#machine.run(spec);
      this.#beginCapture(process);
      return process.observe(this.#machine.clock.now());
    });
  }

  async stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<ExitRecord> {
    const exit = await this.#call({ method: "stop", id, signal }, () => {
      const process = this.#machine.find(id);
      process?.terminate(this.#machine.clock.now(), graceMs);
      return this.#awaitExit(process, signal);
    });
    return exit;
  }

  exited(id: InstanceId, signal: AbortSignal): Promise<ExitRecord> {
    return this.#call({ method: "exited", id, signal }, async () => {
      const exit = await this.#awaitExit(this.#machine.find(id), signal);
      await this.#captures.get(id);
      return exit;
    });
  }

  list(signal: AbortSignal): Promise<readonly ObservedInstance[]> {
    return this.#call({ method: "list", signal }, () =>
      this.#machine.known().map((id) => this.#machine.process(id).observe(this.#machine.clock.now())),
    );
  }

  listeners(id: InstanceId, signal: AbortSignal): Promise<readonly Listener[]> {
    return this.#call({ method: "listeners", id, signal }, () => {
      const listener = this.#machine.find(id)?.listener(this.#machine.clock.now());
      return listener === undefined ? [] : [listener];
    });
  }

  usage(signal: AbortSignal): Promise<ReadonlyMap<InstanceId, Usage>> {
    return this.#call({ method: "usage", signal }, () => new Map());
  }

  processes(id: InstanceId, signal: AbortSignal): Promise<readonly InstanceProcess[]> {
    return this.#call({ method: "processes", id, signal }, () => []);
  }

  /** The words of argv are a behaviour too: `["exit 1 after 2s"]`. Anything else is a program that is not there. */
  exec(
    id: InstanceId,
    argv: readonly [string, ...string[]],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<EngineExecResult> {
    return this.#call({ method: "exec", id, signal }, async () => {
      const { clock } = this.#machine;
      if (this.#machine.process(id).exitAt(clock.now()) !== undefined)
        throw new Error(`there is no running instance ${id}`);
      const exit = readExit(argv.join(" "));
      if (exit === undefined) return { exitCode: 127, timedOut: false, output: `${argv[0]}: command not found\n` };
      await this.#sleep(Math.min(exit.afterMs, limitMs), signal);
      const timedOut = exit.afterMs > limitMs;
      return { exitCode: timedOut || !("code" in exit.end) ? null : exit.end.code, timedOut, output: "" };
    });
  }

  /** There are no files here; what a scenario wants to have been written is its builder's business. */
  exportFiles(id: InstanceId, _directory: string, signal: AbortSignal): Promise<void> {
    return this.#call({ method: "exportFiles", id, signal }, () => {
      const process = this.#machine.process(id);
      if (process.exitAt(this.#machine.clock.now()) === undefined) throw new Error(`${process.spec.name} still runs`);
    });
  }

  forget(id: InstanceId, signal: AbortSignal): Promise<void> {
    return this.#call({ method: "forget", id, signal }, async () => {
      const process = this.#machine.find(id);
      if (process === undefined) return;
      if (process.exitAt(this.#machine.clock.now()) === undefined) throw new Error(`${process.spec.name} still runs`);
      await this.#captures.get(id);
      this.#machine.remove(id);
      this.#captures.delete(id);
    });
  }

  publishRoutes(): Promise<void> {
    return this.#call({ method: "publishRoutes" }, () => {
      throw new PortsideError("E_ENGINE_UNSUPPORTED", { engine: this.name, what: "publish routes" });
    });
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error("the engine was closed"));
    await Promise.allSettled(this.#captures.values());
  }

  async #call<Value>({ method, id, signal }: Called, effect: () => Value | Promise<Value>): Promise<Value> {
    if (this.#isCrashed) return never();
    const call: EngineCall = { method, at: this.#machine.clock.now(), ...(id === undefined ? {} : { id }) };
    this.#machine.calls.push(call);
    try {
      const failure = this.#machine.takeFailure(method, id);
      if (failure?.moment === "hang") return await abortable(never<Value>(), signal ?? this.#closed.signal);
      await this.#sleep(this.#machine.drawLatencyMs(), signal);
      if (failure?.moment === "before") throw failureError(failure);
      const value = await effect();
      await this.#sleep(this.#machine.drawLatencyMs(), signal);
      if (failure !== undefined) throw failureError(failure);
      return value;
    } catch (error) {
      call.failed = true;
      throw error;
    } finally {
      if (this.#isCrashed) await never();
      call.endedAt = this.#machine.clock.now();
    }
  }

  async #awaitExit(process: FakeProcess | undefined, signal: AbortSignal): Promise<ExitRecord> {
    const { clock } = this.#machine;
    if (process === undefined) return { lost: true, at: clock.now() };
    for (;;) {
      const exit = process.exitAt(clock.now());
      if (exit !== undefined) return exit;
      await this.#until(process, process.endsAt, signal);
    }
  }

  #beginCapture(process: FakeProcess): void {
    const { id } = process.spec;
    if (!this.#captures.has(id))
      this.#captures.set(
        id,
        this.#capture(process).catch(() => undefined),
      );
  }

  /** Gives each line when it is printed, and those of the time in which nobody listened at once. The cursor counts lines. */
  async #capture(process: FakeProcess): Promise<void> {
    const { clock } = this.#machine;
    const { id, app, name } = process.spec;
    let index = Number(this.#sink?.cursor(id) ?? 0);
    for (;;) {
      const lines: { atUs: number; text: string }[] = [];
      for (let at = process.lineAt(index); at !== undefined && at <= clock.now(); at = process.lineAt(index)) {
        index += 1;
        lines.push({ atUs: at * 1_000, text: `line ${index}` });
      }
      this.#closed.signal.throwIfAborted();
      if (lines.length > 0) this.#sink?.append({ instance: id, app, name, lines, cursor: String(index) });
      if (process.exitAt(clock.now()) !== undefined) return;
      await this.#until(process, process.lineAt(index) ?? process.endsAt, this.#closed.signal);
    }
  }

  /** Waits for that time, or for a change of the process. Without a time only for a change. */
  async #until(process: FakeProcess, at: number | undefined, signal: AbortSignal): Promise<void> {
    const changed = new AbortController();
    const release = process.onChange(() => changed.abort(new Error("changed")));
    try {
      const waitMs = at === undefined ? undefined : Math.max(0, at - this.#machine.clock.now());
      const wait = waitMs === undefined ? never<void>() : this.#machine.clock.sleep(waitMs, changed.signal);
      await abortable(abortable(abortable(wait, changed.signal), signal), this.#closed.signal);
    } catch (error) {
      if (!changed.signal.aborted || signal.aborted || this.#closed.signal.aborted) throw error;
    } finally {
      changed.abort(new Error("done"));
      release();
    }
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#machine;
    const sleep = clock.sleep(ms, signal);
    return abortable(sleep, this.#closed.signal);
  }
}

function readExit(
  text: string,
): { readonly afterMs: number; readonly end: { code: number } | { signal: string } } | undefined {
  try {
    return parseBehaviour(text).exit;
  } catch {
    return undefined;
  }
}

function failureError({ code, message = "the fake machine was told to fail" }: Failure): Error {
  return code === undefined ? new Error(message) : Object.assign(new Error(`${code}: ${message}`), { code });
}

/** What a dead process has to say. */
function never<Value = never>(): Promise<Value> {
  return new Promise<Value>(() => undefined);
}
