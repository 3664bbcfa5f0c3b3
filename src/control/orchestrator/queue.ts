import { PortsideError } from "../../model/error-registry.ts";
import type { AppName } from "../../model/app.ts";
import { changeSettings, type SettingsChange } from "../../model/app-settings.ts";
import type { Intent } from "../../model/intent.ts";
import { isEnded, type Operation, type OperationEventBody, type OperationFailure } from "../../model/operation.ts";
import { BuildQueue } from "../builds/build-queue.ts";
import type { Supervisor } from "../instances/supervisor.ts";
import { describeChange, refuseFrozen } from "../operations/freeze.ts";
import { KINDS } from "../operations/kinds.ts";
import type { OperationRequest } from "../operations/request.ts";
import { cancelledFailure, toFailure } from "../operations/step.ts";
import type { World } from "../world.ts";
import type { Journal } from "./journal.ts";
import { collectGarbage } from "../storage/collect.ts";
import { Runner } from "./runner.ts";

const RETRY_MS = 2_000;
/** How often open operations are looked at that nobody works on. */
const REAP_MS = 30_000;

/**
 * One operation per app at a time, in order; the newest waiting deploy replaces older waiting ones (contract §10).
 * The queue is the table: nothing waits in memory only.
 */
export class OperationQueue {
  readonly #world: World;
  readonly #supervisor: Supervisor;
  readonly #journal: Journal;
  readonly #builds: BuildQueue;
  readonly #running = new Map<
    AppName,
    { readonly runner: Runner; readonly operation: number; readonly done: Promise<void> }
  >();
  readonly #closing = new AbortController();

  constructor(world: World, supervisor: Supervisor, journal: Journal) {
    this.#world = world;
    this.#supervisor = supervisor;
    this.#journal = journal;
    this.#builds = new BuildQueue(world.limits.buildsAtATime);
  }

  /** Goes on with everything that earlier control planes left open. */
  open(): void {
    this.#world.store.leases.voidOthers();
    this.#reap();
    void this.#keepReaping();
  }

