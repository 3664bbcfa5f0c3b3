import type { HealthCheck } from "../../model/app-contract.ts";
import type { SettingsChange } from "../../model/app-settings.ts";
import type { Formation } from "../../model/formation.ts";
import type { Hooks } from "../../model/hooks.ts";
import type { ExitRecord, Instance, InstanceId, InstancePhase } from "../../model/instance.ts";
import type { Resources } from "../../model/resources.ts";
import type { Digest } from "../../model/source.ts";

/**
 * What somebody asked for. Written by the control plane's facade. Read by the steps. Stored in `operations.request`,
 * config values sealed.
 */
export type OperationRequest =
  | {
      readonly kind: "deploy";
      readonly source: Digest;
      readonly origin: string;
      /** The app's directory in the source; absent: its root. */
      readonly path?: string;
      /** Buildpacks for this deploy alone. */
      readonly buildpacks?: readonly string[];
    }
  | { readonly kind: "config"; readonly sealedValues: Readonly<Record<string, string | null>> }
  | { readonly kind: "scale"; readonly formation: Formation }
  | { readonly kind: "restart"; readonly type?: string; readonly number?: number }
  | { readonly kind: "start"; readonly type?: string; readonly number?: number }
  | { readonly kind: "stop"; readonly type: string; readonly number?: number }
  | { readonly kind: "rollback"; readonly release: number }
  | { readonly kind: "settings"; readonly change: SettingsChange }
  | { readonly kind: "destroy" };

/** How a one-off of an operation ended. */
export type OneOffEnd = { readonly exit: ExitRecord } | { readonly timedOut: true } | { readonly cancelled: true };

/** Instances that were taken out of service, with the phase each had. */
export type Leaving = readonly { readonly id: InstanceId; readonly phase: InstancePhase }[];

/** New instances that take over from old ones together, before the rest does. */
export type Batch = {
  readonly start: readonly { readonly type: string; readonly number: number }[];
  /** As they were when the operation began. */
  readonly retire: readonly Instance[];
};

/**
 * What an operation's steps found out so far, for the steps that follow, also after a restart of the control plane.
 * Written and read by the steps. Stored in `operations.facts`. Never holds a config value.
 */
export type Facts = {
  /** The config version the new release runs with. */
  readonly configVersion?: number;
  /** `apps.handled_env` once the operation has succeeded. */
  readonly handledEnv?: readonly string[];
  /** What the app's files say about running it. */
  readonly declared?: {
    readonly description?: string;
    readonly formation: Formation;
    readonly healthchecks: Readonly<Record<string, readonly HealthCheck[]>>;
    readonly stopTimeouts: Readonly<Record<string, number>>;
    readonly resources: Readonly<Record<string, Resources>>;
    readonly maxParallel: Readonly<Record<string, number>>;
    readonly hooks: Hooks;
  };
  /** One-offs that have ended, by instance. */
  readonly oneOffs?: Readonly<Record<InstanceId, OneOffEnd>>;
  /** By one-off: the artifact with the files that it has changed. */
  readonly kept?: Readonly<Record<InstanceId, Digest>>;
  /** What is replaced before the last batch; absent when all is replaced at once. */
  readonly batches?: readonly Batch[];
  /** How many of them have taken over. */
  readonly batchesDone?: number;
  readonly source?: Digest;
  readonly artifact?: Digest;
  /** The formation in force once the operation has succeeded. */
  readonly formation?: Formation;
  /** Number of the release to run: the new one, or the current one for scale and restart. */
  readonly release?: number;
  /** There once the instances that go have been taken out of service, for putting them back. */
  readonly leaving?: Leaving;
  /** What was in force before the routes were switched, for switching back. */
  readonly before?: {
    readonly currentRelease: number | null;
    readonly configVersion: number;
    readonly handledEnv: readonly string[];
    readonly formation: Formation;
  };
};
