import type { Step } from "../step.ts";

/** An app's settings change at once, in the transaction that records who changed them (`OperationQueue.settle`); nothing is left to run. */
export const settings: Step = {
  name: "settings",
  run: () => Promise.resolve({ outcome: "done", detail: "" }),
};
