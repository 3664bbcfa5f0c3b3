import type { OperationEventBody, OperationFailure, OperationStatus } from "../../model/operation.ts";

/** Which steps an operation walks through, in order, and the one after which it is no longer undone. */
export type Plan = {
  readonly steps: readonly string[];
  /** Once this step is done the new state is in force: a cancel comes too late, later failures are told but undo nothing. */
  readonly commitStep: string;
};

/** Where an operation stands. One phase field; `position` counts finished steps (forward) or steps still to undo (backward). */
export type Progress = {
  readonly phase: "waiting" | "forward" | "backward" | "ended";
  readonly position: number;
  readonly committed: boolean;
  readonly cancelled: boolean;
  readonly failure?: OperationFailure;
  /** What `ended` came to: the end is decided before its row is there. */
  readonly end?: EndCommand;
};

/** What happened. Each is behind a recorded row before it is acted on. */
export type ProgressEvent =
  | { readonly type: "begun" }
  | { readonly type: "stepDone"; readonly step: string; readonly unchanged: boolean }
  | { readonly type: "stepFailed"; readonly step: string; readonly failure: OperationFailure }
  | { readonly type: "stepUndone"; readonly step: string }
  | { readonly type: "cancelRequested"; readonly failure: OperationFailure };

/** What to do next. `abortStep` only hurries the running step; its end comes as an event. */
export type Command =
  | { readonly type: "runStep"; readonly step: string }
  | { readonly type: "undoStep"; readonly step: string }
  | { readonly type: "abortStep" }
  | EndCommand;

type EndCommand = { readonly type: "end"; readonly status: OperationStatus; readonly failure?: OperationFailure };

/** The new state and what to do about it. */
export type Decision = { readonly state: Progress; readonly commands: readonly Command[] };

export const INITIAL: Progress = { phase: "waiting", position: 0, committed: false, cancelled: false };

/** The orchestrator's whole logic: forward through the plan; after a failure or a cancel backward through what was begun. Pure. */
export function decide(plan: Plan, state: Progress, event: ProgressEvent): Decision {
  if (state.phase === "ended") return { state, commands: [] };
  switch (event.type) {
    case "begun":
      return state.phase === "waiting" ? advance(plan, { ...state, phase: "forward" }) : { state, commands: [] };
    case "stepDone":
      return onStepDone(plan, state, event);
    case "stepFailed":
      return onStepFailed(plan, state, event);
    case "stepUndone":
      return retreat(plan, { ...state, position: state.position - 1 });
    case "cancelRequested":
      return onCancel(state, event.failure);
  }
}

/** The command that was given last and whose end is not recorded: what a restarted control plane has to do. Pure. */
export function resume(plan: Plan, state: Progress): readonly Command[] {
  if (state.phase === "forward") return advance(plan, state).commands;
  if (state.phase === "backward") return retreat(plan, state).commands;
  return state.end === undefined ? [] : [state.end];
}

function onStepDone(
  plan: Plan,
  state: Progress,
  event: { readonly step: string; readonly unchanged: boolean },
): Decision {
  if (event.unchanged) return end(state, "unchanged");
  const position = state.position + 1;
  const committed = state.committed || event.step === plan.commitStep;
  const next = { ...state, position, committed };
  if (next.cancelled && !committed) return retreat(plan, { ...next, phase: "backward" });
  return advance(plan, next);
}

function onStepFailed(plan: Plan, state: Progress, event: { readonly failure: OperationFailure }): Decision {
  if (state.phase === "backward") return retreat(plan, { ...state, position: state.position - 1 });
  if (state.committed) return end(state, "failed", event.failure);
  // The step that failed may have been half done, so it is undone as well.
  const failure = state.cancelled ? (state.failure ?? event.failure) : event.failure;
  return retreat(plan, { ...state, phase: "backward", position: state.position + 1, failure });
}

function onCancel(state: Progress, failure: OperationFailure): Decision {
  if (state.phase === "waiting") return end({ ...state, cancelled: true }, "cancelled", failure);
  if (state.phase !== "forward" || state.committed || state.cancelled) return { state, commands: [] };
  return { state: { ...state, cancelled: true, failure }, commands: [{ type: "abortStep" }] };
}

function advance(plan: Plan, state: Progress): Decision {
  const step = plan.steps[state.position];
  return step === undefined ? end(state, "succeeded") : { state, commands: [{ type: "runStep", step }] };
}

function retreat(plan: Plan, state: Progress): Decision {
  const step = plan.steps[state.position - 1];
  if (step !== undefined) return { state, commands: [{ type: "undoStep", step }] };
  return end(state, state.cancelled ? "cancelled" : "failed", state.failure);
}

function end(state: Progress, status: OperationStatus, failure?: OperationFailure): Decision {
  const command: EndCommand = { type: "end", status, ...(failure === undefined ? {} : { failure }) };
  return { state: { ...state, phase: "ended", end: command }, commands: [command] };
}

/** Where an operation stands after its recorded events. Rows that only inform (output, items …) move nothing. Pure. */
export function replay(plan: Plan, rows: readonly OperationEventBody[]): Progress {
  return rows.reduce((state, row) => {
    const event = progressEvent(row);
    return event === undefined ? state : decide(plan, state, event).state;
  }, INITIAL);
}

/** The decider's event behind a recorded row, if it has one. */
export function progressEvent(row: OperationEventBody): ProgressEvent | undefined {
  if (row.type === "begun") return { type: "begun" };
  if (row.type === "cancelRequested") return { type: "cancelRequested", failure: row.failure };
  if (row.type !== "stepEnded") return undefined;
  if (row.outcome === "undone") return { type: "stepUndone", step: row.step };
  if (row.failure !== undefined) return { type: "stepFailed", step: row.step, failure: row.failure };
  return { type: "stepDone", step: row.step, unchanged: row.unchanged === true };
}
