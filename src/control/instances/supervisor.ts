import { PortsideError } from "../../model/error-registry.ts";
import { describeExit, instanceName, type ExitRecord, type Instance, type InstanceId } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import { awaitStartup } from "../health/startup.ts";
import { watchChecks } from "../health/watch-checks.ts";
import { computeRouteTable } from "../routes/route-table.ts";
import type { World } from "../world.ts";
import { instanceSpec, stopTimeoutS } from "./launch-spec.ts";

const BACK_OFF_MS_MAX = 300_000;
/** A life of this length clears the count of crashes. Contract §5. */
const STABLE_MS = 600_000;
/** An instance that could not be cared for is looked at again after this. */
const STUMBLE_WAIT_MS = 5_000;
const STOP_TRIES_MAX = 5;
const STOP_WAIT_MS = 1_000;

/**
 * Keeps serving instances serving: watches each for its end, keeps the evidence, and starts a successor, at once the first
 * time, then with back-off 1, 2, 4 … 300 s. Instances of a running operation are that operation's until it has routed them.
 * Contract §5.
 */
export class Supervisor {
  readonly #world: World;
  /** One abort per slot that is watched or waits for its next start. */
  readonly #watching = new Map<InstanceId, AbortController>();
  #closed = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Watches an instance that serves now. */
  watch(instance: Instance): void {
    this.#attend(instance.id, (signal) => this.#guard(instance, signal));
  }

  /** Stops caring for an instance: it is about to be stopped on purpose. */
  release(id: InstanceId): void {
    this.#watching.get(id)?.abort(new Error("released"));
    this.#watching.delete(id);
  }

  /** Takes over what an earlier control plane left: serving, crashed, and successors that were just starting. */
  adopt(instance: Instance): void {
    if (instance.phase === "serving") this.watch(instance);
    else if (instance.phase === "crashed") this.#attend(instance.id, (signal) => this.#replace(instance, signal));
    else if (instance.phase === "starting") this.#attend(instance.id, (signal) => this.#bringUp(instance, signal));
  }

  /** Stops watching; instances go on. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#watching.keys()]) this.release(id);
  }

  /** Stops an instance on purpose and forgets it, trying a few times. Safe to repeat. */
  async stop(instance: Instance): Promise<ExitRecord> {
    this.release(instance.id);
    return this.#insist(instance.id, () => this.#stopOnce(instance));
  }

