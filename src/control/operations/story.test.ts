import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperationEvent, OperationEventBody, OperationFailure } from "../../model/operation.ts";
import { tellSteps } from "./story.ts";

const failure: OperationFailure = { code: "E_BUILD_FAILED", message: "m", hint: "h", evidence: ["exit 1"] };

function events(...bodies: OperationEventBody[]): OperationEvent[] {
  return bodies.map((body, index) => ({ seq: index + 1, at: index * 10, ...body }));
}

test("§10 operations: steps with start, end, outcome and evidence, the way back too; begun again after a restart is told once", () => {
  const started = { type: "stepStarted", undo: false } as const;
  const ended = { type: "stepEnded", durationMs: 1 } as const;
  const told = tellSteps(
    events(
      { type: "begun" },
      { ...started, step: "check" },
      { ...ended, step: "check", outcome: "done", detail: "Procfile" },
      { ...started, step: "build" },
      { type: "warning", step: "build", message: "slow", evidence: [] },
      { ...started, step: "build" },
      { ...ended, step: "build", outcome: "failed", detail: "m", failure },
      { ...started, step: "build", undo: true },
      { ...ended, step: "build", outcome: "undone", detail: "" },
      { ...ended, step: "check", outcome: "undone", detail: "" },
    ),
  );
  assert.deepEqual(told, [
    { step: "check", undo: false, startedAt: 10, endedAt: 20, outcome: "done", detail: "Procfile", warnings: [] },
    {
      step: "build",
      undo: false,
      startedAt: 30,
      endedAt: 60,
      outcome: "failed",
      detail: "m",
      warnings: ["slow"],
      failure,
    },
    { step: "build", undo: true, startedAt: 70, endedAt: 80, outcome: "undone", detail: "", warnings: [] },
  ]);
});

test("a step that runs has no end", () => {
  const [step] = tellSteps(events({ type: "stepStarted", step: "check", undo: false }));
  assert.deepEqual(step, { step: "check", undo: false, startedAt: 0, detail: "", warnings: [] });
});
