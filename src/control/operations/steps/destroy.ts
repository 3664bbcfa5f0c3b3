import { instanceName } from "../../../model/instance.ts";
import { computeRouteTable } from "../../routes/route-table.ts";
import { putBack, takeOut } from "../leaving.ts";
import type { Step } from "../step.ts";

/** Takes the app out of the routes. Once that is done there is no way back. */
export const unroute: Step = {
  name: "unroute",
  async run(context) {
    const { store, operation } = context;
    if (operation.facts.leaving === undefined) {
      store.transaction(() => {
        store.operations.addFacts(operation.id, { leaving: takeOut(context, store.instances.alive(operation.app)) });
      });
    }
    await context.router.publish(computeRouteTable(store), context.signal);
    return { outcome: "done", detail: "" };
  },
  async undo(context) {
    putBack(context, context.store.operations.get(context.operation.id).facts.leaving ?? []);
    await context.router.publish(computeRouteTable(context.store), context.signal);
  },
};

/** Stops what ran, then removes everything the app had: config, releases, logs, artifacts nobody else uses. */
export const remove: Step = {
  name: "remove",
  async run(context) {
    const { store, operation, builder, logs } = context;
    const instances = store.instances.alive(operation.app);
    await Promise.all(instances.map((instance) => context.supervisor.stop(instance)));
    logs.removeApp(operation.app);
    builder.removeAppCache(operation.app);
    const needed = store.releases.artifactsOfOthers(operation.app);
    const bases = new Set([...needed].flatMap((digest) => builder.findArtifact(digest)?.derivedFrom ?? []));
    for (const { artifact } of store.releases.list(operation.app)) {
      // The one it was made from first: a repetition finds it by the other.
      for (const digest of [builder.findArtifact(artifact)?.derivedFrom, artifact])
        if (digest !== undefined && !needed.has(digest) && !bases.has(digest)) await builder.discardArtifact(digest);
    }
    // Last: until then a repetition after a crash can read what else is to go.
    store.apps.remove(operation.app);
    context.router.write(computeRouteTable(store));
    return { outcome: "done", detail: instances.map(instanceName).join("  ") };
  },
};
