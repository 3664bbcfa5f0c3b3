import type { InstanceSpec } from "../../src/engines/engine.ts";
import { FakeEngine } from "../../src/engines/fake/fake-engine.ts";
import { FakeMachine, type FakeMachineOptions } from "../../src/engines/fake/fake-machine.ts";
import type { FakeProcess } from "../../src/engines/fake/fake-process.ts";
import type { ExitRecord, InstanceId } from "../../src/model/instance.ts";

/** Who wants to know what happens to processes, at the moment it does. */
export type MachineWatch = { onRun(spec: InstanceSpec): void; onStop(id: InstanceId): void };

/** A fake machine that tells of every process start. */
export class SimulatedMachine extends FakeMachine {
  watch: MachineWatch = { onRun: () => undefined, onStop: () => undefined };

  constructor(options: FakeMachineOptions) {
    super(options);
  }

  override run(spec: InstanceSpec): FakeProcess {
    this.watch.onRun(spec);
    return super.run(spec);
  }

  isRunning(id: InstanceId): boolean {
    const process = this.find(id);
    return process !== undefined && process.exitAt(this.clock.now()) === undefined;
  }
}

/** A fake engine that tells of every stop of something that runs. */
export class SimulatedEngine extends FakeEngine {
  readonly #machine: SimulatedMachine;

  constructor(machine: SimulatedMachine) {
    super(machine);
    this.#machine = machine;
  }

  override stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<ExitRecord> {
    if (this.#machine.isRunning(id)) this.#machine.watch.onStop(id);
    return super.stop(id, graceMs, signal);
  }
}
