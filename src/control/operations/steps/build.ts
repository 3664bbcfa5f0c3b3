import type { NamedBuildpacks } from "../../../build/buildpack-sources/requested-buildpacks.ts";
import type { Artifact } from "../../../model/artifact.ts";
import { nextFormation, type Formation } from "../../../model/formation.ts";
import { PortsideError } from "../../../model/error-registry.ts";
import type { Release } from "../../../model/release.ts";
import { buildRecorded } from "../../builds/recorded-build.ts";
import { planInstances } from "../../instances/plan-instances.ts";
import type { Digest } from "../../../model/source.ts";
import type { Step, StepContext } from "../step.ts";
import { appPathOf, readDeployedContract, sourceOf } from "./check.ts";
import { currentRelease } from "../subject.ts";

const SETTLE_MS = 10_000;
const SETTLE_POLL_MS = 50;

/**
 * Source and config to artifact, or the earlier one when nothing that goes in has changed. Decides the formation, since
 * only now the process types are known, and ends the operation when it would change nothing. Contract §10.
 */
export const build: Step = {
  name: "build",
  async run(context) {
    const { builder, store, operation, signal } = context;
    const source = sourceOf(context);
    const configVersion = operation.facts.configVersion ?? store.apps.get(operation.app).configVersion;
    const { value: contract } = await readDeployedContract(context);
    const envDigest = store.config.digest(operation.app, configVersion);
    const onOutput = (name: string, line: string): void => context.tell.output(name, line);
    const path = appPathOf(context);
    const place = { source, contract, ...(path === undefined ? {} : { appPath: path }) };
    const buildpacks = await builder.chooseBuildpacks({ ...place, named: namedBuildpacks(context), onOutput, signal });
    const digest = builder.artifactDigest({ ...place, envDigest, buildpacks });
    const reused = builder.findArtifact(digest);
    const artifact =
      reused ??
      (await buildRecorded(context, {
        ...place,
        buildpacks,
        env: store.config.read(operation.app, configVersion),
        envDigest,
        sourceVersion: source.digest,
      }));
    const formation = decideFormation(context, artifact);
    const facts = { artifact: artifact.digest, formation };
    if (isUnchanged(context, artifact, { configVersion, formation }) && (await isServing(context))) {
      return {
        outcome: "done",
        detail: "nothing has changed",
        facts: { ...facts, release: currentRelease(context)?.number ?? 0 },
        unchanged: true,
      };
    }
    const names = artifact.buildpacks.map((buildpack) => buildpack.id).join(", ");
    return { outcome: "done", detail: reused === undefined ? names : `${names} (reused)`, facts };
  },
};

/** What is named beside the app's files: for this deploy, and as the app's setting. Contract §3. */
function namedBuildpacks({ operation, store }: StepContext): NamedBuildpacks {
  const { request } = operation;
  const override = request.kind === "deploy" ? (request.buildpacks ?? []) : [];
  return { override, setting: store.apps.get(operation.app).buildpacks };
}

/** The artifact's process types in order, `release` last if it is there. */
export function typesOf(artifact: Artifact): readonly string[] {
  return artifact.processes.map((process) => process.type);
}

function decideFormation(context: StepContext, artifact: Artifact): Formation {
  const { store, operation } = context;
  const declared = operation.facts.declared?.formation ?? {};
  const types = typesOf(artifact);
  // Scaled before the first release, when nobody knew the types yet (§5).
  const kept = currentRelease(context) === undefined ? store.apps.get(operation.app).formation : {};
  for (const [type, quantity] of Object.entries({ ...kept, ...declared })) {
    if (quantity > 0 && !types.includes(type)) {
      throw new PortsideError("E_FORMATION_UNKNOWN_TYPE", {
        quantity,
        type,
        types: types.map((t) => `\`${t}\``).join(", "),
      });
    }
  }
  const declaredBefore = currentRelease(context)?.declaredFormation ?? {};
  return nextFormation({ types, declared, declaredBefore, current: store.apps.get(operation.app).formation });
}

/** Whether the current release is already exactly what was asked for. */
function isUnchanged(
  context: StepContext,
  artifact: Artifact,
  next: { configVersion: number; formation: Formation },
): boolean {
  const release = currentRelease(context);
  if (release === undefined) return false;
  const { declared } = context.operation.facts;
  const app = context.store.apps.get(release.app);
  return (
    builtArtifact(context, release) === artifact.digest &&
    (release.hooks.postdeploy === undefined || app.isPostdeployDone) &&
    release.configVersion === next.configVersion &&
    isEqual(app.formation, next.formation) &&
    isEqual(release.healthchecks, declared?.healthchecks ?? {}) &&
    isEqual(release.stopTimeouts, declared?.stopTimeouts ?? {}) &&
    isEqual(release.resources, declared?.resources ?? {}) &&
    isEqual(release.maxParallel, declared?.maxParallel ?? {}) &&
    isEqual(release.hooks, declared?.hooks ?? {}) &&
    isEqual(release.declaredFormation, declared?.formation ?? {})
  );
}

/**
 * Whether all of it serves. After a restart of the platform its instances are just coming up, so they get a while;
 * an app that does not get up deserves a fresh start, changed or not.
 */
async function isServing(context: StepContext): Promise<boolean> {
  const { store, operation, clock, signal } = context;
  const deadline = clock.now() + SETTLE_MS;
  const release = currentRelease(context);
  for (;;) {
    const existing = store.instances.alive(operation.app);
    const { formation } = store.apps.get(operation.app);
    const gap = planInstances({
      types: release?.types ?? [],
      formation,
      existing,
      replacement: { mode: "difference" },
    });
    if (gap.start.length === 0 && existing.every((instance) => instance.phase === "serving")) return true;
    if (clock.now() >= deadline) return false;
    await clock.sleep(SETTLE_POLL_MS, signal);
  }
}

/** What was built for a release, before its predeploy hook changed files. */
function builtArtifact({ builder }: StepContext, release: Release): Digest {
  return builder.findArtifact(release.artifact)?.derivedFrom ?? release.artifact;
}

function isEqual(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
