import type { LaunchPlan, LaunchProcess } from "./launch-plan.ts";
import type { Digest } from "./source.ts";

/**
 * What a build leaves behind: a slug directory (later: or an OCI image), plus its process types.
 * Written by build. Read by control and engines. Stored in the artifact store under its digest; never changed.
 * The digest is of everything that determines the artifact (source, buildpacks, build environment), so it is known
 * before the build and the directory never moves: layers may hold absolute paths.
 */
export type Artifact = {
  readonly digest: Digest;
  /** The artifact whose layers it uses, when a predeploy hook changed files of that one's app. That one has to stay. */
  readonly derivedFrom?: Digest;
  readonly form: "slug";
  /** Holds `app/` and `layers/`. */
  readonly directory: string;
  /** Where the app lies in `app/`, plain and relative; absent: it is all of it. Processes start there. Contract §1. */
  readonly appPath?: string;
  /** In Procfile order where a Procfile names them, then the buildpacks'. Without `release`, which is here too if declared. */
  readonly processes: readonly LaunchProcess[];
  readonly launchPlan: LaunchPlan;
  readonly buildpacks: readonly { readonly id: string; readonly version: string }[];
  readonly builtAt: number;
  readonly sizeBytes: number;
};

/**
 * The same artifact as an OCI image, for engines whose `artifactForms` has `image`, and for people who take it elsewhere.
 * Written by build (`exportImage`). Read by engines and the API. An image layout of build's own; the newest of an app is kept.
 */
export type ArtifactImage = {
  readonly form: "image";
  readonly artifact: Digest;
  /** Of the manifest. */
  readonly digest: Digest;
  /** Of the config: what container engines call the image id. */
  readonly imageId: Digest;
  /** Directory of the OCI image layout it lies in, under `tag`. */
  readonly layout: string;
  readonly tag: string;
  readonly entrypoint: readonly string[];
  readonly appDir: string;
  readonly layersDir: string;
  /** How many of its layers are the run image's. */
  readonly baseLayerCount: number;
  /** What was added and what was taken from the image before, a line each. */
  readonly log: readonly string[];
  /** What the user should know. */
  readonly notes: readonly string[];
};

/** How the layers of an image are compressed. */
export type ImageCompression = "zstd" | "gzip" | "none";

/** The artifact's process of that type, if it has one. */
export function findProcess(artifact: Artifact, type: string): LaunchProcess | undefined {
  return artifact.processes.find((process) => process.type === type);
}

/** The type that gets the app's routes: `web`, else `cmd`, else none (§2, §5). */
export function routedType(types: readonly string[]): string | undefined {
  return ["web", "cmd"].find((type) => types.includes(type));
}
