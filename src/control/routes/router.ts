import type { AppName } from "../../model/app.ts";
import type { InstanceId } from "../../model/instance.ts";
import type { RouteTable } from "../../model/route-table.ts";

/** Control's view of the edge processes; the simulator gives its own. */
export type Router = {
  /** Replaces the table and resolves when the edge serves it. E_EDGE_UNAVAILABLE when it does not within the limit. */
  publish(table: RouteTable, signal: AbortSignal): Promise<void>;
  /** Writes the table without waiting for the edge: for changes that nobody waits for. */
  write(table: RouteTable): void;
  /** Resolves when none of these instances has an open request, or after `limitMs` when what was left has been cut; tells which. */
  drain(instances: readonly InstanceId[], limitMs: number, signal: AbortSignal): Promise<"drained" | "cut">;
  /** `http://guestbook.localhost:8080`, when the edge has a port. Says nothing about whether the app is routed. */
  urlOf(app: AppName): string | undefined;
};
