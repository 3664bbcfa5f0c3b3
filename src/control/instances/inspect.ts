import { findProcess } from "../../model/artifact.ts";
import type { AppName } from "../../model/app.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { quantityOf } from "../../model/formation.ts";
import { instanceName, type Instance } from "../../model/instance.ts";
import type { InstanceInspection, InstanceStatus } from "../../model/instance-status.ts";
import { listChecks } from "../health/check-reports.ts";
import { formatListener } from "../diagnoses/format-listener.ts";
import type { World } from "../world.ts";
import { artifactOf, stopTimeoutS } from "./launch-spec.ts";
import type { UsageSampler } from "./usage-sampler.ts";

/** An instance with what is seen of it now. */
export function instanceStatus(world: World, sampler: UsageSampler, instance: Instance): InstanceStatus {
  const ready = !world.store.checks.notReady(instance.app).has(instance.id);
  const usage = sampler.now(instance.id);
  if (usage === undefined || instance.phase === "stopped" || instance.phase === "crashed")
    return { ...instance, ready };
  const { cpuPercent, memoryBytes, processCount } = usage;
  return {
    ...instance,
    ready,
    usage: { memoryBytes, processCount, ...(cpuPercent === undefined ? {} : { cpuPercent }) },
  };
}

/** The last instance of every place that is wanted and has none: it was stopped on purpose. */
export function stoppedPlaces({ store }: World, app: AppName, types: readonly string[]): readonly Instance[] {
  const { formation } = store.apps.get(app);
  const alive = new Set(store.instances.alive(app).map(instanceName));
  return types.flatMap((type) =>
    Array.from({ length: quantityOf(formation, type) ?? 0 }, (_, index) => ({ type, number: index + 1 }))
      .filter((slot) => !alive.has(instanceName(slot)))
      .flatMap(({ number }) => store.instances.lastOf(app, type, number) ?? []),
  );
}

/** Everything about the instance of that name; of several the newest. E_INSTANCE_UNKNOWN. */
export async function inspectInstance(
  world: World,
  sampler: UsageSampler,
  place: { readonly app: AppName; readonly type: string; readonly number: number },
): Promise<InstanceInspection> {
  const { app, type, number } = place;
  world.store.apps.get(app);
  const instance = world.store.instances.lastOf(app, type, number);
  if (instance === undefined) throw new PortsideError("E_INSTANCE_UNKNOWN", { app, instance: `${type}.${number}` });
  const release = world.store.releases.get(app, instance.release);
  const process = findProcess(artifactOf(world, release), type);
  const never = new AbortController().signal;
  const [listeners, processes] = await Promise.all([
    world.engine.listeners(instance.id, never),
    world.engine.processes(instance.id, never),
  ]);
  const name = instanceName(instance);
  const checks = listChecks(world, app).find((one) => one.type === type)?.checks ?? [];
  return {
    ...instanceStatus(world, sampler, instance),
    command: [...(process?.command ?? []), ...(process?.args ?? [])].join(" "),
    stopTimeoutS: stopTimeoutS(release, type),
    configNames: Object.keys(world.store.config.read(app, release.configVersion)).toSorted(),
    checks: checks.map(({ results, ...check }) => ({
      ...check,
      results: results.filter((one) => one.instance === name),
    })),
    listeners: listeners.map(formatListener),
    processes: processes.map(({ argv, ...one }) => ({ ...one, command: argv.join(" ") })),
    history: sampler.history(instance.id).map(({ at, memoryBytes, cpuMs }) => ({ at, memoryBytes, cpuMs })),
  };
}
