import { instanceName, type Instance } from "../../../model/instance.ts";
import { computeRouteTable } from "../../routes/route-table.ts";
import { putBack, takeOut } from "../leaving.ts";
import type { Step, StepContext } from "../step.ts";

/**
 * Takes the named instances out of service and out of the routes; the next step drains and stops them. Nobody starts another
 * one in their place until somebody asks for it. Decision 0037.
 */
export const stop: Step = {
  name: "stop",
  async run(context) {
    const { store, operation } = context;
    const chosen = chosenInstances(context);
    if (operation.facts.leaving === undefined) {
      if (chosen.length === 0) return { outcome: "done", detail: "nothing runs", unchanged: true };
      store.transaction(() => {
        store.operations.addFacts(operation.id, { leaving: takeOut(context, chosen) });
      });
    }
    await context.router.publish(computeRouteTable(store), context.signal);
    return { outcome: "done", detail: chosen.map(instanceName).join("  ") };
  },
  async undo(context) {
    putBack(context, context.store.operations.get(context.operation.id).facts.leaving ?? []);
    await context.router.publish(computeRouteTable(context.store), context.signal);
  },
};

function chosenInstances({ store, operation }: StepContext): readonly Instance[] {
  const { request } = operation;
  if (request.kind !== "stop") throw new Error("not a stop");
  return store.instances
    .alive(operation.app)
    .filter(({ type }) => type === request.type)
    .filter(({ number }) => request.number === undefined || number === request.number);
}
