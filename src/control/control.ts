import type { InstalledBuildpack, KnownBuildpack } from "../model/buildpack.ts";
import type { Secret } from "../lib/secret.ts";
import { reveal } from "../lib/secret.ts";
import type { AppName } from "../model/app.ts";
import { freezeAt, type AppSettings } from "../model/app-settings.ts";
import { describeAsker, type Intent } from "../model/intent.ts";
import { tellSteps, type StepStory } from "./operations/story.ts";
import { collectGarbage } from "./storage/collect.ts";
import type { ReleaseDiff } from "./storage/name-diff.ts";
import type { Collection } from "./storage/plan-collection.ts";
import { diffReleases } from "./storage/release-diff.ts";
import type { ArtifactImage } from "../model/artifact.ts";
import type { Build } from "../model/build.ts";
import { PortsideError } from "../model/error-registry.ts";
import { quantityOf, type Formation } from "../model/formation.ts";
import type { InstanceInspection } from "../model/instance-status.ts";
import type { LogLine } from "../model/log-line.ts";
import type { Operation, OperationEvent } from "../model/operation.ts";
import type { Release } from "../model/release.ts";
import type { Digest } from "../model/source.ts";
import { checkReferences } from "./build-settings.ts";
import { checkConfigVar } from "./config/config-vars.ts";
import type {
  AppDetails,
  AppSummary,
  BuildSettings,
  ControlPlane,
  DeployOrder,
  ExportOrder,
  ImageChoice,
  LogSelection,
  OperationSelection,
  SettingsOrder,
  PlatformState,
  ReleaseDetails,
} from "./control-plane.ts";
import type { CheckRun, InstanceChoice, TypeChecks } from "../model/check-result.ts";
import { listChecks, runChecks } from "./health/check-reports.ts";
import { inspectInstance } from "./instances/inspect.ts";
import { reconcile } from "./instances/reconcile.ts";
import { Supervisor } from "./instances/supervisor.ts";
import { UsageSampler } from "./instances/usage-sampler.ts";
import { Journal } from "./orchestrator/journal.ts";
import { OperationQueue } from "./orchestrator/queue.ts";
import { appDetails, appSummary } from "./summaries.ts";
import type { World } from "./world.ts";

const QUANTITY_MAX = 100;
const BUILDS_SHOWN_MAX = 100;

/** What only the composition root knows about the platform. */
export type Platform = {
  readonly state: () => Omit<PlatformState, "appCount">;
  readonly shutdown: (options: { readonly keepInstances: boolean }) => void;
};

/** The control plane of one installation: checks what is asked, queues it, and answers what is known. */
export class Control implements ControlPlane {
  readonly #world: World;
  readonly #platform: Platform;
  readonly #supervisor: Supervisor;
  readonly #sampler: UsageSampler;
  readonly #journal: Journal;
  readonly #queue: OperationQueue;

  constructor(world: World, platform: Platform) {
    this.#world = world;
    this.#platform = platform;
    this.#supervisor = new Supervisor(world);
    this.#sampler = new UsageSampler(world);
    this.#journal = new Journal(world.store, world.clock);
    this.#queue = new OperationQueue(world, this.#supervisor, this.#journal);
  }

