import type { AppRecord } from "../../src/control/store/app-rows.ts";
import type { OperationRecord } from "../../src/control/store/operation-rows.ts";
import { KINDS } from "../../src/control/operations/kinds.ts";
import { reveal } from "../../src/lib/secret.ts";
import type { AppName } from "../../src/model/app.ts";
import { defaultQuantity, quantityOf, type Formation } from "../../src/model/formation.ts";
import { instanceName, type Instance } from "../../src/model/instance.ts";
import type { OperationEvent } from "../../src/model/operation.ts";
import type { Release } from "../../src/model/release.ts";
import type { Digest } from "../../src/model/source.ts";
import type { JournalCheck } from "./journal-check.ts";
import type { Scene } from "./scene.ts";

type Before = {
  readonly app: AppRecord | undefined;
  readonly alive: readonly Instance[];
  readonly disturbanceCount: number;
  /** What its releases run. */
  readonly artifacts: readonly Digest[];
  /** Every instance served, and ran. */
  readonly wasWell: boolean;
};

/**
 * The reported outcome is the real state (contract §10): what succeeded is in force and runs; what did not has left
 * everything as it was, but for generated secrets (§4).
 */
export class OutcomeCheck {
  readonly #scene: Scene;
  readonly #journal: JournalCheck;
  readonly #before = new Map<number, Before>();

  constructor(scene: Scene, journal: JournalCheck) {
    this.#scene = scene;
    this.#journal = journal;
  }

  onEvent(id: number, event: OperationEvent): void {
    if (this.#scene.store.operations.get(id).kind === "settings") return;
    if (event.type === "begun") this.#before.set(id, this.#look(this.#scene.store.operations.get(id).app));
    if (event.type !== "ended") return;
    const operation = this.#scene.store.operations.get(id);
    const before = this.#before.get(id);
    if (before === undefined)
      return this.#expect(
        operation,
        ["cancelled", "superseded"].includes(event.status) || event.failure?.code === "E_APP_FROZEN",
        `${event.status} without having begun`,
      );
    const isCommitted = this.#journal.stepsDone(id).includes(KINDS[operation.kind].commitStep);
    this.#expect(operation, isCommitted || event.status !== "succeeded", "succeeded without its commit");
    this.#expect(operation, !isCommitted || isFitAfterCommit(event), `${event.status} after its commit`);
    this.#expect(operation, isCommitted || event.status !== "hookFailed", "a live hook failed without a commit");
    if (!isCommitted) this.#asBefore(operation, before);
    else if (operation.kind === "destroy") this.#isGone(operation, before);
    else this.#isInForce(operation, before);
  }

  #isInForce(operation: OperationRecord, before: Before): void {
    const { store } = this.#scene;
    const app = store.apps.get(operation.app);
    const { facts } = operation;
    const expect = (holds: boolean, what: string): void => this.#expect(operation, holds, what);
    expect(
      app.currentRelease === (facts.release ?? before.app?.currentRelease),
      `release ${app.currentRelease} is in force, not ${facts.release}`,
    );
    expect(
      isEqual(app.formation, facts.formation ?? before.app?.formation),
      `the formation is ${JSON.stringify(app.formation)}`,
    );
    expect(
      app.configVersion === (facts.configVersion ?? before.app?.configVersion),
      `the config version is ${app.configVersion}`,
    );
    if (app.currentRelease === undefined) return;
    const release = store.releases.get(app.name, app.currentRelease);
    expect(release.status === "current", `release ${release.number} is ${release.status}`);
    if (facts.configVersion !== undefined)
      expect(release.configVersion === facts.configVersion, `release ${release.number} has another config`);
    const alive = store.instances.alive(app.name);
    expect(
      isEqual(alive.map(instanceName).sort(), wantedNames(release, app.formation)),
      `alive are ${alive.map(instanceName).join(" ")}`,
    );
    expect(
      alive.every((instance) => instance.release === release.number),
      "instances of another release are alive",
    );
    if (this.#isUndisturbed(operation.app, before)) this.#allServe(operation, alive);
  }

