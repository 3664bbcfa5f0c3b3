import { once } from "node:events";
import type { Server } from "node:http";
import { parseArgs } from "node:util";
import { bufferedRandom } from "../lib/buffered-random.ts";
import { systemClock } from "../lib/clock.ts";
import { hasCode } from "../lib/files.ts";
import { systemRandom } from "../lib/random.ts";
import { systemTimers } from "../lib/timer.ts";
import { AccessLog } from "./access-log.ts";
import { drainFront } from "./drain.ts";
import type { EdgeContext } from "./edge-context.ts";
import { edgeLog, newCounters, type EdgeLog } from "./edge-log.ts";
import { Front } from "./front.ts";
import { DEFAULT_LIMITS, parseLimits, type EdgeLimits } from "./limits.ts";
import { LiveTable } from "./live-table.ts";
import { openStatusSocket } from "./status-socket.ts";
import { followTableFile } from "./table-file.ts";
import { WaitingLine } from "./waiting-line.ts";

/** The command line of an edge process. */
type EdgeOptions = {
  readonly table: string;
  readonly socket: string;
  readonly accessLog: string;
  readonly host: string;
  readonly port: number;
  readonly portAttempts: number;
  readonly limits: EdgeLimits;
};

/** Exit status for arguments that make no sense. */
const EXIT_USAGE = 2;

/**
 * The edge process: serves until SIGTERM, then drains and exits with 0. Nothing else ends it: a control plane that is
 * gone, a closed output and a signal meant for the terminal's foreground group are none of its business.
 */
export async function runEdge(argv: readonly string[]): Promise<void> {
  const log = edgeLog(systemClock, writeToStdout());
  const options = readOptions(argv, log);
  if (options === undefined) return exit(EXIT_USAGE);
  process.umask(0o077);
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);
  const asked = once(process, "SIGTERM");
  // Asked again while draining: it is draining.
  process.on("SIGTERM", () => undefined);
  const context = createContext(options, log);
  // One request's surprise must not take all others down, and with the control plane gone nobody would restart us.
  process.on("uncaughtException", (error) => {
    context.counters.internalErrors += 1;
    log.say("internal-error", { problem: error.stack ?? String(error) });
  });
  try {
    await serve(context, options, asked);
    exit(0);
  } catch (error) {
    log.say("failed", { problem: error instanceof Error ? error.message : String(error) });
    exit(1);
  }
}

async function serve(context: EdgeContext, options: EdgeOptions, asked: Promise<unknown>): Promise<void> {
  const front = new Front(context);
  const tableWatch = followTableFile({
    path: options.table,
    limits: context.limits,
    log: context.log,
    onTable: (table) => context.table.swap(table),
  });
  context.port = await listenOnFree(front.server, options);
  const status = await openStatusSocket(context, options.socket, process.pid);
  context.log.say("listening", { port: context.port, wantedPort: options.port, pid: process.pid });
  await asked;
  context.log.say("draining", { openCount: context.open.size });
  await drainFront(context, front.server);
  tableWatch.close();
  context.table.close();
  await context.accessLog.close();
  context.log.say("stopped", { ...context.counters });
  status.close();
}

function createContext(options: EdgeOptions, log: EdgeLog): EdgeContext {
  const { limits } = options;
  const counters = newCounters();
  const waiting = new WaitingLine(limits.holdPollMs);
  const shared = { clock: systemClock, timers: systemTimers, limits, log, counters };
  return {
    ...shared,
    random: bufferedRandom(systemRandom),
    table: new LiveTable(limits, () => waiting.wake()),
    waiting,
    accessLog: new AccessLog({ ...shared, path: options.accessLog }),
    open: new Set(),
    port: 0,
    isDraining: false,
  };
}

/** The first port from `port` on that is free. Throws when none of `portAttempts` is. */
async function listenOnFree(server: Server, options: EdgeOptions): Promise<number> {
  const last = options.port + options.portAttempts - 1;
  for (let port = options.port; port <= last; port += 1) {
    try {
      server.listen({ port, host: options.host });
      await once(server, "listening");
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : port;
    } catch (error) {
      if (!hasCode(error, "EADDRINUSE", "EACCES")) throw error;
    }
  }
  throw new Error(`no port from ${options.port} to ${last} is free on ${options.host}`);
}

function readOptions(argv: readonly string[], log: EdgeLog): EdgeOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        table: { type: "string" },
        socket: { type: "string" },
        "access-log": { type: "string" },
        host: { type: "string", default: "0.0.0.0" },
        port: { type: "string", default: "8080" },
        "port-attempts": { type: "string", default: "1" },
        limits: { type: "string" },
      },
    });
    return {
      table: needed("table", values.table),
      socket: needed("socket", values.socket),
      accessLog: needed("access-log", values["access-log"]),
      host: values.host,
      port: wholeNumber("port", values.port, { min: 0, max: 65_535 }),
      portAttempts: wholeNumber("port-attempts", values["port-attempts"], { min: 1, max: 1_000 }),
      limits: values.limits === undefined ? DEFAULT_LIMITS : parseLimits(values.limits),
    };
  } catch (error) {
    log.say("usage", { problem: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function needed(name: string, value: string | undefined): string {
  if (value === undefined || value === "") throw new Error(`--${name} is missing`);
  return value;
}

function wholeNumber(name: string, raw: string, range: { readonly min: number; readonly max: number }): number {
  const value = /^\d+$/.test(raw) ? Number(raw) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new Error(`--${name} must be a whole number from ${range.min} to ${range.max}`);
}

/** A reader that went away must not end the edge: writes to nobody are dropped. */
function writeToStdout(): (line: string) => void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  return (line) => {
    process.stdout.write(line);
  };
}

/** Ends the process even while idle connections are open; there is nothing left to lose. */
function exit(status: number): void {
  process.exitCode = status;
  process.stdout.write("", () => process.exit(status));
}
