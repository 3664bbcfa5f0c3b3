import type { InstalledBuildpack, KnownBuildpack } from "../model/buildpack.ts";
import type { Secret } from "../lib/secret.ts";
import type { App, AppName } from "../model/app.ts";
import type { AppSettings } from "../model/app-settings.ts";
import type { Intent } from "../model/intent.ts";
import type { StepStory } from "./operations/story.ts";
import type { Collection } from "./storage/plan-collection.ts";
import type { ReleaseDiff } from "./storage/name-diff.ts";
import type { ArtifactImage, ImageCompression } from "../model/artifact.ts";
import type { Build } from "../model/build.ts";
import type { Formation } from "../model/formation.ts";
import type { InstanceInspection, InstanceStatus } from "../model/instance-status.ts";
import type { LogLine } from "../model/log-line.ts";
import type { Operation, OperationEvent } from "../model/operation.ts";
import type { Release } from "../model/release.ts";
import type { Digest } from "../model/source.ts";
import type { CheckRun, InstanceChoice, TypeChecks } from "../model/check-result.ts";

/** An app as lists show it. */
export type AppSummary = {
  readonly app: App;
  /** Absent when no process type gets routes or the router has no port yet. */
  readonly url?: string;
  /** Empty before the first release. */
  readonly formation: Formation;
  /** Instances in phase `serving`, by type. */
  readonly serving: Formation;
  /** The running, else the oldest waiting operation. */
  readonly operation?: number;
};

/** An app as its own page shows it. */
export type AppDetails = AppSummary & {
  readonly description?: string;
  readonly buildpacks: readonly { readonly id: string; readonly version: string }[];
  readonly processes: readonly { readonly type: string; readonly command: string }[];
  /** Of the stopped ones only the last of each place that is wanted and has no other; by type in Procfile order, then number, then start. */
  readonly instances: readonly InstanceStatus[];
};

/** What is known of the installation itself. */
export type PlatformState = {
  readonly version: string;
  readonly pid: number;
  readonly home: string;
  readonly startedAt: number;
  readonly engine: string;
  readonly apiUrl: string;
  readonly state: "running" | "stopping";
  readonly edge: {
    readonly state: "serving" | "starting" | "down";
    readonly port?: number;
    readonly wantedPort: number;
    readonly pid?: number;
    readonly tableVersion: number;
  };
  readonly appCount: number;
};

/** A deploy as asked for; `takeOver` also replaces an app that came from another folder. */
export type DeployOrder = {
  readonly app: AppName;
  readonly source: Digest;
  readonly origin: string;
  readonly takeOver: boolean;
  /** From now on the app's directory in its source, as `parseAppPath` gives it; absent: as before. */
  readonly path?: string;
  /** For this deploy alone; absent or empty: the app's setting, its files or detection decide. */
  readonly buildpacks?: readonly string[];
};

/** How an app is built, as its owner set it. `path`: empty is the whole source. */
export type BuildSettings = { readonly buildpacks: readonly string[]; readonly path: string };
/** An image as asked for. */
export type ExportOrder = {
  readonly release?: number;
  readonly compression: ImageCompression;
  /** Digest of an uploaded run image; absent: the image holds nothing but the app. */
  readonly runImage?: Digest;
  readonly processType?: string;
  /** Seconds; SOURCE_DATE_EPOCH. */
  readonly createdS?: number;
};

/** How an image leaves. `thinArchive` lacks the run image's layers, for an engine that has them. */
export type ImageForm = "layout" | "archive" | "thinArchive";

/** Which image, and how it leaves. */
export type ImageChoice = { readonly digest: Digest; readonly form: ImageForm };

/** A release as its own page shows it. */
export type ReleaseDetails = {
  readonly release: Release;
  readonly configNames: readonly string[];
  /** Its artifact is stored, so that it can be gone back to. */
  readonly isStored: boolean;
};

/** What is asked for of an app's settings; `freeze: null` lifts it. `until`: milliseconds since the epoch. */
export type SettingsOrder = {
  readonly tests?: boolean;
  readonly freeze?: { readonly reason: string; readonly until?: number } | null;
};

/** Operations to list: of one app, before an id, at most `limit`. */
export type OperationSelection = { readonly app?: AppName; readonly before?: number; readonly limit: number };

/** `ps` is `web`, `web.1` or `router`; absent: everything. `num`: how many of the last lines. */
export type LogSelection = { readonly app: AppName; readonly ps?: string; readonly num: number };

/**
 * What the outside can ask of control. Implemented in control, called by api (and git later).
 * Every method throws `PortsideError` with a registry code when it refuses; the methods that change something return
 * the operation that does it, at once, while it waits or runs.
 */
