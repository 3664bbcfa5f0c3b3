import { isoTime } from "../lib/clock.ts";
import type { AppDetails, AppSummary, PlatformState } from "../control/control-plane.ts";
import { describeExit, instanceName } from "../model/instance.ts";
import type { InstanceInspection, InstanceStatus } from "../model/instance-status.ts";
import type { TypeChecks } from "../model/check-result.ts";
import type { Build } from "../model/build.ts";
import { formatLogTime } from "../model/log-line.ts";
import type { LogLine } from "../model/log-line.ts";
import type { ReleaseDetails } from "../control/control-plane.ts";
import type { Collection } from "../control/storage/plan-collection.ts";
import type { NameDiff, ReleaseDiff } from "../control/storage/name-diff.ts";
import type { StoredItem } from "../model/stored-item.ts";
import type { CollectionView, ReleaseDiffView } from "../wire/storage.ts";
import { formatResources } from "../model/resources.ts";
import type { StepStory } from "../control/operations/story.ts";
import type { AppSettings } from "../model/app-settings.ts";
import type { Operation, OperationFailure } from "../model/operation.ts";
import type { Release } from "../model/release.ts";
import type { AppDetail, AppView, InstanceView, ReleaseDetail, ReleaseView } from "../wire/apps.ts";
import type { CheckView } from "../wire/checks.ts";
import type { InstanceDetail } from "../wire/instances.ts";
import type { BuildView } from "../wire/builds.ts";
import type { LogLineView } from "../wire/logs.ts";
import type { OperationDetail, OperationView } from "../wire/operations.ts";
import type { SettingsView } from "../wire/settings.ts";
import type { PlatformStatus } from "../wire/platform.ts";

/** Control's nouns in wire form: times as ISO 8601, what is absent as null, nothing that the wire does not name. */
export function appView({ app, url, formation, serving, operation }: AppSummary): AppView {
  return {
    name: app.name,
    origin: app.origin,
    createdAt: isoTime(app.createdAt),
    release: app.currentRelease ?? null,
    url: url ?? null,
    formation: { ...formation },
    serving: { ...serving },
    operation: operation ?? null,
  };
}

/** See `appView`. */
export function appDetail(details: AppDetails): AppDetail {
  return {
    ...appView(details),
    description: details.description ?? null,
    buildpacks: details.buildpacks.map(({ id, version }) => ({ id, version })),
    processes: details.processes.map(({ type, command }) => ({ type, command })),
    instances: details.instances.map(instanceView),
  };
}

/** See `appView`. */
export function instanceView(instance: InstanceStatus): InstanceView {
  return {
    id: instance.id,
    name: instanceName(instance),
    type: instance.type,
    number: instance.number,
    release: instance.release,
    phase: instance.phase,
    ready: instance.ready,
    port: instance.address?.port ?? null,
    startedAt: isoTime(instance.startedAt),
    restarts: instance.restarts,
    exit: instance.exit === undefined ? null : describeExit(instance.exit),
    cpuPercent: instance.usage?.cpuPercent ?? null,
    memoryBytes: instance.usage?.memoryBytes ?? null,
  };
}

/** See `appView`. */
export function instanceDetail(inspection: InstanceInspection): InstanceDetail {
  const { command, stopTimeoutS, configNames, checks, listeners, processes, history } = inspection;
  return {
    ...instanceView(inspection),
    ...{ command, stopTimeoutS, configNames: [...configNames], listeners: [...listeners] },
    checks: checks.map(checkView),
    processes: processes.map((one) => ({ ...one })),
    history: history.map(({ at, ...used }) => ({ at: isoTime(at), ...used })),
  };
}

/** See `appView`. */
export function checkView({ results, ...check }: TypeChecks["checks"][number]): CheckView {
  return { ...check, results: results.map(({ at, ...result }) => ({ ...result, at: isoTime(at) })) };
}

/** See `appView`. */
export function releaseView(release: Release): ReleaseView {
  return {
    number: release.number,
    status: release.status,
    description: release.description,
    createdAt: isoTime(release.createdAt),
    source: release.source,
    artifact: release.artifact,
  };
}

/** See `appView`. */
export function releaseDetail({ release, configNames, isStored }: ReleaseDetails): ReleaseDetail {
  const { hooks, hasReleaseCommand, resources } = release;
  const names = [
    ...(hooks.predeploy === undefined ? [] : ["scripts.dokku.predeploy"]),
    ...(hasReleaseCommand ? ["release"] : []),
    ...(hooks.postdeploy === undefined ? [] : ["scripts.postdeploy"]),
    ...(hooks.dokkuPostdeploy === undefined ? [] : ["scripts.dokku.postdeploy"]),
    ...Object.keys(hooks.aptible ?? {}),
  ];
  return {
    ...releaseView(release),
    operation: release.operation,
    isStored,
    config: [...configNames],
    formation: { ...release.formation },
    limits: Object.fromEntries(Object.entries(resources).map(([type, limit]) => [type, formatResources(limit)])),
    maxParallel: { ...release.maxParallel },
    hooks: names,
  };
}

