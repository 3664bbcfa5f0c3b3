import type { AppName } from "../model/app.ts";
import type { InstanceId } from "../model/instance.ts";
import type { Route, RouteTable, RouteTarget } from "../model/route-table.ts";
import type { EdgeLimits } from "./limits.ts";
import { LiveInstance } from "./live-instance.ts";
import { indexByHost } from "./route-match.ts";

/** A route of the served table with its instances. */
export type LiveRoute = {
  readonly app: AppName;
  readonly hosts: readonly string[];
  readonly state: Route["state"];
  readonly instances: readonly LiveInstance[];
};

/**
 * The table being served, swapped in one step, and every instance that still carries something. router.md §7.
 * An instance that is in the old and the new table keeps its connections and its quarantine.
 */
export class LiveTable {
  readonly #limits: EdgeLimits;
  readonly #onSwap: () => void;
  #version = 0;
  #routes: ReadonlyMap<string, LiveRoute> = new Map();
  #current = new Map<InstanceId, LiveInstance>();
  /** Left the table, carry something still. */
  readonly #departed = new Set<LiveInstance>();

  constructor(limits: EdgeLimits, onSwap: () => void) {
    this.#limits = limits;
    this.#onSwap = onSwap;
  }

  /** 0 before the first table. */
  get version(): number {
    return this.#version;
  }

  find(host: string): LiveRoute | undefined {
    return this.#routes.get(host);
  }

  swap(table: RouteTable): void {
    const next = new Map<InstanceId, LiveInstance>();
    const routes = table.routes.map((route): LiveRoute => {
      const instances = route.targets.map((target) => this.#take(target, next));
      return { app: route.app, hosts: route.hosts, state: route.state, instances };
    });
    const before = this.#current;
    this.#routes = indexByHost(routes);
    this.#current = next;
    this.#version = table.version;
    for (const instance of before.values()) {
      if (next.get(instance.target.instance) === instance) continue;
      instance.depart();
      this.#departed.add(instance);
    }
    this.#forgetDone();
    this.#onSwap();
  }

  /** Open requests and upgraded connections by instance id; those without any are left out. */
  active(): Record<InstanceId, number> {
    this.#forgetDone();
    const counts: Record<InstanceId, number> = {};
    for (const { target, activeCount } of this.#known()) {
      if (activeCount > 0) counts[target.instance] = (counts[target.instance] ?? 0) + activeCount;
    }
    return counts;
  }

  /** Ends everything these instances carry (contract §10, end of the drain); gives how much that was. */
  cut(instances: readonly InstanceId[]): number {
    const wanted = new Set(instances);
    const carried = this.#known()
      .filter((instance) => wanted.has(instance.target.instance))
      .flatMap((instance) => instance.carried());
    for (const each of carried) each.cut();
    return carried.length;
  }

  /** All connections that carry nothing are closed, the others when they are done. */
  close(): void {
    for (const instance of this.#known()) instance.depart();
  }

  #known(): readonly LiveInstance[] {
    return [...this.#current.values(), ...this.#departed];
  }

  #take(target: RouteTarget, next: Map<InstanceId, LiveInstance>): LiveInstance {
    const known = next.get(target.instance) ?? this.#current.get(target.instance);
    const isSame = known?.target.host === target.host && known.target.port === target.port;
    const instance = known !== undefined && isSame ? known : new LiveInstance(target, this.#limits);
    next.set(target.instance, instance);
    return instance;
  }

  #forgetDone(): void {
    for (const instance of this.#departed) if (instance.activeCount === 0) this.#departed.delete(instance);
  }
}
