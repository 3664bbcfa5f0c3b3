import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Timers } from "../lib/timer.ts";
import type { AccessLog } from "./access-log.ts";
import type { EdgeCounters, EdgeLog } from "./edge-log.ts";
import type { EdgeLimits } from "./limits.ts";
import type { Carried } from "./live-instance.ts";
import type { LiveTable } from "./live-table.ts";
import type { WaitingLine } from "./waiting-line.ts";

/** What every part of the running edge shares. Made once by main.ts. */
export type EdgeContext = {
  readonly limits: EdgeLimits;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly table: LiveTable;
  readonly waiting: WaitingLine;
  readonly accessLog: AccessLog;
  readonly counters: EdgeCounters;
  readonly log: EdgeLog;
  /** Requests and upgraded connections that have not ended. */
  readonly open: Set<Carried>;
  /** The port clients reach; 0 before it listens. */
  port: number;
  /** After SIGTERM: answers say `Connection: close`. */
  isDraining: boolean;
};
