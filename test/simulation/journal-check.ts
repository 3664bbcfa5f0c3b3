import { KINDS } from "../../src/control/operations/kinds.ts";
import type { InstanceSpec } from "../../src/engines/engine.ts";
import { isEnded, type OperationEvent, type OperationKind } from "../../src/model/operation.ts";
import type { Scene } from "./scene.ts";

type Told = { readonly events: OperationEvent[]; open?: { readonly step: string; readonly undo: boolean } };

/**
 * What operations tell is a valid story (contract §10): queued, begun, steps that start before they end, one end, nothing
 * behind it; forward through the plan, then back; a process starts only inside the step that starts it, and once for each id.
 */
export class JournalCheck {
  readonly #scene: Scene;
  readonly #told = new Map<number, Told>();
  readonly #starts = new Map<string, number>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onEvent(operation: number, event: OperationEvent): void {
    const told = this.#told.get(operation) ?? { events: [] };
    this.#told.set(operation, told);
    const wrong = (what: string): void => this.#scene.problem(`operation ${operation}, event ${event.seq}: ${what}`);
    const last = told.events.at(-1);
    if (event.seq !== (last?.seq ?? 0) + 1) wrong("a sequence number is missing");
    if ((event.type === "queued") !== (last === undefined))
      wrong(`\`${event.type}\` is the wrong first event, or \`queued\` comes late`);
    if (last?.type === "ended") wrong(`\`${event.type}\` behind the end`);
    if (event.type === "begun" && last?.type !== "queued") wrong("begun twice");
    if (
      (event.type === "item" || event.type === "output" || event.type === "warning") &&
      told.open?.step !== event.step
    )
      wrong(`${event.type} of ${event.step} outside of it`);
    if (event.type === "stepStarted") told.open = { step: event.step, undo: event.undo };
    if (event.type === "stepEnded") this.#onStepEnded(told, event, wrong);
    if (event.type === "ended") this.#onEnded(operation, event, wrong);
    told.events.push(event);
  }

  /** A process is about to start. */
  onRun(spec: InstanceSpec): void {
    const { problem, store } = this.#scene;
    const count = (this.#starts.get(spec.id) ?? 0) + 1;
    this.#starts.set(spec.id, count);
    if (count > 1) problem(`${spec.id} was started ${count} times`);
    const row = store.instances.find(spec.id);
    const operation = spec.kind === "oneOff" ? Number(/\d+$/.exec(spec.id)?.[0]) : row?.operation;
    if (spec.kind === "service" && row === undefined) return problem(`${spec.id} started without a row`);
    if (row !== undefined && row.phase !== "starting" && row.phase !== "stopping")
      problem(`${spec.id} started in phase ${row.phase}`);
    // A successor is the supervisor's, behind the operation.
    if (row !== undefined && row.restarts > 0) return;
    const open = this.#told.get(operation ?? 0)?.open;
    const wanted = spec.kind === "oneOff" ? [stepOfOneOff(spec.id)] : ["start", "batches"];
    if (!wanted.includes(open?.step ?? "") || open?.undo !== false)
      problem(`${spec.id} started while the operation's step was ${open?.step ?? "none"}`);
  }

  /** At the end of a scenario. */
  onRest(): void {
    const { database, problem } = this.#scene;
    for (const { id, status } of database.all<{ id: number; status: string }>("SELECT id, status FROM operations")) {
      const last = this.#told.get(id)?.events.at(-1);
      if (last?.type !== "ended" || last.status !== status)
        problem(`operation ${id} is ${status}, its last event is ${last?.type ?? "none"}`);
    }
  }

  #onStepEnded(told: Told, event: Extract<OperationEvent, { type: "stepEnded" }>, wrong: (what: string) => void): void {
    const { open } = told;
    const isBack = event.outcome === "undone";
    delete told.open;
    // A step without an undo is passed over on the way back.
    if (open === undefined && isBack) return;
    if (open === undefined || open.step !== event.step) return wrong(`${event.step} ended without having started`);
    if (open.undo !== isBack) wrong(`${event.step} ended as ${event.outcome}`);
    const { commitStep, failureStep } = KINDS[this.#kindOf(told)];
    const ends = told.events.filter((earlier) => earlier.type === "stepEnded");
    const isCommitted = ends.some(
      (end) => end.step === commitStep && end.failure === undefined && end.outcome !== "undone",
    );
    const back = ends.some((earlier) => earlier.outcome === "undone" || earlier.failure !== undefined);
    if (isCommitted && isBack) wrong(`${event.step} is undone behind the commit`);
    if (back && !isBack && !isCommitted && event.step !== failureStep?.name)
      wrong(`${event.step} ended forward after the way back began`);
  }

  #onEnded(operation: number, event: Extract<OperationEvent, { type: "ended" }>, wrong: (what: string) => void): void {
    const { kind, status, facts } = this.#scene.store.operations.get(operation);
    if (status !== event.status || !isEnded(status)) wrong(`its row says ${status}, its event ${event.status}`);
    if ((event.failure !== undefined) !== ["failed", "hookFailed", "cancelled", "superseded"].includes(status))
      wrong(`${status} with the wrong failure`);
    if (status === "succeeded" && event.release !== facts.release)
      wrong(`told release ${event.release}, its facts say ${facts.release}`);
    const done = this.stepsDone(operation);
    if (status !== "succeeded") return;
    if (done.join() !== KINDS[kind].steps.map((step) => step.name).join()) wrong(`succeeded after ${done.join()}`);
  }

  #kindOf(told: Told): OperationKind {
    const [queued] = told.events;
    if (queued?.type !== "queued") throw new Error("an operation without a first event");
    return queued.kind;
  }

  /** Names of the steps that ended well, in order. */
  stepsDone(operation: number): readonly string[] {
    const events = this.#told.get(operation)?.events ?? [];
    return events.flatMap((event) =>
      event.type === "stepEnded" && event.failure === undefined && event.outcome !== "undone" ? [event.step] : [],
    );
  }
}

/** `release-1-o12` belongs to `release`, `after-deploy-success-2-o12` to `after-success`. */
function stepOfOneOff(id: string): string {
  const name = /^(.*)-\d+-o\d+$/.exec(id)?.[1] ?? "";
  const after = /^after-\w+-(success|failure)$/.exec(name)?.[1];
  return after === undefined ? (name === "test-setup" ? "test" : name) : `after-${after}`;
}
