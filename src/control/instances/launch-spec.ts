import { secret, type Secret } from "../../lib/secret.ts";
import type { InstanceSpec } from "../../engines/engine.ts";
import type { Artifact } from "../../model/artifact.ts";
import { findProcess, routedType } from "../../model/artifact.ts";
import { quantityOf } from "../../model/formation.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { InstanceId } from "../../model/instance.ts";
import type { LaunchProcess } from "../../model/launch-plan.ts";
import type { Resources } from "../../model/resources.ts";
import type { Release } from "../../model/release.ts";
import type { World } from "../world.ts";

export const STOP_TIMEOUT_S = 30;

/** Whether instances of this type get `PORT` and the app's routes. Contract §2, §5. */
export function isRouted(release: Release, type: string): boolean {
  return routedType(release.types) === type;
}

/** Seconds from SIGTERM to SIGKILL. */
export function stopTimeoutS(release: Release | undefined, type: string): number {
  return quantityOf(release?.stopTimeouts ?? {}, type) ?? STOP_TIMEOUT_S;
}

/** What an instance of that type may use at most. */
export function resourcesOf(release: Release, type: string): Resources {
  return Object.hasOwn(release.resources, type) ? (release.resources[type] ?? {}) : {};
}

/** The artifact of a release. Throws E_RELEASE_ARTIFACT_GONE. */
export function artifactOf(
  world: Pick<World, "builder">,
  release: Pick<Release, "artifact"> & { readonly number?: number },
): Artifact {
  const artifact = world.builder.findArtifact(release.artifact);
  if (artifact === undefined) throw new PortsideError("E_RELEASE_ARTIFACT_GONE", { number: release.number ?? "?" });
  return artifact;
}

/** What the engine needs to start one instance of a release. Contract §4 "Given to every process". */
export function instanceSpec(
  world: Pick<World, "builder" | "store">,
  release: Release,
  what: {
    readonly id: InstanceId;
    readonly type: string;
    readonly number: number;
  },
): InstanceSpec {
  const artifact = artifactOf(world, release);
  const process = findProcess(artifact, what.type);
  if (process === undefined) {
    throw new PortsideError("E_FORMATION_UNKNOWN_TYPE", {
      quantity: 1,
      type: what.type,
      types: release.types.join(", "),
    });
  }
  const name = `${what.type}.${what.number}`;
  return {
    id: what.id,
    app: release.app,
    kind: "service",
    name,
    artifact,
    process,
    env: { ...world.store.config.read(release.app, release.configVersion), ...platformEnv(release, what.type, name) },
    port: isRouted(release, what.type),
    stopTimeoutS: stopTimeoutS(release, what.type),
    resources: resourcesOf(release, what.type),
  };
}

/** Code and config to run: a release, or what is to become one and has no number yet. */
export type RunSubject = Pick<Release, "app" | "artifact" | "source" | "configVersion"> & { readonly number?: number };

/** What the engine needs to run something once that is no process type of the artifact: a hook. Contract §6. */
export function oneOffSpec(
  world: Pick<World, "builder" | "store">,
  subject: RunSubject,
  what: {
    readonly id: InstanceId;
    readonly name: string;
    readonly number: number;
    readonly process: LaunchProcess;
    readonly resources: Resources;
    /** Instead of the app's config. */
    readonly env?: Readonly<Record<string, Secret>>;
  },
): InstanceSpec {
  const { id, process, resources } = what;
  const name = `${what.name}.${what.number}`;
  const config = what.env ?? world.store.config.read(subject.app, subject.configVersion);
  return {
    id,
    app: subject.app,
    kind: "oneOff",
    name,
    artifact: artifactOf(world, subject),
    process,
    env: { ...config, ...platformEnv(subject, what.name, name) },
    port: false,
    stopTimeoutS: STOP_TIMEOUT_S,
    resources,
  };
}

/** Set by the platform; config variables cannot override it. */
function platformEnv(subject: RunSubject, type: string, name: string): Record<string, Secret> {
  return {
    DYNO: secret(name),
    PORTSIDE_APP: secret(subject.app),
    PORTSIDE_PROCESS_TYPE: secret(type),
    ...(subject.number === undefined ? {} : { PORTSIDE_RELEASE: secret(`v${subject.number}`) }),
    SOURCE_VERSION: secret(subject.source),
  };
}
