import { instanceName } from "../../../model/instance.ts";
import { computeRouteTable } from "../../routes/route-table.ts";
import type { Step } from "../step.ts";

/** Takes the app out of the routes. From here on there is no way back. */
export const unroute: Step = {
  name: "unroute",
  async run(context) {
    const { store, operation, supervisor } = context;
    store.transaction(() => {
      for (const instance of store.instances.alive(operation.app)) {
        supervisor.release(instance.id);
        store.instances.setPhase(instance.id, instance.phase === "serving" ? "draining" : "stopping");
      }
    });
    await context.router.publish(computeRouteTable(store), context.signal);
    return { outcome: "done", detail: "" };
  },
};

/** Stops what ran, then removes everything the app had: config, releases, logs, artifacts nobody else uses. */
export const remove: Step = {
  name: "remove",
  async run(context) {
    const { store, operation, builder, logs } = context;
    const instances = store.instances.alive(operation.app);
    await Promise.all(instances.map((instance) => context.supervisor.stop(instance)));
    const releases = store.releases.list(operation.app);
    store.apps.remove(operation.app);
    logs.removeApp(operation.app);
    builder.removeAppCache(operation.app);
    const needed = store.releases.referencedArtifacts();
    for (const { artifact } of releases) if (!needed.has(artifact)) builder.removeArtifact(artifact);
    context.router.write(computeRouteTable(store));
    return { outcome: "done", detail: instances.map(instanceName).join("  ") };
  },
};
