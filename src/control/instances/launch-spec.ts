import { secret, type Secret } from "../../lib/secret.ts";
import type { InstanceSpec } from "../../engines/engine.ts";
import type { Artifact } from "../../model/artifact.ts";
import { findProcess, routedType } from "../../model/artifact.ts";
import { quantityOf } from "../../model/formation.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { InstanceId } from "../../model/instance.ts";
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

/** The artifact of a release. Throws E_RELEASE_ARTIFACT_GONE. */
export function artifactOf(world: Pick<World, "builder">, release: Release): Artifact {
  const artifact = world.builder.findArtifact(release.artifact);
  if (artifact === undefined) throw new PortsideError("E_RELEASE_ARTIFACT_GONE", { number: release.number });
  return artifact;
}

/** What the engine needs to start one instance of a release, service or one-off. Contract §4 "Given to every process". */
export function instanceSpec(
  world: Pick<World, "builder" | "store">,
  release: Release,
  what: {
    readonly id: InstanceId;
    readonly type: string;
    readonly number: number;
    readonly kind: "service" | "oneOff";
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
    kind: what.kind,
    name,
    artifact,
    process,
    env: { ...world.store.config.read(release.app, release.configVersion), ...platformEnv(release, what.type, name) },
    port: what.kind === "service" && isRouted(release, what.type),
    stopTimeoutS: stopTimeoutS(release, what.type),
  };
}

/** Set by the platform; config variables cannot override it. */
function platformEnv(release: Release, type: string, name: string): Record<string, Secret> {
  return {
    DYNO: secret(name),
    PORTSIDE_APP: secret(release.app),
    PORTSIDE_PROCESS_TYPE: secret(type),
    PORTSIDE_RELEASE: secret(`v${release.number}`),
    SOURCE_VERSION: secret(release.source),
  };
}
