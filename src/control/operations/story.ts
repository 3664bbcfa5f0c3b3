import type { OperationEvent, OperationFailure } from "../../model/operation.ts";

/** One step of an operation as it went. `outcome` is absent while it runs. Times are milliseconds since the epoch. */
export type StepStory = {
  readonly step: string;
  readonly undo: boolean;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: "done" | "skipped" | "failed" | "undone";
  readonly detail: string;
  readonly failure?: OperationFailure;
  readonly warnings: readonly string[];
};

/** The steps of an operation in the order they began, from what it has told. A step that a restart began again is told once. Pure. */
export function tellSteps(events: readonly OperationEvent[]): readonly StepStory[] {
  const steps: StepStory[] = [];
  for (const event of events) {
    const last = steps.at(-1);
    if (event.type === "stepStarted") {
      const isAgain = last?.step === event.step && last.undo === event.undo && last.outcome === undefined;
      if (!isAgain) steps.push({ step: event.step, undo: event.undo, startedAt: event.at, detail: "", warnings: [] });
    } else if (event.type === "warning" && last !== undefined) {
      steps[steps.length - 1] = { ...last, warnings: [...last.warnings, event.message] };
    } else if (event.type === "stepEnded" && last?.step === event.step && last.outcome === undefined) {
      const { outcome, detail, failure } = event;
      const failed = failure === undefined ? {} : { failure };
      steps[steps.length - 1] = { ...last, endedAt: event.at, outcome, detail, ...failed };
    }
  }
  return steps;
}