  async #stopOnce(instance: Instance): Promise<ExitRecord> {
    const { engine, store, logs } = this.#world;
    const release = store.releases.find(instance.app, instance.release);
    const never = new AbortController().signal;
    const exit = await engine.stop(instance.id, stopTimeoutS(release, instance.type) * 1000, never);
    if (instance.phase !== "crashed")
      logs.say(instance.app, `portside[${instanceName(instance)}]`, `Stopped (${describeExit(exit)})`);
    await engine.forget(instance.id, never);
    logs.dropCursor(instance.id);
    store.instances.setEnded(instance.id, "stopped", exit);
    store.instances.prune(instance.app);
    return exit;
  }

  /** The platform is being stopped: everything is stopped, but stays wanted, and comes back with the next control plane. */
  async stopAll(): Promise<void> {
    const { engine, store, logs } = this.#world;
    const never = new AbortController().signal;
    const observed = await engine.list(never);
    await Promise.all(
      observed.map(async ({ id }) => {
        const row = store.instances.find(id);
        const release = row === undefined ? undefined : store.releases.find(row.app, row.release);
        const exit = await this.#insist(id, () =>
          engine.stop(id, stopTimeoutS(release, row?.type ?? "") * 1000, never),
        );
        if (row?.phase !== "serving") return;
        logs.say(row.app, `portside[${instanceName(row)}]`, `Stopped with the platform (${describeExit(exit)})`);
        store.instances.setEnded(id, "crashed", exit);
        store.instances.resetRestarts(id);
      }),
    );
  }

  /** Starts (or finds) the engine's side of an instance row and notes where it answers. */
  async start(instance: Instance, signal: AbortSignal): Promise<Instance> {
    const { engine, store } = this.#world;
    const release = store.releases.get(instance.app, instance.release);
    const spec = instanceSpec(this.#world, release, instance);
    await engine.prepareArtifact(spec.artifact, signal);
    const observed = await engine.start(spec, signal);
    store.instances.setStarted(instance.id, observed);
    return {
      ...instance,
      startedAt: observed.startedAt,
      ...(observed.address === undefined ? {} : { address: observed.address }),
    };
  }

  #attend(id: InstanceId, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#closed) return;
    this.release(id);
    const abort = new AbortController();
    this.#watching.set(id, abort);
    work(abort.signal)
      .catch((error: unknown) => this.#stumble(id, error, abort.signal))
      .catch(() => {
        // Released while it waited.
      });
  }

  /** The engine or the store refused: looks at the instance again, as its row stands then. Nobody else would. */
  async #stumble(id: InstanceId, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock, log, store } = this.#world;
    log({ level: "error", msg: "supervisor stumbled", instance: id, error: String(error) });
    await clock.sleep(STUMBLE_WAIT_MS, signal);
    this.#attend(id, async () => {
      const instance = store.instances.find(id);
      if (instance !== undefined) this.adopt(instance);
    });
  }

  /** What is to end must not stay because the engine refused once. Waits 1, 2, 4 … s between the tries. */
  async #insist<Value>(id: InstanceId, work: () => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        this.#world.log({
          level: "error",
          msg: "an instance could not be stopped",
          instance: id,
          tries,
          error: String(error),
        });
        if (tries === STOP_TRIES_MAX) throw error;
        await this.#world.clock.sleep(STOP_WAIT_MS * 2 ** (tries - 1));
      }
    }
  }

  /** Until it ends, or a liveness check gives it up. */
  async #guard(instance: Instance, signal: AbortSignal): Promise<void> {
    const { engine, store } = this.#world;
    const release = store.releases.get(instance.app, instance.release);
    const over = new AbortController();
    const inner = AbortSignal.any([signal, over.signal]);
    const ended = engine.exited(instance.id, inner);
    const dead = watchChecks(
      this.#world,
      { instance, release },
      { signal: inner, onRoutesChange: () => this.#publish() },
    ).then(() => undefined);
    for (const work of [ended, dead]) work.catch(() => undefined); // The slower one is only ended by `over`.
    const exit = await Promise.race([ended, dead]).finally(() => over.abort(new Error("it is no longer guarded")));
    if (signal.aborted) return;
    if (exit === undefined) return this.#restartUnhealthy(instance, signal);
    this.#noteCrash(instance, exit);
    await this.#replace({ ...instance, exit }, signal);
  }

  /** Out of the routes first, then stopped, then replaced like one that crashed. */
  async #restartUnhealthy(instance: Instance, signal: AbortSignal): Promise<void> {
    this.#world.store.instances.setPhase(instance.id, "crashed");
    this.#publish();
    const exit = await this.#stopCrashed(instance, signal);
    if (signal.aborted) return;
    this.#noteCrash(instance, exit);
    await this.#replace({ ...instance, exit }, signal);
  }

  /** Gives its end, at once when it has ended: a control plane may have died while it stopped one. */
  #stopCrashed(instance: Instance, signal: AbortSignal): Promise<ExitRecord> {
    const { engine, store } = this.#world;
    const release = store.releases.find(instance.app, instance.release);
    return engine.stop(instance.id, stopTimeoutS(release, instance.type) * 1000, signal);
  }

  #noteCrash(instance: Instance, exit: ExitRecord): void {
    const { store, logs } = this.#world;
    store.instances.setEnded(instance.id, "crashed", exit);
    logs.say(
      instance.app,
      `portside[${instanceName(instance)}]`,
      `State changed from up to crashed (${describeExit(exit)})`,
    );
    this.#publish();
  }

  /** Waits out the back-off, then starts a successor in the same place. */
  async #replace(crashed: Instance, signal: AbortSignal): Promise<void> {
    const { clock, engine, store, logs } = this.#world;
    const livedMs = (crashed.exit?.at ?? clock.now()) - crashed.startedAt;
    const restarts = livedMs >= STABLE_MS ? 1 : crashed.restarts + 1;
    const waitMs = backOffMs(restarts);
    if (waitMs > 0) {
      logs.say(
        crashed.app,
        `portside[${instanceName(crashed)}]`,
        `Starting again in ${waitMs / 1000} s (restart ${restarts})`,
      );
      await clock.sleep(waitMs, signal);
    }
    await this.#stopCrashed(crashed, signal);
    await engine.forget(crashed.id, signal);
    if (signal.aborted) return;
    logs.dropCursor(crashed.id);
    const successor = successorOf(crashed, restarts, clock.now());
    store.transaction(() => {
      store.instances.insert(successor);
      store.instances.setPhase(crashed.id, "stopped");
      store.instances.prune(crashed.app);
    });
    this.#attend(successor.id, (inner) => this.#bringUp(successor, inner));
    this.#watching.delete(crashed.id);
  }

  /** From `starting` to `serving`, or back to the back-off. */
  async #bringUp(instance: Instance, signal: AbortSignal): Promise<void> {
    const { engine, store, logs } = this.#world;
    const release: Release = store.releases.get(instance.app, instance.release);
    try {
      const started = await this.start(instance, signal);
      await awaitStartup(this.#world, { instance: started, release }, signal);
    } catch (error) {
      if (signal.aborted) return;
      const text = error instanceof PortsideError ? error.message : String(error);
      logs.say(instance.app, `portside[${instanceName(instance)}]`, text);
      const exit = await engine.stop(instance.id, stopTimeoutS(release, instance.type) * 1000, signal);
      if (signal.aborted) return;
      this.#noteCrash(instance, exit);
      return this.#replace({ ...instance, exit }, signal);
    }
    if (signal.aborted) return;
    store.instances.setPhase(instance.id, "serving");
    logs.say(instance.app, `portside[${instanceName(instance)}]`, "State changed from starting to up");
    this.#publish();
    this.watch(store.instances.find(instance.id) ?? instance);
  }

  #publish(): void {
    this.#world.router.write(computeRouteTable(this.#world.store));
  }
}

/** Nothing before the first restart, then 1, 2, 4 … s. */
export function backOffMs(restarts: number): number {
  return restarts <= 1 ? 0 : Math.min(BACK_OFF_MS_MAX, 1000 * 2 ** (restarts - 2));
}

function successorOf(crashed: Instance, restarts: number, now: number): Instance {
  const { exit: _exit, address: _address, ...place } = crashed;
  const [, base = crashed.id, life = "0"] = /^(.*?)(?:-r(\d+))?$/.exec(crashed.id) ?? [];
  return { ...place, id: `${base}-r${Number(life) + 1}`, phase: "starting", startedAt: now, restarts };
}
