import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { execCombined } from "../../lib/exec-combined.ts";
import type { Random } from "../../lib/random.ts";
import { copyTree } from "../../lib/tree.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Artifact } from "../../model/artifact.ts";
import type { ExitRecord } from "../../model/instance.ts";
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
import { InstanceDirectory, type StoredSpec } from "./instance-directory.ts";
import { isStagingName, removeDirectory, startInDirectory } from "./instance-start.ts";
import { findShell } from "./launch.ts";
import { LinuxProcessTable } from "./linux-process-table.ts";
import { LiveInstance, signalMembers, type LiveInstanceOptions } from "./live-instance.ts";
import { PortableProcessTable } from "./portable-process-table.ts";
import { findFreePort, PORT_MAX, PORT_MIN } from "./ports.ts";
import type { Execution, ProcessTable } from "./process-table.ts";
import { detectEnvPassing, isOnTheWay, type EnvPassing } from "./shim.ts";

/** Where the process engine keeps its instances and what it passes on to them. */
export type ProcessEngineOptions = {
  /** `home.instances`; made when it is not there. */
  readonly instancesDirectory: string;
  /** PATH of every program before layers and config variables add to it; never the platform's own. */
  readonly basePath: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How the environment is handed over; found out at `open` when absent. */
  readonly envPassing?: EnvPassing;
  /** What tells about processes; the machine's own way when absent. */
  readonly processes?: ProcessTable;
};

/** How long the end of an instance waits for its last lines to be stored. */
const LAST_WORDS_MS = 1_000;
const EXEC_OUTPUT_BYTES_MAX = 65_536;
const EXEC_READY_POLL_MS = 5;
/** Contract §4; the kernel would take 128 KiB, name included. */
const ENV_VALUE_BYTES_MAX = 65_536;

/**
 * Runs instances as plain processes of this host, each in a session of its own below a small shim that outlives us and records
 * how the program ended. All state lies in one directory an instance, so `open` finds everything again.
 */
export class ProcessEngine implements Engine {
  readonly name = "process";
  readonly capabilities: EngineCapabilities;
  readonly #options: ProcessEngineOptions;
  readonly #processes: ProcessTable;
  readonly #instances = new Map<string, LiveInstance>();
  /** Ports of instances that are being started. */
  readonly #reserved = new Set<number>();
  #sink: LogSink | undefined;
  #envPassing: EnvPassing | undefined;

  constructor(options: ProcessEngineOptions) {
    this.#options = options;
    const hasProcFileSystem = existsSync("/proc/self/stat");
    this.#processes =
      options.processes ?? (hasProcFileSystem ? new LinuxProcessTable(options.clock) : new PortableProcessTable());
    this.capabilities = {
      supervised: true,
      artifactForms: ["slug"],
      routes: "edge",
      atomicCutover: true,
      outlivesControlPlane: true,
      listeners: hasProcFileSystem,
      exec: hasProcFileSystem,
      fileExport: true,
      resourceLimits: false,
      usage: hasProcFileSystem,
      envValueBytesMax: ENV_VALUE_BYTES_MAX,
    };
  }

  async open(sink: LogSink, signal: AbortSignal): Promise<void> {
    const { instancesDirectory, envPassing } = this.#options;
    mkdirSync(instancesDirectory, { recursive: true, mode: 0o700 });
    this.#sink = sink;
    this.#envPassing = envPassing ?? (await detectEnvPassing());
    for (const name of readdirSync(instancesDirectory)) {
      signal.throwIfAborted();
      await this.#adopt(name);
    }
  }

  async prepareArtifact(artifact: Artifact): Promise<void> {
    if (existsSync(join(artifact.directory, "app"))) return Promise.resolve();
    return Promise.reject(new Error(`the artifact ${artifact.digest} is not stored here`));
  }

