import { Readable } from "node:stream";
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
  PlatformState,
  ReleaseDetails,
  SettingsOrder,
} from "../../control/control-plane.ts";
import type { InstalledBuildpack, KnownBuildpack } from "../../model/buildpack.ts";
import type { CheckRun, InstanceChoice, TypeChecks } from "../../model/check-result.ts";
import { secret, type Secret } from "../../lib/secret.ts";
import type { AppName } from "../../model/app.ts";
import type { Collection } from "../../control/storage/plan-collection.ts";
import type { ReleaseDiff } from "../../control/storage/name-diff.ts";
import type { InstanceInspection } from "../../model/instance-status.ts";
import type { StepStory } from "../../control/operations/story.ts";
import type { AppSettings } from "../../model/app-settings.ts";
import type { Intent } from "../../model/intent.ts";
import type { ArtifactImage } from "../../model/artifact.ts";
import type { Build } from "../../model/build.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Formation } from "../../model/formation.ts";
import type { LogLine } from "../../model/log-line.ts";
import { isEnded } from "../../model/operation.ts";
import type { Operation, OperationEvent, OperationEventBody, OperationKind } from "../../model/operation.ts";
import type { Release } from "../../model/release.ts";
import type { Digest } from "../../model/source.ts";
import { fakeBuild, fakeBuildOutput } from "./fake-builds.ts";
import { APP, CHECK, DETAILS, DIGEST, RELEASE, RESULT, START_MS, SUMMARY } from "./fake-data.ts";
import { Feed } from "./feed.ts";

const IMAGE: ArtifactImage = {
  form: "image",
  artifact: DIGEST,
  digest: DIGEST,
  imageId: DIGEST,
  layout: "/home/images",
  tag: "v1",
  entrypoint: ["/cnb/process/web"],
  appDir: "/workspace",
  layersDir: "/layers",
  baseLayerCount: 1,
  log: ["Adding 1/1 app layer(s)"],
  notes: [],
};

const BUILD = fakeBuild(APP.name, DIGEST, START_MS);

/** Control as the API sees it, in memory: one app `demo`, what it was asked for in `calls`, events and lines fed by the test. */
export class FakeControl implements ControlPlane {
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[] = [];
  readonly configValues: Record<string, Secret> = { GREETING: secret("hello") };
  readonly operations: Operation[] = [];
  /** Who asked for what changed something, in order. */
  readonly intents: Intent[] = [];
  readonly events = new Feed<OperationEvent>();
  readonly lines = new Feed<LogLine>();
  readonly stored = new Map<Digest, number>();
  /** Thrown by the next call, whatever it is. */
  failure: unknown;
  #shutdown = false;

  platform(): PlatformState {
    this.#record("platform", []);
    const edge = { state: "serving", port: 8080, wantedPort: 8080, pid: 7, tableVersion: 3 } as const;
    const state = this.#shutdown ? "stopping" : "running";
    return {
      version: "0.1.0",
      pid: 42,
      home: "/home",
      startedAt: START_MS,
      engine: "process",
      apiUrl: "http://127.0.0.1:1",
      state,
      edge,
      appCount: 1,
    };
  }

  apps(): readonly AppSummary[] {
    this.#record("apps", []);
    return [SUMMARY];
  }

  app(name: AppName): AppDetails {
    this.#about("app", name);
    return DETAILS;
  }

  releases(name: AppName): readonly Release[] {
    this.#about("releases", name);
    return [RELEASE];
  }

  release(name: AppName, number: number): ReleaseDetails {
    this.#about("release", name, number);
    return { release: RELEASE, configNames: ["GREETING"], isStored: true };
  }

  releaseDiff(name: AppName, from: number, to: number): ReleaseDiff {
    this.#about("releaseDiff", name, from, to);
    const none = { added: [], removed: [], changed: [] };
    return { config: { ...none, added: ["GREETING"] }, formation: none, files: none };
  }

  collectGarbage(options: { readonly dryRun: boolean }): Promise<Collection> {
    this.#record("collectGarbage", [options]);
    return Promise.resolve({
      artifacts: [{ digest: DIGEST, sizeBytes: 5, usedAt: START_MS }],
      sources: [],
      isHeldBack: false,
    });
  }

  builds(name: AppName): readonly Build[] {
    this.#about("builds", name);
    return [BUILD];
  }

