import type { Builder } from "../build/builder.ts";
import type { Engine } from "../engines/engine.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { AppContract } from "../model/app-contract.ts";
import type { Parsed } from "../model/diagnostic.ts";
import type { Probe } from "./health/probe.ts";
import type { LogStore } from "./logs/log-store.ts";
import type { Outgoing } from "./outgoing/outgoing.ts";
import type { Router } from "./routes/router.ts";
import type { Store } from "./store/store.ts";

/** How to say something about the platform itself; one JSON line in server.log. Never a config value. */
export type Log = (entry: {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly msg: string;
  readonly [field: string]: unknown;
}) => void;

/** Waits that an operator may change. Milliseconds. */
export type Limits = {
  /** A routed type without a startup check must accept connections within this time. Contract §8: 60 s. */
  readonly bootMs: number;
  /** Another type without a startup check must stay up for this long. Contract §8: 3 s. */
  readonly uptimeMs: number;
  /** In-flight requests of replaced instances may take this long. Contract §10: 30 s. */
  readonly drainMs: number;
  /** Contract §6: 60 min. */
  readonly releaseCommandMs: number;
  /** Each other hook. Contract §6: 60 min. */
  readonly hookMs: number;
  /** How many releases of each app that served can be gone back to. */
  readonly keepReleases: number;
  /** What all artifacts together, and all sources together, may weigh besides what is in use. */
  readonly keepBytes: number;
  /** Builds of this machine that run side by side; the others wait. */
  readonly buildsAtATime: number;
};

export const DEFAULT_LIMITS: Limits = {
  bootMs: 60_000,
  uptimeMs: 3_000,
  drainMs: 30_000,
  releaseCommandMs: 3_600_000,
  hookMs: 3_600_000,
  keepReleases: 10,
  keepBytes: 20 * 1024 ** 3,
  buildsAtATime: 1,
};

/** Everything control works on, given by the composition root; the simulator gives its own. */
export type World = {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly engine: Engine;
  readonly builder: Builder;
  /** Parses the app's files below a directory. */
  readonly readContract: (directory: string) => Promise<Parsed<AppContract>>;
  readonly probe: Probe;
  readonly outgoing: Outgoing;
  readonly router: Router;
  readonly logs: LogStore;
  readonly log: Log;
  readonly limits: Limits;
};