  /** Takes over what runs, then goes on with what was left open. */
  async open(signal: AbortSignal): Promise<void> {
    await reconcile(this.#world, this.#supervisor, signal);
    this.#queue.open();
    this.#sampler.open();
  }

  /** Stops acting; instances go on unless `stopInstances`. */
  async close(options: { readonly stopInstances: boolean }): Promise<void> {
    await this.#queue.close();
    this.#supervisor.close();
    this.#sampler.close();
    if (options.stopInstances) await this.#supervisor.stopAll();
  }

  platform(): PlatformState {
    return { ...this.#platform.state(), appCount: this.#world.store.apps.list().length };
  }

  apps(): readonly AppSummary[] {
    return this.#world.store.apps.list().map((app) => appSummary(this.#world, app));
  }

  app(name: AppName): AppDetails {
    return appDetails(this.#world, this.#sampler, this.#world.store.apps.get(name));
  }

  releases(name: AppName): readonly Release[] {
    this.#world.store.apps.get(name);
    return this.#world.store.releases.list(name);
  }

  release(name: AppName, number: number): ReleaseDetails {
    const { store, builder } = this.#world;
    store.apps.get(name);
    const release = store.releases.get(name, number);
    const configNames = Object.keys(store.config.read(name, release.configVersion));
    return { release, configNames, isStored: builder.findArtifact(release.artifact) !== undefined };
  }

  releaseDiff(name: AppName, from: number, to: number): ReleaseDiff {
    const { releases, apps } = this.#world.store;
    apps.get(name);
    return diffReleases(this.#world, releases.get(name, from), releases.get(name, to));
  }

  collectGarbage(options: { readonly dryRun: boolean }): Promise<Collection> {
    return collectGarbage(this.#world, options);
  }

  builds(name: AppName): readonly Build[] {
    this.#world.store.apps.get(name);
    return this.#world.store.builds.list(name, BUILDS_SHOWN_MAX);
  }

  build(name: AppName, number?: number): Build {
    this.#world.store.apps.get(name);
    return this.#world.store.builds.get(name, number);
  }

  buildOutput(name: AppName, number: number): readonly OperationEvent[] {
    const { operation } = this.build(name, number);
    return this.#world.store.operations
      .events(operation)
      .filter((event) => (event.type === "output" || event.type === "section") && event.step === "build");
  }

  config(name: AppName): Readonly<Record<string, Secret>> {
    return this.#world.store.config.read(name, this.#world.store.apps.get(name).configVersion);
  }

  async exportImage(name: AppName, order: ExportOrder, signal: AbortSignal): Promise<ArtifactImage> {
    const { store, builder } = this.#world;
    const release =
      order.release === undefined
        ? this.#currentRelease(name)
        : store.releases.get(store.apps.get(name).name, order.release);
    const artifact = builder.findArtifact(release.artifact);
    if (artifact === undefined)
      throw new PortsideError("E_IMAGE_EXPORT", { problem: `the artifact of v${release.number} is not kept any more` });
    return builder.images.export(name, artifact, { ...order, tag: `v${release.number}` }, signal);
  }

  readImage(name: AppName, { digest, form }: ImageChoice, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { images } = this.#world.builder;
    images.find(this.#world.store.apps.get(name).name, digest);
    if (form === "layout") return images.layoutTar(name, digest, signal);
    return images.archiveTar(name, digest, { withoutBase: form === "thinArchive", signal });
  }

  storeRunImage(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Digest> {
    return this.#world.builder.images.runImages.store(tar, signal);
  }

  inspect(app: AppName, place: { readonly type: string; readonly number: number }): Promise<InstanceInspection> {
    return inspectInstance(this.#world, this.#sampler, { app, ...place });
  }

  checks(name: AppName): readonly TypeChecks[] {
    return listChecks(this.#world, name);
  }

  runChecks(app: AppName, choice: InstanceChoice, signal: AbortSignal): AsyncIterable<CheckRun> {
    return runChecks(this.#world, { app, choice }, signal);
  }

  hasSource(digest: Digest): boolean {
    return this.#world.builder.hasSource(digest);
  }

  async storeSource(digest: Digest, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    await this.#world.builder.storeSource(digest, tar, signal);
  }

  deploy(order: DeployOrder, intent: Intent): Operation {
    const { store, builder } = this.#world;
    if (!builder.hasSource(order.source)) throw new PortsideError("E_SOURCE_UNKNOWN", { digest: order.source });
    const { app, source, origin, buildpacks = [] } = order;
    checkReferences(buildpacks);
    this.#claimName(order);
    const { path } = store.apps.get(app);
    const request = {
      ...({ kind: "deploy", source, origin } as const),
      ...(path === "" ? {} : { path }),
      ...(buildpacks.length === 0 ? {} : { buildpacks }),
    };
    return store.operations.get(this.#queue.add(app, request, intent).id);
  }

  scale(name: AppName, formation: Formation, intent: Intent): Operation {
    const { currentRelease } = this.#world.store.apps.get(name);
    const types = currentRelease === undefined ? undefined : this.#world.store.releases.get(name, currentRelease).types;
    for (const [type, quantity] of Object.entries(formation)) {
      if (type === "release") throw new PortsideError("E_FORMATION_RANGE", { type, quantity, max: QUANTITY_MAX });
      if (types !== undefined && !types.includes(type)) {
        throw new PortsideError("E_FORMATION_UNKNOWN_TYPE", {
          type,
          quantity,
          types: types.map((t) => `\`${t}\``).join(", "),
        });
      }
      if (!Number.isInteger(quantity) || quantity < 0 || quantity > QUANTITY_MAX) {
        throw new PortsideError("E_FORMATION_RANGE", { type, quantity, max: QUANTITY_MAX });
      }
    }
    return this.#queue.add(name, { kind: "scale", formation }, intent);
  }

  restart(name: AppName, which: InstanceChoice, intent: Intent): Operation {
    this.#demandPlace(name, which);
    return this.#queue.add(name, { kind: "restart", ...which }, intent);
  }

  start(name: AppName, which: InstanceChoice, intent: Intent): Operation {
    this.#demandPlace(name, which);
    return this.#queue.add(name, { kind: "start", ...which }, intent);
  }

  stop(name: AppName, which: { readonly type: string; readonly number?: number }, intent: Intent): Operation {
    this.#demandPlace(name, which);
    return this.#queue.add(name, { kind: "stop", ...which }, intent);
  }

  rollback(name: AppName, number: number | undefined, intent: Intent): Operation {
    const current = this.#currentRelease(name);
    const served = (release: Release): boolean => release.status === "superseded" && release.number < current.number;
    const target =
      number === undefined ? this.releases(name).find(served) : this.#world.store.releases.get(name, number);
    if (target === undefined) throw new PortsideError("E_RELEASE_NO_PREVIOUS", { app: name });
    return this.#queue.add(name, { kind: "rollback", release: target.number }, intent);
  }

  setConfig(name: AppName, values: Readonly<Record<string, Secret | null>>, intent: Intent): Operation {
    this.#world.store.apps.get(name);
    for (const [key, value] of Object.entries(values))
      checkConfigVar(key, value === null ? null : reveal(value, "size check"));
    const sealedValues = this.#world.store.config.sealRequest(name, values);
    return this.#queue.add(name, { kind: "config", sealedValues }, intent);
  }

  destroy(name: AppName, intent: Intent): Operation {
    this.#world.store.apps.get(name);
    return this.#queue.add(name, { kind: "destroy" }, intent);
  }

  settings(name: AppName): AppSettings {
    const { freeze: _held, ...settings } = this.#world.store.apps.get(name).settings;
    const freeze = freezeAt(this.#world.store.apps.get(name).settings, this.#world.clock.now());
    return { ...settings, ...(freeze === undefined ? {} : { freeze }) };
  }

  changeSettings(name: AppName, order: SettingsOrder, intent: Intent): Operation {
    const now = this.#world.clock.now();
    this.#world.store.apps.get(name);
    const { freeze, tests } = order;
    if (freeze?.until !== undefined && freeze.until <= now)
      throw new PortsideError("E_REQUEST_INVALID", { problem: "the freeze would have ended already" });
    const by = { by: describeAsker(intent), since: now };
    const change = {
      ...(tests === undefined ? {} : { tests }),
      ...(freeze === undefined ? {} : { freeze: freeze === null ? null : { ...freeze, ...by } }),
    };
    return this.#queue.settle(name, change, intent);
  }

  listOperations(selection: OperationSelection): readonly Operation[] {
    const found = this.#world.store.operations.list(selection);
    // What became of an app that is gone can still be read.
    if (found.length === 0 && selection.app !== undefined) this.#world.store.apps.get(selection.app);
    return found;
  }

  operationSteps(id: number): readonly StepStory[] {
    this.#world.store.operations.get(id);
    return tellSteps(this.#world.store.operations.events(id));
  }

  buildSettings(name: AppName): BuildSettings {
    const { buildpacks, path } = this.#world.store.apps.get(name);
    return { buildpacks, path };
  }

  setBuildpacks(name: AppName, references: readonly string[]): BuildSettings {
    checkReferences(references);
    this.#world.store.apps.update(name, { buildpacks: references });
    return this.buildSettings(name);
  }

  knownBuildpacks(): readonly KnownBuildpack[] {
    return this.#world.builder.knownBuildpacks();
  }

  installBuildpack(reference: string, signal: AbortSignal): Promise<readonly InstalledBuildpack[]> {
    return this.#world.builder.installBuildpack(reference, signal);
  }

  uninstallBuildpack(id: string, version: string | undefined): readonly InstalledBuildpack[] {
    return this.#world.builder.uninstallBuildpack(id, version);
  }

  operation(id: number): Operation {
    return this.#world.store.operations.get(id);
  }

  cancel(id: number): Operation {
    return this.#queue.cancel(id);
  }

  operationEvents(id: number, afterSeq: number, signal: AbortSignal): AsyncIterable<OperationEvent> {
    this.#world.store.operations.get(id);
    return this.#journal.follow(id, afterSeq, signal);
  }

  logs(selection: LogSelection): readonly LogLine[] {
    this.#world.store.apps.get(selection.app);
    return this.#world.logs.read(selection);
  }

  followLogs(selection: LogSelection, afterId: number, signal: AbortSignal): AsyncIterable<LogLine> {
    this.#world.store.apps.get(selection.app);
    return this.#world.logs.follow(selection, afterId, signal);
  }

  shutdown(options: { readonly keepInstances: boolean }): void {
    this.#platform.shutdown(options);
  }

  /** Makes the app when it is new; refuses a name that another folder has, unless told to take it over. */
  #claimName(order: DeployOrder): void {
    const { store, clock } = this.#world;
    const app = store.apps.find(order.app);
    if (app === undefined) {
      const dataKey = store.config.newDataKey(order.app);
      store.apps.insert({ name: order.app, origin: order.origin, createdAt: clock.now(), dataKey });
    } else if (app.origin !== order.origin) {
      if (!order.takeOver) throw new PortsideError("E_APP_NAME_TAKEN", { app: order.app, origin: app.origin });
      store.apps.update(order.app, { origin: order.origin });
    }
    if (order.path !== undefined) store.apps.update(order.app, { path: order.path });
  }

  /** Throws E_INSTANCE_UNKNOWN unless the app's formation has such places. */
  #demandPlace(name: AppName, { type, number }: InstanceChoice): void {
    const release = this.#currentRelease(name);
    const { formation } = this.#world.store.apps.get(name);
    const exists =
      type === undefined
        ? number === undefined
        : release.types.includes(type) && (number ?? 0) <= (quantityOf(formation, type) ?? 0);
    const instance = number === undefined ? (type ?? "") : `${type}.${number}`;
    if (!exists) throw new PortsideError("E_INSTANCE_UNKNOWN", { app: name, instance });
  }

  #currentRelease(name: AppName): Release {
    const app = this.#world.store.apps.get(name);
    if (app.currentRelease === undefined) throw new PortsideError("E_APP_NO_RELEASE", { app: name });
    return this.#world.store.releases.get(name, app.currentRelease);
  }
}
