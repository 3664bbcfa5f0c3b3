import type { OperationRecord } from "../../src/control/store/operation-rows.ts";
import type { AppName } from "../../src/model/app.ts";
import { routedType } from "../../src/model/artifact.ts";
import { quantityOf } from "../../src/model/formation.ts";
import type { InstanceId } from "../../src/model/instance.ts";
import { isEnded, type OperationEvent } from "../../src/model/operation.ts";
import type { Scene } from "./scene.ts";

/**
 * Nobody's requests suffer (contract §10): at no moment do fewer routed instances accept connections than before the
 * operation (or than are wanted behind it), no table sends requests where nobody listens, nothing is stopped while it is
 * routed or has requests open. What the scenario itself killed is not counted.
 */
export class TrafficCheck {
  readonly #scene: Scene;
  readonly #floors = new Map<AppName, number>();
  readonly #running = new Map<AppName, number>();
  /** Asked to stop by the control plane. */
  readonly #stopped = new Set<InstanceId>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onEvent(id: number, event: OperationEvent): void {
    if (event.type !== "begun" && event.type !== "ended") return;
    const { app, kind } = this.#scene.store.operations.get(id);
    if (kind === "settings") return;
    if (event.type === "begun") this.#running.set(app, id);
    else if (this.#running.get(app) === id) this.#running.delete(app);
    // What is not well at the start may be on its way back: it is not counted.
    if (this.#scene.edge.served === undefined || !this.#isWell(app)) this.#floors.delete(app);
    else this.#floors.set(app, this.#accepting(app));
  }

  /** The scenario ended something of the app: what that leads to is not counted. */
  onDisturbance(app: AppName): void {
    this.#floors.delete(app);
  }

  onStep(): void {
    const { edge, disturbances, problem } = this.#scene;
    if (edge.served === undefined || disturbances.isShuttingDown) return;
    this.#noteOwnDeaths();
    for (const [app, floor] of this.#floors) {
      if (floor === 0) continue;
      const accepting = this.#accepting(app);
      if (accepting >= floor) continue;
      const needed = Math.min(floor, this.#wantedOf(app));
      if (accepting < needed) problem(`${app}: ${accepting} routed instances accept connections, ${needed} are needed`);
    }
  }

  onTakeOver(): void {
    const { edge, machine, disturbances, problem } = this.#scene;
    this.#noteOwnDeaths();
    for (const { app, targets, state } of edge.served?.routes ?? []) {
      for (const target of targets) {
        if (machine.probe(target) === "accepts" || disturbances.killed.has(target.instance)) continue;
        problem(`${app}: requests are routed to ${target.instance}, where nobody listens`);
      }
      if (targets.length > 0 && state !== "serving" && state !== "stopped")
        problem(`${app}: targets in state ${state}`);
    }
  }

  onStop(id: InstanceId): void {
    const { edge, machine, disturbances, problem } = this.#scene;
    this.#stopped.add(id);
    if (disturbances.isShuttingDown) return;
    const { app } = machine.process(id).spec;
    if (edge.targetsOf(app).some((target) => target.instance === id))
      problem(`${id} is stopped while requests are routed to it`);
    const isDestroyed = this.#operation(app)?.kind === "destroy";
    if (edge.activeOf(id) > 0 && !isDestroyed) problem(`${id} is stopped with requests open`);
  }

  /** A program that ends by itself while it is routed (batches route it before all are healthy) is its author's doing. */
  #noteOwnDeaths(): void {
    const { edge, machine, disturbances } = this.#scene;
    for (const { app, targets } of edge.served?.routes ?? []) {
      for (const { instance } of targets) {
        if (machine.isRunning(instance) || this.#stopped.has(instance) || disturbances.killed.has(instance)) continue;
        disturbances.note(app, [instance]);
        this.onDisturbance(app);
      }
    }
  }

  #accepting(app: AppName): number {
    const { edge, machine } = this.#scene;
    return edge.targetsOf(app).filter((target) => machine.probe(target) === "accepts").length;
  }

  #isWell(app: AppName): boolean {
    const { store, machine } = this.#scene;
    return store.instances.alive(app).every(({ id, phase }) => phase === "serving" && machine.isRunning(id));
  }

  #operation(app: AppName): OperationRecord | undefined {
    const id = this.#running.get(app);
    return id === undefined ? undefined : this.#scene.store.operations.get(id);
  }

  /** How many routed instances the running operation is to leave, as far as it is known. */
  #wantedOf(app: AppName): number {
    const operation = this.#operation(app);
    if (operation === undefined || isEnded(operation.status)) return Number.POSITIVE_INFINITY;
    const { request, facts } = operation;
    if (request.kind === "destroy") return 0;
    const formation = facts.formation;
    if (formation === undefined) return Number.POSITIVE_INFINITY;
    const type = routedType(Object.keys(formation));
    return type === undefined ? 0 : (quantityOf(formation, type) ?? 0);
  }
}