export interface ControlPlane {
  platform(): PlatformState;
  /** By name. */
  apps(): readonly AppSummary[];
  app(name: AppName): AppDetails;
  /** Newest first. */
  releases(name: AppName): readonly Release[];
  /** E_RELEASE_UNKNOWN. */
  release(name: AppName, number: number): ReleaseDetails;
  /** E_RELEASE_UNKNOWN. */
  releaseDiff(name: AppName, from: number, to: number): ReleaseDiff;
  /** Newest first, the last 100. */
  builds(name: AppName): readonly Build[];
  /** Without a number: the newest. E_BUILD_UNKNOWN. */
  build(name: AppName, number?: number): Build;
  /** Its recorded events of type `output` and `section`, in order. */
  buildOutput(name: AppName, number: number): readonly OperationEvent[];
  config(name: AppName): Readonly<Record<string, Secret>>;

  /** Makes an OCI image of a release's artifact, without `release` of the current one's. E_IMAGE_EXPORT, E_RUN_IMAGE_UNKNOWN. */
  exportImage(name: AppName, order: ExportOrder, signal: AbortSignal): Promise<ArtifactImage>;
  /** A tar of the app's newest image: an OCI image layout, or what `docker load` reads. E_IMAGE_UNKNOWN. */
  readImage(name: AppName, image: ImageChoice, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** `tar` holds an OCI image layout or a docker-archive. E_RUN_IMAGE_INVALID. */
  storeRunImage(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Digest>;
  /** E_INSTANCE_UNKNOWN. */
  inspect(name: AppName, place: { readonly type: string; readonly number: number }): Promise<InstanceInspection>;
  /** The health checks of each type and what its instances show. */
  checks(name: AppName): readonly TypeChecks[];
  /**
   * Carries the checks out now, giving each as it ends. E_APP_NO_RELEASE, E_INSTANCE_UNKNOWN, E_INSTANCE_DOWN at once.
   */
  runChecks(name: AppName, choice: InstanceChoice, signal: AbortSignal): AsyncIterable<CheckRun>;

  hasSource(digest: Digest): boolean;
  /** `tar` is an uncompressed or gzipped tar of the source's files. E_SOURCE_INVALID when its content has another digest. */
  storeSource(digest: Digest, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;

  deploy(order: DeployOrder, intent: Intent): Operation;
  /** Before the first release the numbers are kept for it. */
  scale(name: AppName, formation: Formation, intent: Intent): Operation;
  restart(name: AppName, which: { readonly type?: string; readonly number?: number }, intent: Intent): Operation;
  /** Starts what was stopped and is still wanted. */
  start(name: AppName, which: InstanceChoice, intent: Intent): Operation;
  /** Stops instances, which then stay stopped until `start`, `restart` or a new release. */
  stop(name: AppName, which: { readonly type: string; readonly number?: number }, intent: Intent): Operation;
  /** Without `release`: to the newest one that served before the current one. */
  rollback(name: AppName, release: number | undefined, intent: Intent): Operation;
  /** null unsets. */
  setConfig(name: AppName, values: Readonly<Record<string, Secret | null>>, intent: Intent): Operation;
  destroy(name: AppName, intent: Intent): Operation;

  /** The freeze in force, and whether deploys run the app's tests. */
  settings(name: AppName): AppSettings;
  /** Holds at once; the operation it gives has ended. */
  changeSettings(name: AppName, change: SettingsOrder, intent: Intent): Operation;

  buildSettings(name: AppName): BuildSettings;
  /** Counts from the next deploy on; an empty list leaves it to the app's files. E_BUILDPACK_INVALID. */
  setBuildpacks(name: AppName, references: readonly string[]): BuildSettings;
  /** Portside's own, then the installed ones. */
  knownBuildpacks(): readonly KnownBuildpack[];
  /** Takes a buildpack (and what comes with it) for use by id. E_BUILDPACK_INVALID, E_BUILDPACK_FETCH. */
  installBuildpack(reference: string, signal: AbortSignal): Promise<readonly InstalledBuildpack[]>;
  /** All versions without one. E_BUILDPACK_UNKNOWN. */
  uninstallBuildpack(id: string, version: string | undefined): readonly InstalledBuildpack[];

  operation(id: number): Operation;
  /** Newest first. */
  listOperations(selection: OperationSelection): readonly Operation[];
  /** Its steps so far, in the order they began. */
  operationSteps(id: number): readonly StepStory[];
  /** Asks it to stop and bring the previous state back; the operation ends as `cancelled`. E_OPERATION_ENDED. */
  cancel(id: number): Operation;
  /** Recorded events behind `afterSeq` (0: all), then new ones; ends after `ended` or when the signal aborts. */
  operationEvents(id: number, afterSeq: number, signal: AbortSignal): AsyncIterable<OperationEvent>;

  /** Oldest first. */
  logs(selection: LogSelection): readonly LogLine[];
  /** Lines behind `afterId`, then new ones until the signal aborts. */
  followLogs(selection: LogSelection, afterId: number, signal: AbortSignal): AsyncIterable<LogLine>;

  /** Removes stored artifacts and sources that nothing needs; with `dryRun` only finds them. */
  collectGarbage(options: { readonly dryRun: boolean }): Promise<Collection>;

  /** Resolves at once; the process ends when everything is stopped. */
  shutdown(options: { readonly keepInstances: boolean }): void;
}
