import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, InstanceSpec, LogSink, ObservedInstance } from "../../src/engines/engine.ts";
import { FakeEngine } from "../../src/engines/fake/fake-engine.ts";
import { FakeMachine } from "../../src/engines/fake/fake-machine.ts";
import { ProcessEngine } from "../../src/engines/process/process-engine.ts";
import { RuntimeEngine } from "../../src/engines/runtime-engine.ts";
import { systemClock, type Clock } from "../../src/lib/clock.ts";
import { FakeClock } from "../../src/lib/fake-clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { secret } from "../../src/lib/secret.ts";
import type { AppName } from "../../src/model/app.ts";
import { MemorySink } from "./memory-sink.ts";
import { makeSlug, shellProcess, type SlugContent } from "./slug.ts";

/** Longest time any single wait of a test may take. */
export const WAIT_LIMIT_MS = 15_000;
/** PATH the engines give to programs in these tests. */
export const BASE_PATH = "/usr/local/bin:/usr/bin:/bin";

/** The same program for each engine: a shell command, and what the fake machine understands. */
export type Program = { readonly sh: string; readonly fake: string };

/** What a test starts, by default a shell command without port and config. */
export type Wanted = Partial<Pick<InstanceSpec, "id" | "name" | "kind" | "port" | "stopTimeoutS">> & {
  readonly program?: Program;
  readonly slug?: SlugContent;
  readonly env?: Readonly<Record<string, string>>;
};

/** One engine on one machine, and the means to wait there. */
export class World {
  readonly sink: MemorySink;
  readonly clock: Clock;
  readonly root: string;
  readonly never = new AbortController().signal;
  engine: Engine;
  readonly #kind: EngineKind;
  #count = 0;

  constructor(kind: EngineKind) {
    this.root = mkdtempSync(join(tmpdir(), "portside-engine-"));
    this.sink = new MemorySink();
    this.#kind = kind;
    this.clock = kind.clock;
    this.engine = new RuntimeEngine(kind.make(this.root), kind.clock);
  }

  /** Waits for a promise in the engine's own time. */
  wait<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#kind.wait(promise);
  }

  /** Waits until it holds, looking again whenever some of the engine's time has passed. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const startedAt = this.clock.now();
    while (!(await holds())) {
      if (this.clock.now() - startedAt > WAIT_LIMIT_MS) throw new Error(`not within ${WAIT_LIMIT_MS} ms: ${what}`);
      await this.wait(this.clock.sleep(5));
    }
  }

  lines(id: string, holds: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
    return this.wait(this.sink.until(id, holds, AbortSignal.timeout(WAIT_LIMIT_MS)));
  }

  open(sink: LogSink = this.sink): Promise<void> {
    return this.wait(this.engine.open(sink, this.never));
  }

  /** Closes the engine and opens another one on the same machine, as a restart of the control plane does. */
  async reopen(): Promise<void> {
    await this.engine.close();
    this.engine = new RuntimeEngine(this.#kind.make(this.root), this.clock);
    await this.open();
  }

  spec({ program, slug, env = {}, ...rest }: Wanted): InstanceSpec {
    this.#count += 1;
    const text = this.#kind.textOf(program ?? { sh: "sleep 1000", fake: "run" });
    const artifact = makeSlug(this.root, slug ?? { process: shellProcess(text) });
    const [process] = artifact.processes;
    if (process === undefined) throw new Error("a slug has one process");
    const secrets = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, secret(value)]));
    const defaults = { id: `i${this.#count}`, name: "web.1", kind: "service", port: false, stopTimeoutS: 5 } as const;
    return { ...defaults, app: "shop" as AppName, artifact, process, env: secrets, ...rest };
  }

  start(wanted: Wanted): Promise<ObservedInstance> {
    return this.wait(this.engine.start(this.spec(wanted), this.never));
  }

  async find(id: string): Promise<ObservedInstance | undefined> {
    return (await this.wait(this.engine.list(this.never))).find((instance) => instance.id === id);
  }

  /** Nobody watches while the program of `letEndUnwatched` ends. */
  letEndUnwatched(id: string): Promise<void> {
    return this.#kind.letEndUnwatched(this, id);
  }

  /** Whether a stop has reached the machine. */
  hasStopBegun(id: string): boolean {
    return this.#kind.hasStopBegun(this, id);
  }

  /** Ends everything that still runs. */
  async dispose(): Promise<void> {
    const left = (await this.wait(this.engine.list(this.never))).filter((instance) => instance.exit === undefined);
    await this.wait(Promise.all(left.map((instance) => this.engine.stop(instance.id, 0, this.never))));
    await this.engine.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** How to make and wait for one engine. */
export type EngineKind = {
  readonly name: string;
  readonly clock: Clock;
  readonly make: (root: string) => Engine;
  readonly wait: <Value>(promise: Promise<Value>) => Promise<Value>;
  readonly textOf: (program: Program) => string;
  readonly letEndUnwatched: (world: World, id: string) => Promise<void>;
  readonly hasStopBegun: (world: World, id: string) => boolean;
};

/** Each call gives a machine of its own. */
export const ENGINES: Readonly<Record<string, () => EngineKind>> = {
  fake: () => {
    const clock = new FakeClock();
    const machine = new FakeMachine({ clock, random: systemRandom });
    return {
      name: "fake",
      clock,
      make: () => new FakeEngine(machine),
      wait: (promise) => clock.run(promise),
      textOf: (program) => program.fake,
      letEndUnwatched: () => clock.advance(2_000),
      hasStopBegun: () => machine.calls.some((call) => call.method === "stop" && clock.now() > call.at + 20),
    };
  },
  process: () => ({
    name: "process",
    clock: systemClock,
    make: (root) => makeProcessEngine(root),
    wait: (promise) => promise,
    textOf: (program) => program.sh,
    // The program waits for this file.
    letEndUnwatched: async (world, id) => {
      writeFileSync(join(world.root, "instances", id, "app/go"), "");
      await world.until("the exit is recorded", () => existsSync(join(world.root, "instances", id, "state/exit")));
    },
    hasStopBegun: (world, id) => existsSync(join(world.root, "instances", id, "state/signalled")),
  }),
};

/** A process engine with its instances below `root`; programs get `basePath`. */
export function makeProcessEngine(root: string, basePath = BASE_PATH): ProcessEngine {
  return new ProcessEngine({
    instancesDirectory: join(root, "instances"),
    basePath,
    clock: systemClock,
    random: systemRandom,
  });
}
