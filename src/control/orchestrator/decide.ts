import type { OperationEventBody, OperationFailure, OperationStatus } from "../../model/operation.ts";

/** Which steps an operation walks through, in order, and the one after which it is no longer undone. */
export type Plan = {
  readonly steps: readonly string[];
  /** Once this step is done the new state is in force: nothing is undone any more, later failures are told at the end. */
  readonly commitStep: string;
  /** Steps behind the commit that a cancel ends early; the others there it does not touch. */
  readonly hookSteps: readonly string[];
  /** Runs when the operation has failed and the previous state is back. Its own failure changes nothing. */
  readonly failureStep?: string;
};

/**
 * Where an operation stands. One phase field; `position` counts finished steps (forward) or steps still to undo (backward).
 * `closing`: all is undone, the failure step runs.
 */
export type Progress = {
  readonly phase: "waiting" | "forward" | "backward" | "closing" | "ended";
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

/** The orchestrator's whole logic: forward through the plan; after a failure or a cancel backward through what was begun; hooks at the ends. Pure. */
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
      return onCancel(plan, state, event.failure);
  }
}

/** The command that was given last and whose end is not recorded: what a restarted control plane has to do. Pure. */
export function resume(plan: Plan, state: Progress): readonly Command[] {
  if (state.phase === "forward") return advance(plan, state).commands;
  if (state.phase === "backward" || state.phase === "closing") return retreat(plan, state).commands;
  return state.end === undefined ? [] : [state.end];
}

function onStepDone(
  plan: Plan,
  state: Progress,
  event: { readonly step: string; readonly unchanged: boolean },
): Decision {
  if (state.phase === "closing") return end(state, "failed", state.failure);
  if (event.unchanged) return end(state, "unchanged");
  const position = state.position + 1;
  const committed = state.committed || event.step === plan.commitStep;
  // Committed in spite of a cancel that came in the same moment: it is no failure of what serves now.
  const { failure, ...rest } = state;
  const kept = failure === undefined || (committed && !state.committed) ? {} : { failure };
  const next = { ...rest, ...kept, position, committed };
  if (next.cancelled && !committed) return retreat(plan, { ...next, phase: "backward" });
  return advance(plan, next);
}

function onStepFailed(plan: Plan, state: Progress, event: { readonly failure: OperationFailure }): Decision {
  if (state.phase === "closing") return end(state, "failed", state.failure);
  if (state.phase === "backward") return retreat(plan, { ...state, position: state.position - 1 });
  if (state.committed) {
    const failure = worse(state.failure, event.failure);
    return advance(plan, { ...state, position: state.position + 1, failure });
  }
  // The step that failed may have been half done, so it is undone as well.
  const failure = state.cancelled ? (state.failure ?? event.failure) : event.failure;
  return retreat(plan, { ...state, phase: "backward", position: state.position + 1, failure });
}

function onCancel(plan: Plan, state: Progress, failure: OperationFailure): Decision {
  if (state.phase === "waiting") return end({ ...state, cancelled: true }, "cancelled", failure);
  if (state.cancelled) return { state, commands: [] };
  if (state.phase === "closing") return { state, commands: [{ type: "abortStep" }] };
  if (state.phase !== "forward") return { state, commands: [] };
  if (state.committed) {
    const isHook = plan.hookSteps.includes(plan.steps[state.position] ?? "");
    return { state: { ...state, cancelled: true }, commands: isHook ? [{ type: "abortStep" }] : [] };
  }
  return { state: { ...state, cancelled: true, failure }, commands: [{ type: "abortStep" }] };
}

function advance(plan: Plan, state: Progress): Decision {
  const step = plan.steps[state.position];
  if (step !== undefined) return { state, commands: [{ type: "runStep", step }] };
  if (state.failure === undefined) return end(state, "succeeded");
  return end(state, isLiveHook(state.failure) ? "hookFailed" : "failed", state.failure);
}

/** Of two failures behind the commit the first counts, but one that leaves the operation as good as done gives way. */
function worse(first: OperationFailure | undefined, second: OperationFailure): OperationFailure {
  return first === undefined || (isLiveHook(first) && !isLiveHook(second)) ? second : first;
}

/** Contract §6: `live, hook failed`. */
function isLiveHook(failure: OperationFailure): boolean {
  return failure.code === "E_HOOK_LIVE";
}

function retreat(plan: Plan, state: Progress): Decision {
  const step = plan.steps[state.position - 1];
  if (step !== undefined) return { state, commands: [{ type: "undoStep", step }] };
  if (state.cancelled) return end(state, "cancelled", state.failure);
  if (plan.failureStep === undefined) return end(state, "failed", state.failure);
  return { state: { ...state, phase: "closing" }, commands: [{ type: "runStep", step: plan.failureStep }] };
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