  build(name: AppName, number?: number): Build {
    this.#about("build", name, number);
    if (number === undefined || number === BUILD.number) return BUILD;
    throw new PortsideError("E_BUILD_UNKNOWN", { app: name, number });
  }

  buildOutput(name: AppName, number: number): readonly OperationEvent[] {
    this.#about("buildOutput", name, number);
    return fakeBuildOutput(START_MS);
  }

  config(name: AppName): Readonly<Record<string, Secret>> {
    this.#about("config", name);
    return this.configValues;
  }

  async exportImage(name: AppName, order: ExportOrder, _signal: AbortSignal): Promise<ArtifactImage> {
    this.#about("exportImage", name, order);
    return IMAGE;
  }

  readImage(name: AppName, { digest, form }: ImageChoice, _signal: AbortSignal): AsyncIterable<Uint8Array> {
    this.#about("readImage", name, digest, form);
    return Readable.from([Buffer.from("tar "), Buffer.from(form)]);
  }

  async storeRunImage(tar: AsyncIterable<Uint8Array>, _signal: AbortSignal): Promise<Digest> {
    this.#record("storeRunImage", []);
    let byteCount = 0;
    for await (const chunk of tar) byteCount += chunk.byteLength;
    this.stored.set(DIGEST, byteCount);
    return DIGEST;
  }

  async inspect(name: AppName, place: { readonly type: string; readonly number: number }): Promise<InstanceInspection> {
    this.#record("inspect", [name, place]);
    this.#demand(name);
    const instance = DETAILS.instances.find(({ type, number }) => type === place.type && number === place.number);
    const wanted = `${place.type}.${place.number}`;
    if (instance === undefined) throw new PortsideError("E_INSTANCE_UNKNOWN", { app: name, instance: wanted });
    const seen = { configNames: ["GREETING"], checks: [], listeners: ["0.0.0.0:5001"], history: [] };
    const processes = [{ pid: 5, parentPid: 4, command: "node server.js", cpuMs: 10, memoryBytes: 50_000_000 }];
    const inspection = { command: "node server.js", stopTimeoutS: 30, ...seen, processes };
    return Promise.resolve({ ...instance, ...inspection });
  }

  checks(name: AppName): readonly TypeChecks[] {
    this.#record("checks", [name]);
    this.#demand(name);
    return [{ type: "web", checks: [{ ...CHECK, results: [RESULT] }] }];
  }

  async *runChecks(name: AppName, choice: InstanceChoice, _signal: AbortSignal): AsyncGenerator<CheckRun> {
    this.#record("runChecks", [name, choice]);
    this.#demand(name);
    yield { ...CHECK, instance: "web.1", passed: true, attempts: 1, detail: "GET / 200", durationMs: 3 };
  }

  hasSource(digest: Digest): boolean {
    this.#record("hasSource", [digest]);
    return this.stored.has(digest);
  }

  async storeSource(digest: Digest, tar: AsyncIterable<Uint8Array>, _signal: AbortSignal): Promise<void> {
    this.#record("storeSource", [digest]);
    let byteCount = 0;
    for await (const chunk of tar) byteCount += chunk.byteLength;
    this.stored.set(digest, byteCount);
  }

  deploy(order: DeployOrder, intent: Intent): Operation {
    this.intents.push(intent);
    return this.#operate("deploy", order.app, [order]);
  }

  scale(name: AppName, formation: Formation, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("scale", name, [formation]);
  }

  restart(name: AppName, which: { readonly type?: string; readonly number?: number }, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("restart", name, [which]);
  }

  start(name: AppName, which: InstanceChoice, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("start", name, [which]);
  }

  stop(name: AppName, which: InstanceChoice, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("stop", name, [which]);
  }

  rollback(name: AppName, release: number | undefined, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("rollback", name, [release]);
  }

  setConfig(name: AppName, values: Readonly<Record<string, Secret | null>>, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("config", name, [values]);
  }

  destroy(name: AppName, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("destroy", name, []);
  }

  buildSettings(name: AppName): BuildSettings {
    this.#about("buildSettings", name);
    return { buildpacks: ["heroku/nodejs"], path: "" };
  }

  setBuildpacks(name: AppName, buildpacks: readonly string[]): BuildSettings {
    this.#about("setBuildpacks", name, buildpacks);
    return { buildpacks, path: "" };
  }