  /** Starts what is open and in nobody's hands. */
  #reap(): void {
    for (const app of new Set(this.#world.store.operations.open().map((operation) => operation.app))) this.#kick(app);
  }

  /** An operation must not stay because the one thing that would have started it got lost. */
  async #keepReaping(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#world.clock.sleep(REAP_MS, this.#closing.signal);
        this.#reap();
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#world.log({ level: "error", msg: "the reaper stumbled", error: String(error) });
      }
    }
  }

  /** Stores the request and starts it as soon as the app is free. */
  add(app: AppName, request: OperationRequest, intent: Intent): Operation {
    if (this.#closing.signal.aborted) throw new PortsideError("E_SERVER_STOPPING");
    const { store } = this.#world;
    refuseFrozen(this.#world, app, { kind: request.kind, intent });
    const operation = store.transaction(() => {
      const inserted = store.operations.insert(app, request, intent);
      this.#journal.record(inserted.id, { type: "queued", kind: request.kind, app });
      if (request.kind === "deploy") this.#supersedeWaitingDeploys(app, inserted.id);
      return inserted;
    });
    this.#kick(app);
    return store.operations.get(operation.id);
  }

  /** Changes an app's settings at once, whatever is under way, and records who did so as an operation that has ended. */
  settle(app: AppName, change: SettingsChange, intent: Intent): Operation {
    if (this.#closing.signal.aborted) throw new PortsideError("E_SERVER_STOPPING");
    const { store } = this.#world;
    const operation = store.transaction(() => {
      const { id } = store.operations.insert(app, { kind: "settings", change }, intent);
      const { commitStep: step } = KINDS.settings;
      const { settings } = store.apps.get(app);
      const next = changeSettings(settings, change);
      store.apps.update(app, { settings: next });
      store.operations.end(id, { status: "succeeded" });
      const tell = (body: OperationEventBody): void => this.#journal.record(id, body);
      tell({ type: "queued", kind: "settings", app });
      tell({ type: "begun" });
      tell({ type: "stepStarted", step, undo: false });
      const detail = describeChange(change);
      tell({ type: "stepEnded", step, outcome: "done", durationMs: 0, detail });
      tell({ type: "ended", status: "succeeded", durationMs: 0 });
      return id;
    });
    return store.operations.get(operation);
  }

  /** Errors: E_OPERATION_UNKNOWN, E_OPERATION_ENDED. */
  cancel(id: number): Operation {
    const operation = this.#world.store.operations.get(id);
    if (isEnded(operation.status)) throw new PortsideError("E_OPERATION_ENDED", { id });
    const running = this.#running.get(operation.app);
    if (running?.operation === id) running.runner.cancel();
    else if (operation.status === "waiting") this.#endWaiting(operation, "cancelled", cancelledFailure());
    // Begun, and between two runners: the next one finds the wish among its rows and brings the previous state back.
    else this.#journal.record(id, { type: "cancelRequested", failure: cancelledFailure() });
    return this.#world.store.operations.get(id);
  }

  /** Leaves running operations where they are, for the next control plane. Resolves when none of them acts any more. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("closed"));
    const running = [...this.#running.values()];
    for (const { runner } of running) runner.stop();
    await Promise.allSettled(running.map(({ done }) => done));
  }

  #kick(app: AppName): void {
    if (this.#closing.signal.aborted || this.#running.has(app)) return;
    const next = this.#nextAllowed(app);
    if (next === undefined) return;
    const lease = this.#world.store.leases.take(app, next.id);
    if (lease === undefined) return void this.#retry(app);
    const runner = new Runner({
      world: this.#world,
      supervisor: this.#supervisor,
      builds: this.#builds,
      journal: this.#journal,
      operation: next.id,
      lease,
    });
    const done = runner
      .run()
      .then(() => 0)
      .catch((error: unknown) => {
        const stack = error instanceof Error ? error.stack : String(error);
        this.#world.log({
          level: "error",
          msg: "operation interrupted, going on from its rows",
          operation: next.id,
          stack,
        });
        return RETRY_MS;
      })
      .then((waitMs) => {
        this.#running.delete(app);
        if (!this.#closing.signal.aborted) this.#world.store.leases.release(lease);
        if (waitMs === 0) this.#collect(next.id);
        if (waitMs === 0) this.#kick(app);
        else void this.#retry(app);
      })
      .catch((error: unknown) => this.#stumble(app, error));
    this.#running.set(app, { runner, operation: next.id, done });
  }

  /** What the operation has left behind that nothing needs any more goes, in the background. */
  #collect(operation: number): void {
    const { kind, status } = this.#world.store.operations.get(operation);
    const isOver = status === "succeeded" || status === "hookFailed" || status === "failed";
    if (!isOver || !["deploy", "rollback", "destroy"].includes(kind)) return;
    collectGarbage(this.#world, { dryRun: false }).catch((error: unknown) => {
      this.#world.log({ level: "warn", msg: "nothing was collected", error: String(error) });
    });
  }

  /** The oldest open operation; one that has to wait for nothing but the end of a freeze is refused. */
  #nextAllowed(app: AppName): Operation | undefined {
    for (const operation of this.#world.store.operations.open(app)) {
      if (operation.status !== "waiting") return operation;
      try {
        refuseFrozen(this.#world, app, operation);
        return operation;
      } catch (error) {
        if (!(error instanceof PortsideError)) throw error;
        this.#endWaiting(operation, "failed", toFailure(error));
      }
    }
    return undefined;
  }

  async #retry(app: AppName): Promise<void> {
    await this.#world.clock.sleep(RETRY_MS);
    try {
      this.#kick(app);
    } catch (error) {
      this.#stumble(app, error);
    }
  }

  /** The store refused (a full disk): what waits is looked at again later. */
  #stumble(app: AppName, error: unknown): void {
    this.#world.log({ level: "error", msg: "the queue stumbled", app, error: String(error) });
    void this.#retry(app);
  }

  #supersedeWaitingDeploys(app: AppName, newer: number): void {
    for (const operation of this.#world.store.operations.open(app)) {
      if (operation.kind !== "deploy" || operation.status !== "waiting" || operation.id === newer) continue;
      if (this.#running.get(app)?.operation === operation.id) continue;
      this.#endWaiting(operation, "superseded", toFailure(new PortsideError("E_SUPERSEDED", { app, newer })));
    }
  }

  #endWaiting(operation: Operation, status: "cancelled" | "superseded" | "failed", failure: OperationFailure): void {
    const { store, clock } = this.#world;
    store.transaction(() => {
      store.operations.end(operation.id, { status, failure });
      this.#journal.record(operation.id, {
        type: "ended",
        status,
        failure,
        durationMs: clock.now() - operation.createdAt,
      });
    });
  }
}
