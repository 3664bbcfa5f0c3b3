import type { AppName } from "../../model/app.ts";
import { routedType } from "../../model/artifact.ts";
import { instanceName, type Instance, type InstanceId } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import { ROUTE_TABLE_SCHEMA, type Route, type RouteTable } from "../../model/route-table.ts";
import { quantityOf, type Formation } from "../../model/formation.ts";
import type { Store } from "../store/store.ts";

/** The host name every app has, on this machine. Browsers and most resolvers map `*.localhost` to loopback. */
export function defaultHost(app: AppName): string {
  return `${app}.localhost`;
}

/** The whole table as the store says it should be now, with a new version. */
export function computeRouteTable(store: Store): RouteTable {
  const routes = store.apps.list().map((app) => {
    const release = app.currentRelease === undefined ? undefined : store.releases.find(app.name, app.currentRelease);
    return planRoute({
      app: app.name,
      formation: app.formation,
      instances: store.instances.alive(app.name),
      notReady: store.checks.notReady(app.name),
      ...(release === undefined ? {} : { release }),
    });
  });
  return { schema: ROUTE_TABLE_SCHEMA, version: store.nextNumber("route-table"), routes };
}

/** Whether it goes and nobody comes in its place. */
function isLeaving({ phase }: Instance): boolean {
  return phase === "draining" || phase === "stopping" || phase === "stopped";
}

/** One app's route: to the instances of its routed type that serve. Pure. Contract §11. */
export function planRoute(input: {
  readonly app: AppName;
  readonly formation: Formation;
  readonly instances: readonly Instance[];
  /** Those that a readiness check keeps out of the routes (contract §8). */
  readonly notReady?: ReadonlySet<InstanceId>;
  readonly release?: Release;
}): Route {
  const { app, release } = input;
  const hosts = [defaultHost(app)];
  if (release === undefined) return { app, hosts, state: "blank", targets: [] };
  const type = routedType(release.types);
  const candidates = input.instances.filter((instance) => instance.type === type);
  const targets = candidates.flatMap((instance) =>
    instance.phase === "serving" && instance.address !== undefined && input.notReady?.has(instance.id) !== true
      ? [{ instance: instance.id, name: instanceName(instance), ...instance.address }]
      : [],
  );
  // None is wanted, or all were stopped on purpose.
  if (type === undefined || (quantityOf(input.formation, type) ?? 0) === 0 || candidates.every(isLeaving))
    return { app, hosts, state: "stopped", targets };
  const allCrashed =
    targets.length === 0 && candidates.length > 0 && candidates.every((instance) => instance.phase === "crashed");
  return { app, hosts, state: allCrashed ? "crashed" : "serving", targets };
}