  #asBefore(operation: OperationRecord, before: Before): void {
    const { app, alive } = this.#look(operation.app);
    const expect = (holds: boolean, what: string): void => this.#expect(operation, holds, what);
    expect((app === undefined) === (before.app === undefined), "the app came or went");
    if (app === undefined || before.app === undefined) return;
    expect(
      app.currentRelease === before.app.currentRelease,
      `release ${app.currentRelease} is in force, not ${before.app.currentRelease}`,
    );
    expect(isEqual(app.formation, before.app.formation), `the formation is ${JSON.stringify(app.formation)}`);
    expect(this.#isSameConfig(app, before.app), "the config is another");
    const release = this.#scene.store.releases.list(app.name).find((candidate) => candidate.operation === operation.id);
    expect(release === undefined || release.status === "failed", `its release is ${release?.status}`);
    expect(
      alive.every((instance) => instance.operation !== operation.id || operation.kind === "destroy"),
      "instances of it are alive",
    );
    if (!this.#isUndisturbed(operation.app, before)) return;
    // What batches had replaced was started again; everything else was never touched.
    const name = (instance: Instance): string =>
      operation.facts.batches === undefined ? instance.id : `${instanceName(instance)} v${instance.release}`;
    expect(
      isEqual(alive.map(name).sort(), before.alive.map(name).sort()),
      `alive are ${alive.map(({ id }) => id).join(" ")}`,
    );
    this.#allServe(operation, alive);
  }

  #isGone(operation: OperationRecord, before: Before): void {
    const { store, machine, disk } = this.#scene;
    const kept = before.artifacts.filter((artifact) => disk.artifacts.has(artifact));
    this.#expect(operation, kept.length === 0, `artifacts are left: ${kept.join(" ")}`);
    this.#expect(operation, store.apps.find(operation.app) === undefined, "the app is still there");
    const running = machine.running().filter((id) => machine.process(id).spec.app === operation.app);
    this.#expect(operation, running.length === 0, `still running: ${running.join(" ")}`);
  }

  #allServe(operation: OperationRecord, alive: readonly Instance[]): void {
    const bad = alive.filter(({ id, phase }) => phase !== "serving" || !this.#scene.machine.isRunning(id));
    this.#expect(
      operation,
      bad.length === 0,
      `not serving: ${bad.map(({ id, phase }) => `${id} (${phase})`).join(" ")}`,
    );
  }

  /** Whether the scenario left the app's instances alone since, and they were all well then. */
  #isUndisturbed(app: AppName, before: Before): boolean {
    return before.wasWell && before.disturbanceCount === this.#scene.disturbances.countOf(app);
  }

  /** Generated secrets may have come, nothing else (§4). */
  #isSameConfig(app: AppRecord, before: AppRecord): boolean {
    const { store } = this.#scene;
    const now = store.config.read(app.name, app.configVersion);
    const then = store.config.read(app.name, before.configVersion);
    const text = (value: (typeof now)[string] | undefined): string | undefined =>
      value === undefined ? undefined : reveal(value, "a check");
    const kept = Object.keys(then).every((name) => text(now[name]) === text(then[name]));
    const added = Object.keys(now).filter((name) => !Object.hasOwn(then, name));
    return kept && added.every((name) => /^[0-9a-f]{64}$/.test(text(now[name]) ?? ""));
  }

  #look(name: AppName): Before {
    const { store, machine, disturbances } = this.#scene;
    const alive = store.instances.alive(name);
    const wasWell = alive.every(({ id, phase }) => phase === "serving" && machine.isRunning(id));
    const artifacts = store.releases.list(name).map(({ artifact }) => artifact);
    return { app: store.apps.find(name), artifacts, alive, disturbanceCount: disturbances.countOf(name), wasWell };
  }

  #expect(operation: OperationRecord, holds: boolean, otherwise: string): void {
    if (!holds) this.#scene.problem(`operation ${operation.id} (${operation.kind} ${operation.status}): ${otherwise}`);
  }
}

/** Contract §6: behind the commit only hooks may fail, and each is told its own way. */
function isFitAfterCommit({ status, failure }: Extract<OperationEvent, { type: "ended" }>): boolean {
  if (status === "hookFailed") return failure?.code === "E_HOOK_LIVE";
  return status === "failed" ? failure?.code === "E_POSTDEPLOY" : status === "succeeded";
}

/** `web.1`, `web.2` … that a release should have, sorted. */
export function wantedNames(release: Release, formation: Formation): readonly string[] {
  const names = release.types.flatMap((type) => {
    const quantity = quantityOf(formation, type) ?? defaultQuantity(type);
    return Array.from({ length: quantity }, (_, index) => `${type}.${index + 1}`);
  });
  return names.sort();
}

function isEqual(a: unknown, b: unknown): boolean {
  const sorted = (value: unknown): unknown =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1))
      : value;
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}