/** See `appView`. */
export function buildView(build: Build): BuildView {
  const { measure } = build;
  return {
    number: build.number,
    operation: build.operation,
    status: build.status,
    queuedAt: isoTime(build.queuedAt),
    startedAt: build.startedAt === undefined ? null : isoTime(build.startedAt),
    endedAt: build.endedAt === undefined ? null : isoTime(build.endedAt),
    phase: build.phase ?? null,
    sections: build.sections.map(({ name, durationMs, failed }) => ({ name, durationMs, failed })),
    artifact: build.artifact ?? null,
    sizeBytes: build.sizeBytes ?? null,
    memoryPeakBytes: measure?.memoryPeakBytes ?? null,
    cpuMs: measure?.cpuMs ?? null,
    oomKillCount: measure?.oomKillCount ?? 0,
    confinement: measure?.confinement ?? null,
    failure: build.failure === undefined ? null : { ...build.failure },
  };
}

/** See `appView`. */
export function releaseDiffView({ files, config, processes, buildpacks, formation }: ReleaseDiff): ReleaseDiffView {
  const copy = ({ added, removed, changed }: NameDiff): ReleaseDiffView["config"] => {
    return { added: [...added], removed: [...removed], changed: [...changed] };
  };
  const orNull = (diff: NameDiff | undefined): ReleaseDiffView["files"] => (diff === undefined ? null : copy(diff));
  return {
    files: orNull(files),
    config: copy(config),
    processes: orNull(processes),
    buildpacks: orNull(buildpacks),
    formation: copy(formation),
  };
}

/** See `appView`. */
export function collectionView({ artifacts, sources, isHeldBack }: Collection): CollectionView {
  const view = ({ digest, sizeBytes, usedAt }: StoredItem): CollectionView["artifacts"][number] => {
    return { digest, sizeBytes, usedAt: isoTime(usedAt) };
  };
  return { artifacts: artifacts.map(view), sources: sources.map(view), isHeldBack };
}

/** See `appView`. */
export function operationView(operation: Operation): OperationView {
  return {
    id: operation.id,
    app: operation.app,
    kind: operation.kind,
    status: operation.status,
    createdAt: isoTime(operation.createdAt),
    by: { via: operation.intent.via, user: operation.intent.user ?? null },
    message: operation.intent.message ?? null,
    overrideReason: operation.intent.overrideReason ?? null,
    endedAt: operation.endedAt === undefined ? null : isoTime(operation.endedAt),
    release: operation.release ?? null,
    failure: failureView(operation.failure),
  };
}

/** See `appView`. */
export function operationDetail(operation: Operation, steps: readonly StepStory[]): OperationDetail {
  return {
    ...operationView(operation),
    steps: steps.map((step) => ({
      step: step.step,
      undo: step.undo,
      startedAt: isoTime(step.startedAt),
      endedAt: step.endedAt === undefined ? null : isoTime(step.endedAt),
      outcome: step.outcome ?? null,
      detail: step.detail,
      warnings: [...step.warnings],
      failure: failureView(step.failure),
    })),
  };
}

function failureView(failure: OperationFailure | undefined): OperationView["failure"] {
  return failure === undefined ? null : { ...failure, evidence: [...failure.evidence] };
}

/** See `appView`. */
export function settingsView({ tests, freeze }: AppSettings): SettingsView {
  if (freeze === undefined) return { tests, freeze: null };
  const { reason, by, since, until } = freeze;
  const ends = until === undefined ? null : isoTime(until);
  return { tests, freeze: { reason, by, since: isoTime(since), until: ends } };
}

/** See `appView`; the time keeps its microseconds. */
export function logLineView(line: LogLine): LogLineView {
  return { id: line.id, at: formatLogTime(line.atUs), source: line.source, text: line.text };
}

/** See `appView`. */
export function platformStatus(platform: PlatformState): PlatformStatus {
  return {
    version: platform.version,
    pid: platform.pid,
    home: platform.home,
    startedAt: isoTime(platform.startedAt),
    engine: platform.engine,
    apiUrl: platform.apiUrl,
    state: platform.state,
    edge: {
      state: platform.edge.state,
      port: platform.edge.port ?? null,
      wantedPort: platform.edge.wantedPort,
      pid: platform.edge.pid ?? null,
      tableVersion: platform.edge.tableVersion,
    },
    appCount: platform.appCount,
  };
}
