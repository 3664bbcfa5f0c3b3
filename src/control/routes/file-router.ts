import type { Clock } from "../../lib/clock.ts";
import { writeFileAtomic } from "../../lib/files.ts";
import type { AppName } from "../../model/app.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Home } from "../../model/home.ts";
import type { InstanceId } from "../../model/instance.ts";
import type { EdgeStatus, RouteTable } from "../../model/route-table.ts";
import { askEdge, cutAtEdge } from "./edge-client.ts";
import { defaultHost } from "./route-table.ts";
import type { Router } from "./router.ts";

const POLL_MS = 10;
const DRAIN_POLL_MS = 50;
const PUBLISH_LIMIT_MS = 10_000;
const HTTP_PORT = 80;

/** The router of one machine: a table file that the edge process watches, and its status socket. */
export class FileRouter implements Router {
  readonly #home: Pick<Home, "routeTable" | "edgeSocket">;
  readonly #clock: Clock;
  #status: EdgeStatus | undefined;

  constructor(home: Pick<Home, "routeTable" | "edgeSocket">, clock: Clock) {
    this.#home = home;
    this.#clock = clock;
  }

  write(table: RouteTable): void {
    writeFileAtomic(this.#home.routeTable, JSON.stringify(table));
  }

  async publish(table: RouteTable, signal: AbortSignal): Promise<void> {
    this.write(table);
    const deadline = this.#clock.now() + PUBLISH_LIMIT_MS;
    while (((await this.refresh())?.tableVersion ?? 0) < table.version) {
      if (this.#clock.now() >= deadline)
        throw new PortsideError("E_EDGE_UNAVAILABLE", { problem: "it has not taken over the new routes" });
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  async drain(instances: readonly InstanceId[], limitMs: number, signal: AbortSignal): Promise<"drained" | "cut"> {
    const deadline = this.#clock.now() + limitMs;
    for (;;) {
      const active = (await this.refresh())?.active ?? {};
      if (instances.every((id) => (active[id] ?? 0) === 0)) return "drained";
      if (this.#clock.now() >= deadline) break;
      await this.#clock.sleep(DRAIN_POLL_MS, signal);
    }
    await cutAtEdge(this.#home.edgeSocket, instances);
    return "cut";
  }

  urlOf(app: AppName): string | undefined {
    const port = this.#status?.port;
    if (port === undefined) return undefined;
    return port === HTTP_PORT ? `http://${defaultHost(app)}` : `http://${defaultHost(app)}:${port}`;
  }

  /** Asks the edge; `undefined` when none answers. */
  async refresh(): Promise<EdgeStatus | undefined> {
    this.#status = await askEdge(this.#home.edgeSocket);
    return this.#status;
  }

  /** What the edge said last. */
  get status(): EdgeStatus | undefined {
    return this.#status;
  }
}
