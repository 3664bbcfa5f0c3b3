import { isDiskFull } from "../../lib/sqlite.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { OperationEventBody, OperationFailure, StepEnded } from "../../model/operation.ts";
import type { BuildQueue } from "../builds/build-queue.ts";
import type { Supervisor } from "../instances/supervisor.ts";
import { KINDS, planOf } from "../operations/kinds.ts";
import type { Step, StepContext, StepResult } from "../operations/step.ts";
import { cancelledFailure, toFailure } from "../operations/step.ts";
import { LEASE_RENEW_MS, type Lease } from "../store/leases.ts";
import type { World } from "../world.ts";
import { decide, progressEvent, replay, resume, type Command, type Plan, type Progress } from "./decide.ts";
import type { Journal } from "./journal.ts";

const UNDO_TRIES_MAX = 5;
const UNDO_WAIT_MS = 1_000;

/**
 * Walks one operation from where its rows say it stands to its end: runs the commands that `decide` gives and records
 * every event before acting on it. Killing it between any two rows is safe: the next runner replays the rows and goes on.
 */
export class Runner {
  readonly #world: World;
  readonly #supervisor: Supervisor;
  readonly #builds: BuildQueue;
  readonly #journal: Journal;
  readonly #id: number;
  readonly #steps: readonly Step[];
  readonly #plan: Plan;
  /** Somebody wants the operation cancelled. */
  readonly #cancelled = new AbortController();
  /** The control plane ends, or has lost the app's lease. */
  readonly #stopping = new AbortController();
  readonly #lease: Lease;
  #state: Progress;

  constructor(options: {
    world: World;
    supervisor: Supervisor;
    builds: BuildQueue;
    journal: Journal;
    operation: number;
    lease: Lease;
  }) {
    this.#world = options.world;
    this.#supervisor = options.supervisor;
    this.#builds = options.builds;
    this.#journal = options.journal;
    this.#id = options.operation;
    this.#lease = options.lease;
    const kind = KINDS[options.world.store.operations.get(options.operation).kind];
    this.#steps = kind.failureStep === undefined ? kind.steps : [...kind.steps, kind.failureStep];
    this.#plan = planOf(kind);
    this.#state = replay(this.#plan, options.world.store.operations.events(options.operation));
  }

  /** Resolves when the operation has ended, or at once after `stop`. */
  async run(): Promise<void> {
    const stopRenewing = this.#renewLease();
    try {
      let commands =
        this.#state.phase === "waiting" ? this.#record({ type: "begun" }) : resume(this.#plan, this.#state);
      while (commands.length > 0 && !this.#stopped) commands = await this.#perform(commands);
    } finally {
      stopRenewing();
    }
  }

  /** Asks for the previous state. Too late after the commit: the operation then simply succeeds. */
  cancel(): void {
    const commands = this.#record({ type: "cancelRequested", failure: cancelledFailure() });
    if (commands.some((command) => command.type === "abortStep")) this.#abortStep();
  }

  #abortStep(): void {
    this.#cancelled.abort(new PortsideError("E_CANCELLED"));
  }

  /** The control plane ends: leaves everything as the rows say, for the next one to go on. */
  stop(): void {
    this.#stopping.abort(new PortsideError("E_SERVER_STOPPING"));
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #perform(commands: readonly Command[]): Promise<readonly Command[]> {
    const [command] = commands;
    switch (command?.type) {
      case "runStep":
        return this.#afterStep(await this.#runStep(command.step));
      case "undoStep":
        return this.#afterStep(await this.#undoStep(command.step));
      case "end":
        this.#end(command);
        return [];
      default:
        return [];
    }
  }

