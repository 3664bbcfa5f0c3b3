import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OperationFailure } from "../../model/operation.ts";
import { decide, INITIAL, resume, type Command, type Plan, type Progress, type ProgressEvent } from "./decide.ts";

const PLAN: Plan = {
  steps: ["check", "build", "start", "route", "retire", "hook", "after"],
  commitStep: "route",
  hookSteps: ["hook", "after"],
};
const FAILURE: OperationFailure = { code: "E_BUILD_FAILED", message: "m", hint: "h", evidence: [] };
const CANCEL: OperationFailure = { code: "E_CANCELLED", message: "c", hint: "h", evidence: [] };

function walk(events: readonly ProgressEvent[]): { state: Progress; last: string } {
  let state = INITIAL;
  let last = "";
  for (const event of events) {
    const decision = decide(PLAN, state, event);
    state = decision.state;
    last = describe(decision.commands);
  }
  return { state, last };
}

function describe(commands: readonly Command[]): string {
  return commands
    .map((command) =>
      "step" in command
        ? `${command.type} ${command.step}`
        : "status" in command
          ? `end ${command.status}`
          : command.type,
    )
    .join(",");
}

const done = (step: string): ProgressEvent => ({ type: "stepDone", step, unchanged: false });
const failed = (step: string): ProgressEvent => ({ type: "stepFailed", step, failure: FAILURE });
const undone = (step: string): ProgressEvent => ({ type: "stepUndone", step });
const hookFailed: ProgressEvent = { type: "stepFailed", step: "hook", failure: { ...FAILURE, code: "E_HOOK_LIVE" } };
const begun: ProgressEvent = { type: "begun" };
const COMMITTED: readonly ProgressEvent[] = [begun, done("check"), done("build"), done("start"), done("route")];
const cancel: ProgressEvent = { type: "cancelRequested", failure: CANCEL };

const CASES: readonly (readonly [string, readonly ProgressEvent[], string])[] = [
  ["starts with the first step", [begun], "runStep check"],
  ["goes on with the next", [begun, done("check")], "runStep build"],
  ["ends after the last", [begun, ...PLAN.steps.map(done)], "end succeeded"],
  ["a failed step is undone itself, first", [begun, done("check"), failed("build")], "undoStep build"],
  ["then the ones before it", [begun, done("check"), failed("build"), undone("build")], "undoStep check"],
  ["until nothing is left", [begun, done("check"), failed("build"), undone("build"), undone("check")], "end failed"],
  [
    "a failure of an undo does not stop the others",
    [begun, done("check"), failed("build"), failed("build")],
    "undoStep check",
  ],
  ["a cancel hurries the running step", [begun, done("check"), cancel], "abortStep"],
  ["and undoes it", [begun, done("check"), cancel, failed("build")], "undoStep build"],
  ["also when the step finished all the same", [begun, done("check"), cancel, done("build")], "undoStep build"],
  ["a cancelled operation ends as cancelled", [begun, cancel, failed("check"), undone("check")], "end cancelled"],
  ["a second cancel changes nothing", [begun, cancel, cancel], ""],
  [
    "after the commit a cancel comes too late",
    [begun, done("check"), done("build"), done("start"), done("route"), cancel],
    "",
  ],
  [
    "after the commit a failure undoes nothing",
    [begun, done("check"), done("build"), done("start"), done("route"), failed("retire")],
    "runStep hook",
  ],
  ["and is told at the end", [...COMMITTED, failed("retire"), done("hook"), done("after")], "end failed"],
  ["a hook that fails leaves it live", [...COMMITTED, done("retire"), hookFailed, done("after")], "end hookFailed"],
  ["but a worse failure counts", [...COMMITTED, done("retire"), hookFailed, failed("after")], "end failed"],
  ["and is not made good by a hook's", [...COMMITTED, failed("retire"), hookFailed, done("after")], "end failed"],
  ["a cancel hurries a hook", [...COMMITTED, done("retire"), cancel], "abortStep"],
  ["which undoes nothing", [...COMMITTED, done("retire"), cancel, hookFailed, done("after")], "end hookFailed"],
  [
    "committed in the moment of a cancel it is no failure",
    [
      begun,
      done("check"),
      done("build"),
      done("start"),
      cancel,
      done("route"),
      done("retire"),
      done("hook"),
      done("after"),
    ],
    "end succeeded",
  ],
  ["a waiting operation is cancelled at once", [cancel], "end cancelled"],
  ["unchanged ends at once", [begun, { type: "stepDone", step: "check", unchanged: true }], "end unchanged"],
  ["an ended operation stays ended", [cancel, begun], ""],
];

for (const [title, events, expected] of CASES) {
  test(`§10 orchestrator: ${title}`, () => assert.equal(walk(events).last, expected));
}

test("§6 orchestrator: the failure step runs once all is undone, not for a cancel, and its own failure changes nothing", () => {
  const plan: Plan = { ...PLAN, failureStep: "closing" };
  const play = (events: readonly ProgressEvent[]): string =>
    describe(
      events.reduce<{ state: Progress; commands: readonly Command[] }>(
        ({ state }, event) => decide(plan, state, event),
        { state: INITIAL, commands: [] },
      ).commands,
    );
  const undoneAll = [begun, failed("check"), undone("check")];
  assert.equal(play(undoneAll), "runStep closing");
  assert.equal(play([...undoneAll, done("closing")]), "end failed");
  assert.equal(play([...undoneAll, failed("closing")]), "end failed");
  assert.equal(play([...undoneAll, cancel]), "abortStep");
  assert.equal(play([begun, cancel, failed("check"), undone("check")]), "end cancelled");
  const { state } = decide(
    plan,
    undoneAll.reduce((at, event) => decide(plan, at, event).state, INITIAL),
    { ...begun },
  );
  assert.equal(describe(resume(plan, state)), "runStep closing");
});

test("§10 orchestrator: a restarted control plane is told the command whose end was not recorded", () => {
  for (const [, events] of CASES) {
    const { state, last } = walk(events);
    if (/^(runStep|undoStep|end)/.test(last)) assert.equal(describe(resume(PLAN, state)), last);
  }
});

test("§10 orchestrator: any run of events ends, and undoes only what was begun", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("ok", "fail", "cancel"), { maxLength: 30 }), (choices) => {
      const begunSteps = new Set<string>();
      let { state, commands } = decide(PLAN, INITIAL, begun);
      for (const choice of [...choices, ...Array<string>(20).fill("ok")]) {
        const [command] = commands;
        if (command === undefined || command.type === "end") break;
        if (command.type === "runStep") begunSteps.add(command.step);
        if (command.type === "undoStep") assert.ok(begunSteps.has(command.step));
        if (choice === "cancel") state = decide(PLAN, state, cancel).state;
        if (command.type === "abortStep") throw new Error("not expected here");
        const event =
          command.type === "undoStep"
            ? undone(command.step)
            : choice === "fail"
              ? failed(command.step)
              : done(command.step);
        ({ state, commands } = decide(PLAN, state, event));
      }
      assert.equal(state.phase, "ended");
    }),
  );
});