  knownBuildpacks(): readonly KnownBuildpack[] {
    this.#record("knownBuildpacks", []);
    const installed = { from: "/srv/x", at: START_MS };
    return [
      { id: "portside/nodejs", version: "1.0.0", name: "Node.js", aliases: ["heroku/nodejs"] },
      { id: "acme/x", version: "2.0.0", aliases: [], installed },
    ];
  }

  installBuildpack(reference: string, _signal: AbortSignal): Promise<readonly InstalledBuildpack[]> {
    this.#record("installBuildpack", [reference]);
    return Promise.resolve([
      { id: "acme/x", version: "2.0.0", digest: DIGEST, from: reference, installedAt: START_MS },
    ]);
  }

  uninstallBuildpack(id: string, version: string | undefined): readonly InstalledBuildpack[] {
    this.#record("uninstallBuildpack", [id, version]);
    if (id !== "acme/x")
      throw new PortsideError("E_BUILDPACK_UNKNOWN", { reference: "it", known: "acme/x", advice: "See the list." });
    return [{ id, version: version ?? "2.0.0", digest: DIGEST, from: "/srv/x", installedAt: START_MS }];
  }

  settings(name: AppName): AppSettings {
    this.#about("settings", name);
    return { tests: true, freeze: { reason: "holidays", by: "alice", since: START_MS } };
  }

  changeSettings(name: AppName, order: SettingsOrder, intent: Intent): Operation {
    this.intents.push(intent);
    this.#demand(name);
    return this.#operate("settings", name, [order]);
  }

  listOperations(selection: OperationSelection): readonly Operation[] {
    this.#record("listOperations", [selection]);
    return this.operations;
  }

  operationSteps(id: number): readonly StepStory[] {
    this.#record("operationSteps", [id]);
    const times = { startedAt: START_MS, endedAt: START_MS + 5 };
    return [{ step: "check", undo: false, ...times, outcome: "done", detail: "Procfile", warnings: [] }];
  }

  operation(id: number): Operation {
    this.#record("operation", [id]);
    const found = this.operations.find((operation) => operation.id === id);
    if (found === undefined) throw new PortsideError("E_OPERATION_UNKNOWN", { id });
    return found;
  }

  cancel(id: number): Operation {
    const operation = this.operation(id);
    if (isEnded(operation.status)) throw new PortsideError("E_OPERATION_ENDED", { id });
    return operation;
  }

  operationEvents(id: number, afterSeq: number, signal: AbortSignal): AsyncIterable<OperationEvent> {
    this.#record("operationEvents", [id, afterSeq]);
    return this.events.follow((event) => event.seq > afterSeq, { signal, isLast: (event) => event.type === "ended" });
  }

  logs(selection: LogSelection): readonly LogLine[] {
    this.#record("logs", [selection]);
    return selection.num === 0 ? [] : this.lines.items.slice(-selection.num);
  }

  followLogs(selection: LogSelection, afterId: number, signal: AbortSignal): AsyncIterable<LogLine> {
    this.#record("followLogs", [selection, afterId]);
    return this.lines.follow((line) => line.id > afterId, { signal });
  }

  shutdown(options: { readonly keepInstances: boolean }): void {
    this.#record("shutdown", [options]);
    this.#shutdown = true;
  }

  /** Adds the next event of any operation. */
  happen(body: OperationEventBody): void {
    const seq = this.events.items.length + 1;
    this.events.push({ seq, at: START_MS + seq, ...body });
  }

  /** Adds the next log line. */
  print(text: string): void {
    const id = this.lines.items.length + 1;
    this.lines.push({ id, atUs: START_MS * 1000 + id, source: "app[web.1]", text });
  }

  #operate(kind: OperationKind, app: AppName, args: readonly unknown[]): Operation {
    this.#record(kind, args);
    const operation: Operation = {
      id: this.operations.length + 1,
      app,
      kind,
      status: "waiting",
      createdAt: START_MS,
      intent: { via: "socket", user: "alice" },
    };
    this.operations.push(operation);
    return operation;
  }

  #record(method: string, args: readonly unknown[]): void {
    const { failure } = this;
    this.failure = undefined;
    // oxlint-disable-next-line typescript/only-throw-error -- tests throw what a defect could throw.
    if (failure !== undefined) throw failure;
    this.calls.push({ method, args });
  }

  #about(method: string, app: AppName, ...others: readonly unknown[]): void {
    this.#record(method, [app, ...others]);
    this.#demand(app);
  }

  #demand(name: AppName): void {
    if (name !== APP.name) throw new PortsideError("E_APP_UNKNOWN", { app: name });
  }
}
