import { PortsideError } from "../../model/error-registry.ts";
import type { AppName } from "../../model/app.ts";
import { isEnded, type Operation, type OperationFailure } from "../../model/operation.ts";
import type { Supervisor } from "../instances/supervisor.ts";
import type { OperationRequest } from "../operations/request.ts";
import { cancelledFailure, toFailure } from "../operations/step.ts";
import type { World } from "../world.ts";
import type { Journal } from "./journal.ts";
import { Runner } from "./runner.ts";

const RETRY_MS = 2_000;

/**
 * One operation per app at a time, in order; the newest waiting deploy replaces older waiting ones (contract §10).
 * The queue is the table: nothing waits in memory only.
 */
export class OperationQueue {
  readonly #world: World;
  readonly #supervisor: Supervisor;
  readonly #journal: Journal;
  readonly #running = new Map<
    AppName,
    { readonly runner: Runner; readonly operation: number; readonly done: Promise<void> }
  >();
  #closed = false;

  constructor(world: World, supervisor: Supervisor, journal: Journal) {
    this.#world = world;
    this.#supervisor = supervisor;
    this.#journal = journal;
  }

  /** Goes on with everything that earlier control planes left open. */
  open(): void {
    this.#world.store.leases.voidOthers();
    for (const app of new Set(this.#world.store.operations.open().map((operation) => operation.app))) this.#kick(app);
  }

  /** Stores the request and starts it as soon as the app is free. */
  add(app: AppName, request: OperationRequest): Operation {
    if (this.#closed) throw new PortsideError("E_SERVER_STOPPING");
    const { store } = this.#world;
    const operation = store.transaction(() => {
      if (request.kind === "deploy") this.#supersedeWaitingDeploys(app);
      const inserted = store.operations.insert(app, request);
      this.#journal.record(inserted.id, { type: "queued", kind: request.kind, app });
      return inserted;
    });
    this.#kick(app);
    return store.operations.get(operation.id);
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
    this.#closed = true;
    const running = [...this.#running.values()];
    for (const { runner } of running) runner.stop();
    await Promise.allSettled(running.map(({ done }) => done));
  }

  #kick(app: AppName): void {
    if (this.#closed || this.#running.has(app)) return;
    const [next] = this.#world.store.operations.open(app);
    if (next === undefined) return;
    const lease = this.#world.store.leases.take(app, next.id);
    if (lease === undefined) return void this.#retry(app);
    const runner = new Runner({
      world: this.#world,
      supervisor: this.#supervisor,
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
        if (!this.#closed) this.#world.store.leases.release(lease);
        if (waitMs === 0) this.#kick(app);
        else void this.#retry(app);
      })
      .catch((error: unknown) => this.#stumble(app, error));
    this.#running.set(app, { runner, operation: next.id, done });
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

  #supersedeWaitingDeploys(app: AppName): void {
    for (const operation of this.#world.store.operations.open(app)) {
      if (operation.kind !== "deploy" || operation.status !== "waiting") continue;
      if (this.#running.get(app)?.operation === operation.id) continue;
      this.#endWaiting(operation, "superseded", toFailure(new PortsideError("E_SUPERSEDED", { app })));
    }
  }

  #endWaiting(operation: Operation, status: "cancelled" | "superseded", failure: OperationFailure): void {
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