  #afterStep(ended: StepEnded | undefined): readonly Command[] {
    return ended === undefined ? [] : this.#record(ended);
  }

  async #runStep(name: string): Promise<StepEnded | undefined> {
    const startedAt = this.#world.clock.now();
    this.#world.store.operations.setStatus(this.#id, "running");
    this.#write({ type: "stepStarted", step: name, undo: false });
    try {
      const result = await this.#step(name).run(this.#context(name, this.#signalOf(name)));
      if (result.facts !== undefined) this.#world.store.operations.addFacts(this.#id, result.facts);
      return stepEnded(name, result, this.#world.clock.now() - startedAt);
    } catch (error) {
      if (this.#stopped) return undefined;
      const failure = this.#describe(error, name);
      const durationMs = this.#world.clock.now() - startedAt;
      return { type: "stepEnded", step: name, outcome: "failed", durationMs, detail: failure.message, failure };
    }
  }

  /** Behind the commit a cancel ends hooks alone: what was replaced is to be retired in any case. */
  #signalOf(step: string): AbortSignal {
    if (this.#state.cancelled) this.#abortStep();
    const { committed } = this.#state;
    if (committed && !this.#plan.hookSteps.includes(step)) return this.#stopping.signal;
    return AbortSignal.any([this.#cancelled.signal, this.#stopping.signal]);
  }

  async #undoStep(name: string): Promise<StepEnded | undefined> {
    const startedAt = this.#world.clock.now();
    const undo = this.#step(name).undo;
    this.#world.store.operations.setStatus(this.#id, "undoing");
    if (undo !== undefined) {
      this.#write({ type: "stepStarted", step: name, undo: true });
      for (let tries = 1; !this.#stopped; tries += 1) {
        try {
          await undo(this.#context(name, new AbortController().signal));
          break;
        } catch (error) {
          this.#world.log({
            level: "error",
            msg: "undo failed",
            operation: this.#id,
            step: name,
            tries,
            error: String(error),
          });
          if (tries === UNDO_TRIES_MAX) break;
          await this.#world.clock.sleep(UNDO_WAIT_MS * tries);
        }
      }
    }
    if (this.#stopped) return undefined;
    const durationMs = this.#world.clock.now() - startedAt;
    return { type: "stepEnded", step: name, outcome: "undone", durationMs, detail: "" };
  }

  #end(command: Extract<Command, { type: "end" }>): void {
    const { store, clock, router } = this.#world;
    const operation = store.operations.get(this.#id);
    const release = this.#state.committed ? operation.facts.release : undefined;
    const outcome = {
      status: command.status,
      ...(release === undefined ? {} : { release }),
      ...(command.failure === undefined ? {} : { failure: command.failure }),
    };
    const url = router.urlOf(operation.app);
    store.transaction(() => {
      store.operations.end(this.#id, outcome);
      store.builds.endInterrupted(clock.now());
      this.#write({
        type: "ended",
        durationMs: clock.now() - operation.createdAt,
        ...outcome,
        ...(url === undefined ? {} : { url }),
      });
    });
  }

  /** A row, unless somebody else has the app by now. */
  #write(body: OperationEventBody): void {
    const { store } = this.#world;
    store.transaction(() => {
      store.leases.assertHeld(this.#lease);
      this.#journal.record(this.#id, body);
    });
  }

  /** Records an event and gives the commands that follow from it. */
  #record(body: OperationEventBody): readonly Command[] {
    const event = progressEvent(body);
    this.#write(body);
    if (event === undefined) return [];
    const decision = decide(this.#plan, this.#state, event);
    this.#state = decision.state;
    return decision.commands;
  }

  #context(step: string, signal: AbortSignal): StepContext {
    const record = (body: OperationEventBody): void => this.#write(body);
    return {
      ...this.#world,
      operation: this.#world.store.operations.get(this.#id),
      supervisor: this.#supervisor,
      builds: this.#builds,
      signal,
      stopping: this.#stopping.signal,
      tell: {
        diagnostic: (diagnostic) => record({ type: "diagnostic", diagnostic }),
        output: (source, text) => this.#journal.output(this.#id, { type: "output", step, source, text }),
        section: (section) => record({ type: "section", step, ...section }),
        item: (item, detail, durationMs) =>
          record({ type: "item", step, item, detail, ...(durationMs === undefined ? {} : { durationMs }) }),
        warning: (message, evidence = []) => record({ type: "warning", step, message, evidence }),
      },
    };
  }

  #step(name: string): Step {
    const step = this.#steps.find((candidate) => candidate.name === name);
    if (step === undefined) throw new Error(`the plan has no step ${name}`);
    return step;
  }

  #describe(error: unknown, step: string): OperationFailure {
    if (isDiskFull(error))
      return toFailure(new PortsideError("E_DISK_FULL", { problem: "the database cannot grow" }), step);
    if (!(error instanceof PortsideError)) {
      const stack = error instanceof Error ? error.stack : undefined;
      this.#world.log({ level: "error", msg: "step crashed", operation: this.#id, step, stack });
    }
    return toFailure(error, step);
  }

  #renewLease(): () => void {
    const done = new AbortController();
    const renew = async (): Promise<void> => {
      for (;;) {
        await this.#world.clock.sleep(LEASE_RENEW_MS, done.signal);
        if (!this.#world.store.leases.renew(this.#lease)) return this.stop();
      }
    };
    renew().catch(() => {
      // The sleep was aborted: the operation has ended.
    });
    return () => done.abort(new Error("ended"));
  }
}

function stepEnded(step: string, result: StepResult, durationMs: number): StepEnded {
  return {
    type: "stepEnded",
    step,
    outcome: result.outcome,
    durationMs,
    detail: result.detail,
    ...(result.unchanged === true ? { unchanged: true } : {}),
  };
}