  async start(spec: InstanceSpec, signal: AbortSignal): Promise<ObservedInstance> {
    const known = this.#instances.get(spec.id);
    if (known !== undefined) return known.observe();
    const { instancesDirectory, basePath, clock, random } = this.#options;
    const port = spec.port ? await this.#reservePort() : undefined;
    try {
      const outcome = await startInDirectory(spec, {
        instancesDirectory,
        basePath,
        shell: findShell(basePath),
        envPassing: this.#envPassing ?? "split",
        envValueBytesMax: this.capabilities.envValueBytesMax,
        port,
        clock,
        random,
        signal,
      });
      const stored = outcome.directory.readSpec();
      if (stored === undefined) throw new Error("its directory vanished while it was being started");
      const instance = LiveInstance.started(this.#liveOptions(outcome.directory, stored));
      this.#instances.set(spec.id, instance);
      // It exists, so it is known from now on; that we did not see it begin is told all the same.
      if (outcome.problem !== undefined) throw outcome.problem;
      return instance.observe();
    } finally {
      if (port !== undefined) this.#reserved.delete(port);
    }
  }

  async stop(id: string, graceMs: number, signal: AbortSignal): Promise<ExitRecord> {
    return (await this.#instances.get(id)?.stop(graceMs, signal)) ?? this.#unknownExit();
  }

  async exited(id: string, signal: AbortSignal): Promise<ExitRecord> {
    const instance = this.#instances.get(id);
    if (instance === undefined) return this.#unknownExit();
    const exit = await instance.exited(signal);
    // Whoever hears of the end wants to read the last words; a sink that takes none must not hold the news back.
    await Promise.race([instance.drained(), this.#options.clock.sleep(LAST_WORDS_MS, signal)]);
    return exit;
  }

  list(): Promise<readonly ObservedInstance[]> {
    const observed = [...this.#instances.values()].map((instance) => instance.observe());
    return Promise.resolve(observed.toSorted((left, right) => left.startedAt - right.startedAt));
  }

  async listeners(id: string): Promise<readonly Listener[]> {
    const members = (await this.#instances.get(id)?.members()) ?? [];
    return (await this.#processes.listeners(members.map((member) => member.pid))) ?? [];
  }

  async usage(): Promise<ReadonlyMap<string, Usage>> {
    const running = [...this.#instances].flatMap(([id, instance]) => {
      const program = instance.hasEnded ? undefined : instance.directory.readProgram();
      return program === undefined ? [] : [{ id, program }];
    });
    const found = await this.#processes.usage(running.map(({ program }) => program));
    return new Map(
      running.flatMap(({ id }, index) => {
        const usage = found?.[index];
        return usage === undefined || usage.processCount === 0 ? [] : [[id, usage]];
      }),
    );
  }

  async processes(id: string): Promise<readonly InstanceProcess[]> {
    const members = (await this.#instances.get(id)?.members()) ?? [];
    return this.#processes.describe(members.map(({ pid }) => pid));
  }

  async exec(
    id: string,
    argv: readonly [string, ...string[]],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<EngineExecResult> {
    if (!this.capabilities.exec)
      throw new PortsideError("E_ENGINE_UNSUPPORTED", { engine: this.name, what: "run a program beside an instance" });
    const instance = this.#instances.get(id);
    const execution = instance === undefined ? undefined : await this.#execution(instance, signal);
    if (instance === undefined || execution === undefined) throw new Error(`there is no running instance ${id}`);
    const result = await execCombined(argv, {
      cwd: instance.spec.cwd,
      env: execution.env,
      limitMs,
      signal,
      keepBytesMax: EXEC_OUTPUT_BYTES_MAX,
    });
    signal.throwIfAborted();
    return { exitCode: result.exitCode, timedOut: result.timedOut, output: result.output };
  }

  async exportFiles(id: string, directory: string, signal: AbortSignal): Promise<void> {
    const instance = this.#instances.get(id);
    if (instance === undefined) throw new Error(`there is no instance ${id}`);
    if (!instance.hasEnded) throw new Error(`${instance.spec.name} still runs`);
    await copyTree(instance.directory.app, directory, { mode: "copy", signal });
  }

  async forget(id: string): Promise<void> {
    const instance = this.#instances.get(id);
    if (instance === undefined) return;
    if (!instance.hasEnded) throw new Error(`${instance.spec.name} still runs`);
    await instance.drained();
    await instance.close();
    await removeDirectory(instance.directory);
    this.#instances.delete(id);
  }

  publishRoutes(): Promise<void> {
    return Promise.reject(new PortsideError("E_ENGINE_UNSUPPORTED", { engine: this.name, what: "publish routes" }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.close()));
    this.#instances.clear();
  }

  /** Takes over what an earlier control plane left, and clears away what it had only begun. */
  async #adopt(name: string): Promise<void> {
    const directory = new InstanceDirectory(join(this.#options.instancesDirectory, name));
    const stored = directory.readSpec();
    // Without a claim nothing was started; taking it ourselves keeps a late shim from starting it now.
    if (isStagingName(name)) return removeDirectory(directory);
    if (stored === undefined) return this.#removeUnreadable(directory);
    if (directory.claimForNobody() || directory.readClaim() === "void") return removeDirectory(directory);
    const instance = await LiveInstance.adopted(this.#liveOptions(directory, stored));
    this.#instances.set(name, instance);
  }

  /** Somebody damaged its `spec.json`: nobody could name, route or stop what still runs there. */
  async #removeUnreadable(directory: InstanceDirectory): Promise<void> {
    const program = directory.readProgram();
    if (program !== undefined && directory.readExit() === undefined) {
      signalMembers(await this.#processes.members(program), "SIGKILL");
    }
    await removeDirectory(directory);
  }

  #liveOptions(directory: InstanceDirectory, spec: StoredSpec): LiveInstanceOptions {
    if (this.#sink === undefined) throw new Error("the process engine was used before it was opened");
    return { directory, spec, sink: this.#sink, clock: this.#options.clock, processes: this.#processes };
  }

  async #reservePort(): Promise<number> {
    const running = [...this.#instances.values()].filter((instance) => !instance.hasEnded);
    const taken = new Set([...running.flatMap((instance) => instance.spec.port ?? []), ...this.#reserved]);
    const port = await findFreePort(taken, this.#options.random);
    if (port === undefined) throw new PortsideError("E_PORT_TAKEN", { first: PORT_MIN, last: PORT_MAX });
    // Another start may have drawn the same one while both were looking.
    if (this.#reserved.has(port)) return this.#reservePort();
    this.#reserved.add(port);
    return port;
  }

  /** What the program was executed with; waits out the moment in which the shim has recorded it but is still on its way to it. */
  async #execution(instance: LiveInstance, signal: AbortSignal): Promise<Execution | undefined> {
    for (;;) {
      const program = instance.directory.readProgram();
      const isRunning = program !== undefined && (await this.#processes.startOf(program.pid)) === program.start;
      if (!isRunning) return undefined;
      const execution = await this.#processes.execution(program.pid);
      if (execution !== undefined && !isOnTheWay(execution.argv, instance.directory)) return execution;
      await this.#options.clock.sleep(EXEC_READY_POLL_MS, signal);
    }
  }

  /** Forgotten, or never started: nothing of it runs, and nobody knows how it ended. */
  #unknownExit(): ExitRecord {
    return { lost: true, at: this.#options.clock.now() };
  }
}
