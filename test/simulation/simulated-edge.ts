import type { Router } from "../../src/control/routes/router.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { AppName } from "../../src/model/app.ts";
import { PortsideError } from "../../src/model/error-registry.ts";
import type { InstanceId } from "../../src/model/instance.ts";
import type { RouteTable, RouteTarget } from "../../src/model/route-table.ts";
import type { Chance } from "./chance.ts";

const PUBLISH_LIMIT_MS = 10_000;
const POLL_MS = 50;

/**
 * The edge process and the table file before it. It takes a while to see a new file, has requests open, can be down, and
 * knows nothing of the control plane.
 */
export class SimulatedEdge {
  readonly #clock: Clock;
  readonly #chance: Chance;
  /** Called whenever another table is served; the new one is `served`. */
  onTakeOver: () => void = () => undefined;
  #file: RouteTable | undefined;
  #served: RouteTable | undefined;
  #isUp = true;
  /** When each open request of an instance ends by itself. */
  readonly #requests = new Map<InstanceId, number[]>();

  constructor(clock: Clock, chance: Chance) {
    this.#clock = clock;
    this.#chance = chance;
  }

  /** The table that requests follow now; none while it is down. */
  get served(): RouteTable | undefined {
    return this.#served;
  }

  /** Whether it is up and serves what was written last. */
  get isCurrent(): boolean {
    return this.#isUp && this.#file?.version === this.#served?.version;
  }

  write(table: RouteTable): void {
    this.#file = table;
    const delayMs = this.#chance.weighted([
      [70, this.#chance.int(0, 20)],
      [25, this.#chance.int(20, 200)],
      [5, this.#chance.int(500, 2_000)],
    ]);
    void this.#clock.sleep(delayMs).then(() => this.#takeOver());
  }

  /** It dies, and comes back with the file that is there then. Its requests end with it. */
  async restart(downMs: number): Promise<void> {
    this.#isUp = false;
    this.#served = undefined;
    this.#requests.clear();
    await this.#clock.sleep(downMs);
    this.#isUp = true;
    this.#takeOver();
  }

  /** Open requests of an instance. */
  activeOf(instance: InstanceId): number {
    return (this.#requests.get(instance) ?? []).filter((endsAt) => endsAt > this.#clock.now()).length;
  }

  cut(instance: InstanceId): void {
    this.#requests.delete(instance);
  }

  targetsOf(app: AppName): readonly RouteTarget[] {
    return this.#served?.routes.find((route) => route.app === app)?.targets ?? [];
  }

  #takeOver(): void {
    if (!this.#isUp || this.#file === undefined || this.#file.version === this.#served?.version) return;
    const before = this.#served?.routes.flatMap((route) => route.targets) ?? [];
    this.#served = this.#file;
    // A request that came in just before the switch is what a drain is for; so is the first one behind it.
    for (const { instance } of [...before, ...this.#served.routes.flatMap((route) => route.targets)])
      this.#request(instance);
    this.onTakeOver();
  }

  #request(instance: InstanceId): void {
    const lastsMs = this.#chance.weighted([
      [70, this.#chance.int(0, 300)],
      [25, this.#chance.int(500, 3_000)],
      [5, 20_000],
    ]);
    const open = (this.#requests.get(instance) ?? []).filter((endsAt) => endsAt > this.#clock.now());
    this.#requests.set(instance, [...open, this.#clock.now() + lastsMs]);
  }
}

/** Control's view of the edge; one for each life of the control plane. */
export class SimulatedRouter implements Router {
  readonly #edge: SimulatedEdge;
  readonly #clock: Clock;

  constructor(edge: SimulatedEdge, clock: Clock) {
    this.#edge = edge;
    this.#clock = clock;
  }

  write(table: RouteTable): void {
    this.#edge.write(table);
  }

  async publish(table: RouteTable, signal: AbortSignal): Promise<void> {
    this.write(table);
    const deadline = this.#clock.now() + PUBLISH_LIMIT_MS;
    while ((this.#edge.served?.version ?? 0) < table.version) {
      if (this.#clock.now() >= deadline)
        throw new PortsideError("E_EDGE_UNAVAILABLE", { problem: "the scenario took it down" });
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  async drain(instances: readonly InstanceId[], limitMs: number, signal: AbortSignal): Promise<"drained" | "cut"> {
    const deadline = this.#clock.now() + limitMs;
    while (instances.some((id) => this.#edge.activeOf(id) > 0)) {
      if (this.#clock.now() >= deadline) {
        for (const id of instances) this.#edge.cut(id);
        return "cut";
      }
      await this.#clock.sleep(POLL_MS, signal);
    }
    return "drained";
  }

  urlOf(app: AppName): string {
    return `http://${app}.localhost:8080`;
  }
}
