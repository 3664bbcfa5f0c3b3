import type { AppName } from "./app.ts";
import type { InstanceId } from "./instance.ts";

/** Newest schema this code writes and reads; the edge keeps its last good table when a file says otherwise. */
export const ROUTE_TABLE_SCHEMA = 1;

/** One instance that requests may go to. */
export type RouteTarget = {
  readonly instance: InstanceId;
  readonly name: string;
  readonly host: string;
  readonly port: number;
};

/** Where one app's requests go. */
export type Route = {
  readonly app: AppName;
  /** Exact host names, lower case, without port. */
  readonly hosts: readonly string[];
  /** `serving`: to the targets. `stopped`: quantity 0 (H14). `crashed`: none is alive (H10). `blank`: no release (H81). */
  readonly state: "serving" | "stopped" | "crashed" | "blank";
  readonly targets: readonly RouteTarget[];
};

/**
 * All routes. Written by control, whole, on every change. Read by edge, which swaps it in one step.
 * Stored as one JSON file, replaced atomically.
 */
export type RouteTable = {
  readonly schema: number;
  /** Grows with every change; the edge reports the one it serves. */
  readonly version: number;
  readonly routes: readonly Route[];
};

/**
 * What an edge process says about itself. Written by edge. Read by control, which waits for a version or a drain.
 * Not stored: answered on the edge's own Unix socket, `GET /status`.
 */
export type EdgeStatus = {
  readonly pid: number;
  readonly port: number;
  /** Version of the table being served; 0 before the first. */
  readonly tableVersion: number;
  /** Open requests and upgraded connections by instance id; instances without any are left out. */
  readonly active: Readonly<Record<InstanceId, number>>;
};
