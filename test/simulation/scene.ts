import type { Store } from "../../src/control/store/store.ts";
import type { FakeClock } from "../../src/lib/fake-clock.ts";
import type { Database } from "../../src/lib/sqlite.ts";
import type { AppName } from "../../src/model/app.ts";
import type { InstanceId } from "../../src/model/instance.ts";
import type { BuilderDisk } from "./simulated-builder.ts";
import type { SimulatedEdge } from "./simulated-edge.ts";
import type { SimulatedMachine } from "./simulated-machine.ts";

/** What the scenario itself did to instances: what may be missing because of it is nobody's fault. */
export class Disturbances {
  readonly killed = new Set<InstanceId>();
  readonly #counts = new Map<AppName, number>();
  /** The platform is stopping everything on purpose. */
  isShuttingDown = false;

  note(app: AppName, ids: readonly InstanceId[]): void {
    for (const id of ids) this.killed.add(id);
    this.#counts.set(app, this.countOf(app) + 1);
  }

  countOf(app: AppName): number {
    return this.#counts.get(app) ?? 0;
  }
}

/** All that outlives the control plane, as the checks see it: they read, and tell what is wrong. */
export type Scene = {
  readonly clock: FakeClock;
  readonly machine: SimulatedMachine;
  readonly edge: SimulatedEdge;
  readonly disk: BuilderDisk;
  /** Reads the same database as the control plane, past its life. */
  readonly database: Database;
  readonly store: Store;
  readonly disturbances: Disturbances;
  /** Something that must not be. */
  readonly problem: (text: string) => void;
};
