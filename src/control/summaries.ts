import { findProcess, routedType } from "../model/artifact.ts";
import type { Formation } from "../model/formation.ts";
import type { Instance } from "../model/instance.ts";
import type { Release } from "../model/release.ts";
import type { AppDetails, AppSummary } from "./control-plane.ts";
import { instanceStatus, stoppedPlaces } from "./instances/inspect.ts";
import type { UsageSampler } from "./instances/usage-sampler.ts";
import type { AppRecord } from "./store/app-rows.ts";
import type { World } from "./world.ts";

/** An app as lists show it. */
export function appSummary(world: World, record: AppRecord): AppSummary {
  const { name, origin, createdAt, currentRelease: number, formation } = record;
  const app = { name, origin, createdAt, ...(number === undefined ? {} : { currentRelease: number }) };
  const release = currentRelease(world, record);
  const url =
    release === undefined || routedType(release.types) === undefined ? undefined : world.router.urlOf(app.name);
  const [operation] = world.store.operations.open(app.name);
  return {
    app,
    formation,
    serving: countServing(world.store.instances.alive(app.name)),
    ...(url === undefined ? {} : { url }),
    ...(operation === undefined ? {} : { operation: operation.id }),
  };
}

/** An app as its own page shows it. */
export function appDetails(world: World, sampler: UsageSampler, record: AppRecord): AppDetails {
  const release = currentRelease(world, record);
  const artifact = release === undefined ? undefined : world.builder.findArtifact(release.artifact);
  const types = artifact?.processes.map((process) => process.type) ?? [];
  const position = (instance: Instance): number => types.indexOf(instance.type);
  const shown = [...world.store.instances.alive(record.name), ...stoppedPlaces(world, record.name, types)];
  const instances = shown.sort((a, b) => position(a) - position(b) || a.number - b.number || a.startedAt - b.startedAt);
  const processes = types.map((type) => {
    const process = artifact === undefined ? undefined : findProcess(artifact, type);
    return { type, command: [...(process?.command ?? []), ...(process?.args ?? [])].join(" ") };
  });
  const description = release?.appDescription;
  return {
    ...appSummary(world, record),
    ...(description === undefined ? {} : { description }),
    buildpacks: artifact?.buildpacks ?? [],
    processes,
    instances: instances.map((instance) => instanceStatus(world, sampler, instance)),
  };
}

function currentRelease(world: World, record: AppRecord): Release | undefined {
  return record.currentRelease === undefined
    ? undefined
    : world.store.releases.find(record.name, record.currentRelease);
}

function countServing(instances: readonly Instance[]): Formation {
  const counts: Record<string, number> = {};
  for (const instance of instances)
    if (instance.phase === "serving") counts[instance.type] = (counts[instance.type] ?? 0) + 1;
  return counts;
}
