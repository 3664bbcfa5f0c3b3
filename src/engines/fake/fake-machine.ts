import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { revealAll } from "../../lib/secret.ts";
import type { InstanceId } from "../../model/instance.ts";
import type { Engine, InstanceSpec } from "../engine.ts";
import type { End } from "./behaviour.ts";
import { FakeProcess } from "./fake-process.ts";

/** The engine methods that can be recorded and made to fail. */
export type EngineMethod = Exclude<keyof Engine, "name" | "capabilities">;

/** One call of an engine method, in order. `endedAt` is absent while it runs, and for ever when the control plane died over it. */
export type EngineCall = {
  readonly method: EngineMethod;
  readonly id?: InstanceId;
  readonly at: number;
  endedAt?: number;
  failed?: boolean;
};

/**
 * A failure to come. `moment` before: nothing happens, the call fails; after: it happens, then the call fails all the same.
 * `hang`: it never answers. `id`: only for that instance. `code`: a system error such as ENOSPC.
 */
export type Failure = {
  readonly moment: "before" | "after" | "hang";
  readonly id?: InstanceId;
  readonly code?: string;
  readonly message?: string;
};

/** Where the fake machine gets its time and its chance from. */
export type FakeMachineOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** Each half of a call (before and after its effect) takes 0 to that many milliseconds, drawn from `random`. Default 5. */
  readonly latencyMsMax?: number;
};

type Address = { readonly host: string; readonly port: number };

/**
 * A machine in memory, on which `FakeEngine`s run instances. It survives them: make one machine per scenario, one engine per life of
 * the control plane. Programs do what the text of their process command says (`parseBehaviour`). For the simulator it also
 * answers probes, fails on demand, ends and changes programs, and keeps every call for the invariants.
 */
export class FakeMachine {
  readonly clock: Clock;
  readonly calls: EngineCall[] = [];
  readonly #random: Random;
  readonly #latencyMsMax: number;
  readonly #processes = new Map<InstanceId, FakeProcess>();
  readonly #failures: { readonly method: EngineMethod; readonly failure: Failure }[] = [];
  #nextPort = 10_000;
  #startedCount = 0;

  constructor({ clock, random, latencyMsMax = 5 }: FakeMachineOptions) {
    this.clock = clock;
    this.#random = random;
    this.#latencyMsMax = latencyMsMax;
  }

  /** Whether a connection to that address would be accepted now. */
  probe(address: Address): "accepts" | "refused" {
    return this.#listening(address) === undefined ? "refused" : "accepts";
  }

  /** Status of `GET path` there now. `silent`: the connection is accepted and no answer comes. */
  request(address: Address, path: string): number | "refused" | "silent" {
    return this.#listening(address)?.answer(path) ?? "refused";
  }

  /** Ids of what runs now, in start order. An id that no instance row names is an orphan. */
  running(): readonly InstanceId[] {
    return this.known().filter((id) => this.#processes.get(id)?.exitAt(this.clock.now()) === undefined);
  }

  /** Ids of what runs or has ended and is not forgotten. */
  known(): readonly InstanceId[] {
    return [...this.#processes.keys()];
  }

  /** How many processes were ever started: a second start of one id must not grow it. */
  get startedCount(): number {
    return this.#startedCount;
  }

  /** The environment the instance was started with, PORT included. */
  environment(id: InstanceId): Readonly<Record<string, string>> {
    const process = this.process(id);
    const port = process.port === undefined ? {} : { PORT: String(process.port) };
    return { ...revealAll(process.spec.env, "a test looks at the fake machine"), ...port };
  }

  /** Makes the next call of that method fail; several wait in line, each for one call. */
  failNext(method: EngineMethod, failure: Failure = { moment: "before" }): void {
    this.#failures.push({ method, failure });
  }

  /** Ends a program from outside: `machine.end("web-1", { signal: "SIGKILL" })` is the out-of-memory killer. */
  end(id: InstanceId, how: End): void {
    this.process(id).end(this.clock.now(), how);
  }

  /** Changes what a program does from now on: `machine.change("web-1", "answer 500 on /health")`. */
  change(id: InstanceId, behaviour: string): void {
    this.process(id).change(this.clock.now(), behaviour);
  }

  /** Ends everything; how is lost, as after a power failure. */
  reboot(): void {
    for (const process of this.#processes.values()) process.end(this.clock.now(), "lost");
  }

  /** For engines: the process of that id. Throws when there is none. */
  process(id: InstanceId): FakeProcess {
    const process = this.#processes.get(id);
    if (process === undefined) throw new Error(`there is no instance ${id}`);
    return process;
  }

  /** For engines. */
  find(id: InstanceId): FakeProcess | undefined {
    return this.#processes.get(id);
  }

  /** For engines: starts a process; its program begins now. */
  run(spec: InstanceSpec): FakeProcess {
    const port = spec.port ? (this.#nextPort += 1) : undefined;
    const process = new FakeProcess(spec, this.clock.now(), port);
    this.#processes.set(spec.id, process);
    this.#startedCount += 1;
    return process;
  }

  /** For engines. */
  remove(id: InstanceId): void {
    this.#processes.delete(id);
  }

  /** For engines: takes the next failure meant for this call. */
  takeFailure(method: EngineMethod, id: InstanceId | undefined): Failure | undefined {
    const index = this.#failures.findIndex(
      (entry) => entry.method === method && (entry.failure.id === undefined || entry.failure.id === id),
    );
    return index < 0 ? undefined : this.#failures.splice(index, 1)[0]?.failure;
  }

  /** For engines: how long this half of a call takes. */
  drawLatencyMs(): number {
    return this.#latencyMsMax === 0 ? 0 : this.#random.bytes(2).readUInt16BE() % (this.#latencyMsMax + 1);
  }

  #listening(address: Address): FakeProcess | undefined {
    const now = this.clock.now();
    return [...this.#processes.values()].find((process) => process.listener(now)?.port === address.port);
  }
}
