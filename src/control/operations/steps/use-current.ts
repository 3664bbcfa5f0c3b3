import { quantityOf } from "../../../model/formation.ts";
import { PortsideError } from "../../../model/error-registry.ts";
import type { Release } from "../../../model/release.ts";
import type { Step, StepContext, StepResult } from "../step.ts";

/** Scale: the current release with other numbers. Only the difference is started or stopped. Contract §5. */
export const setFormation: Step = {
  name: "scale",
  run(context) {
    const { store, operation } = context;
    if (operation.request.kind !== "scale") throw new Error("not a scale operation");
    // Before the first release the numbers wait for it (§5).
    const { formation: before, currentRelease } = store.apps.get(operation.app);
    const release = currentRelease === undefined ? {} : { release: currentRelease };
    const asked = Object.entries(operation.request.formation);
    const changes = asked
      .filter(([type, quantity]) => quantityOf(before, type) !== quantity)
      .map(([type, quantity]) => `${type} ${quantityOf(before, type) ?? 0} → ${quantity}`);
    const facts = { ...release, formation: { ...before, ...operation.request.formation } };
    const result: StepResult = { outcome: "done", detail: changes.join(", ") || "nothing to change", facts };
    return Promise.resolve(changes.length === 0 ? { ...result, unchanged: true } : result);
  },
};

/** Restart and start: the current release again, all of it or the named instances. */
export const restartCurrent: Step = {
  name: "select",
  run(context) {
    const { request } = context.operation;
    if (request.kind !== "restart" && request.kind !== "start") throw new Error("neither a restart nor a start");
    const which =
      request.number === undefined ? (request.type ?? "all instances") : `${request.type}.${request.number}`;
    return Promise.resolve({ outcome: "done", detail: which, facts: { release: current(context).number } });
  },
};

/** The release that serves. Throws E_APP_NO_RELEASE. */
function current(context: StepContext): Release {
  const app = context.store.apps.get(context.operation.app);
  if (app.currentRelease === undefined) throw new PortsideError("E_APP_NO_RELEASE", { app: app.name });
  return context.store.releases.get(app.name, app.currentRelease);
}
