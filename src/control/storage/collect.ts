import type { Release } from "../../model/release.ts";
import type { Digest } from "../../model/source.ts";
import type { World } from "../world.ts";
import { planCollection, type Collection } from "./plan-collection.ts";

/** An upload of a source, or an answer that it is there already, is followed by its deploy within this time. */
const SOURCE_GRACE_MS = 3_600_000;

/**
 * Removes artifacts and sources that no release within the limits, no instance and no open operation needs. Releases stay in the list;
 * going back to one whose artifact is gone says so. Contract §10, see the command `gc`.
 */
export async function collectGarbage(world: World, { dryRun }: { readonly dryRun: boolean }): Promise<Collection> {
  const plan = planAll(world);
  if (dryRun) return plan;
  for (const { digest } of plan.artifacts) await world.builder.discardArtifact(digest);
  for (const { digest } of plan.sources) await world.builder.discardSource(digest);
  return plan;
}

function planAll(world: World): Collection {
  const { builder, clock, limits, store } = world;
  const { keepReleases, keepBytes } = limits;
  const open = store.operations.open();
  // Between its start and the row that names its artifact, a build may use any of them.
  const isHeldBack = open.some(
    ({ kind, status, facts }) => kind === "deploy" && status !== "waiting" && facts.artifact === undefined,
  );
  const kept = store.apps.list().map((app) => store.releases.list(app.name).filter(isServed).slice(0, keepReleases));
  const used = usedReleases(world);
  const wanted = kept.flat().toSorted((a, b) => b.createdAt - a.createdAt);
  const sources = planCollection({
    stored: builder.storedSources(),
    inUse: new Set([...used.map(({ source }) => source), ...open.flatMap(sourcesOf)]),
    wanted: wanted.map(({ source }) => source),
    keepFrom: clock.now() - SOURCE_GRACE_MS,
    bytesMax: keepBytes,
  });
  if (isHeldBack) return { artifacts: [], sources, isHeldBack };
  const artifacts = planCollection({
    stored: builder.storedArtifacts(),
    inUse: new Set([...used.map(({ artifact }) => artifact), ...open.flatMap(artifactsOf)]),
    wanted: wanted.map(({ artifact }) => artifact),
    keepFrom: Number.POSITIVE_INFINITY,
    bytesMax: keepBytes,
  });
  return { artifacts, sources, isHeldBack };
}

/** Releases that run, are about to, or are to be gone back to right now. */
function usedReleases({ store }: World): readonly Release[] {
  const open = store.operations.open();
  return store.apps.list().flatMap((app) => {
    const running = new Set(store.instances.alive(app.name).map(({ release }) => release));
    for (const { app: name, request, facts } of open) {
      if (name !== app.name) continue;
      if (request.kind === "rollback") running.add(request.release);
      if (facts.release !== undefined) running.add(facts.release);
    }
    if (app.currentRelease !== undefined) running.add(app.currentRelease);
    return store.releases.list(app.name).filter(({ number, status }) => running.has(number) || status === "pending");
  });
}

function isServed({ status }: Release): boolean {
  return status === "current" || status === "superseded";
}

type Open = ReturnType<World["store"]["operations"]["open"]>[number];

function sourcesOf({ request, facts }: Open): readonly Digest[] {
  return [
    ...(request.kind === "deploy" ? [request.source] : []),
    ...(facts.source === undefined ? [] : [facts.source]),
  ];
}

function artifactsOf({ facts }: Open): readonly Digest[] {
  return [...(facts.artifact === undefined ? [] : [facts.artifact]), ...Object.values(facts.kept ?? {})];
}
