import { accessSync, constants, mkdirSync, readFileSync, statSync } from "node:fs";
import { readTextIfExists } from "../lib/files.ts";
import { startDetached, type DetachedProgram } from "../lib/detached.ts";
import { isProcessAlive } from "../lib/process-alive.ts";
import { ERRORS, PortsideError, type ErrorCode } from "../model/error-registry.ts";
import { homeAt, type ServerFile } from "../model/home.ts";
import type { EdgeStatus } from "../model/route-table.ts";
import type { PlatformStatus } from "../wire/platform.ts";
import { ApiClient, isDisconnect } from "./api-client.ts";
import type { CommandContext } from "./command.ts";
import { CliError, interruptedError } from "./failure.ts";

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 25;
/** After our server gave way to another one: how long that one may need until it answers. */
const WINNER_LIMIT_MS = 10_000;
const LOG_TAIL_LINES = 20;
/** The shortest limit of any system we run on (macOS: 104 bytes with the final NUL). */
const SOCKET_PATH_BYTES_MAX = 103;

/**
 * Checks that the home can be used, before anything else is tried: E_HOME_UNUSABLE with path and reason.
 * `create` makes it (0700) when it is absent; otherwise an absent home is fine, nothing runs there.
 */
export function checkHome(root: string, create: boolean): void {
  const unusable = (problem: string, cause?: unknown): PortsideError =>
    new PortsideError("E_HOME_UNUSABLE", { path: root, problem }, { cause });
  const { apiSocket, edgeSocket } = homeAt(root);
  if (Math.max(Buffer.byteLength(apiSocket), Buffer.byteLength(edgeSocket)) > SOCKET_PATH_BYTES_MAX) {
    throw unusable(`its path is too long for the sockets in it (${SOCKET_PATH_BYTES_MAX} bytes with their names)`);
  }
  try {
    if (create) mkdirSync(root, { recursive: true, mode: 0o700 });
    if (!statSync(root).isDirectory()) throw unusable("it is not a directory");
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof PortsideError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" && !create) return;
    throw unusable(REASONS[code] ?? (error instanceof Error ? error.message : String(error)), error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of its path is not a directory",
  EEXIST: "it is not a directory",
  ENOSPC: "the disk is full",
};

/** What the server says about itself, or `undefined` when none answers on the home's socket. */
export async function serverStatus(context: CommandContext): Promise<PlatformStatus | undefined> {
  try {
    return await context.client.get<PlatformStatus>("/v1/status", context.signal);
  } catch (error) {
    if (isDisconnect(error)) return undefined;
    throw error;
  }
}

/**
 * A running server: the one that answers, or a new one (`started`), whose router has got its port. Waits for one that
 * is stopping to be gone first. Two callers at once get the same one. Errors: E_SERVER_START with the tail of server.log.
 */
export async function ensureServer(
  context: CommandContext,
  wantedPort: number | undefined,
): Promise<{ readonly status: PlatformStatus; readonly started: boolean }> {
  const found = await serverStatus(context);
  if (found?.state === "running") return { status: found, started: false };
  if (found !== undefined) await awaitGone(context, found.pid);
  const { environment } = context;
  const home = homeAt(environment.home);
  const logStart = logSize(home.serverLog);
  const port: Record<string, string> = wantedPort === undefined ? {} : { PORTSIDE_PORT: String(wantedPort) };
  const server = await startDetached([environment.execPath, context.serverScript], {
    cwd: home.root,
    env: { ...environment.childEnv, ...port, PORTSIDE_HOME: home.root },
    logFile: home.serverLog,
  });
  try {
    const status = await awaitServing(context, server, logStart);
    return { status, started: status.pid === server.pid };
  } catch (error) {
    if (!context.signal.aborted) throw error;
    const hint = "It goes on starting: `portside status` shows it, `portside down` stops it.";
    throw interruptedError("Interrupted while Portside was starting.", hint);
  }
}

/** Until the server answers and its router has a port, or will not get one. */
async function awaitServing(
  context: CommandContext,
  server: DetachedProgram,
  logStart: number,
): Promise<PlatformStatus> {
  const startedAt = context.clock.now();
  let endedAt: number | undefined;
  for (;;) {
    const now = context.clock.now();
    const status = await serverStatus(context);
    const isReady = status?.state === "running" && (status.edge.port !== null || status.edge.state === "down");
    if (status !== undefined && (isReady || now - startedAt > START_LIMIT_MS)) return status;
    if (status === undefined && server.ended() !== undefined) endedAt ??= now;
    // Of two that were started at the same moment one holds the home's lock and will answer soon; the other ends with 0.
    const hasGivenWay = server.ended()?.code === 0 || isAnotherAlive(context, server.pid);
    const isLost = endedAt !== undefined && (!hasGivenWay || now - endedAt > WINNER_LIMIT_MS);
    if (isLost || now - startedAt > START_LIMIT_MS) throw startFailure(context, server, logStart);
    await context.clock.sleep(POLL_MS, context.signal);
  }
}

function isAnotherAlive(context: CommandContext, ownPid: number): boolean {
  const file = readServerFile(context.environment.home);
  return file !== undefined && file.pid !== ownPid && isProcessAlive(file.pid);
}

function startFailure(context: CommandContext, server: DetachedProgram, logStart: number): CliError {
  const { serverLog } = homeAt(context.environment.home);
  const entries = logTail(serverLog, logStart).map(parseLogEntry);
  const named = entries.findLast((entry) => entry.code !== undefined && entry.code !== "E_INTERNAL");
  const { code, message } = new PortsideError("E_SERVER_START", { problem: howItEnded(server) });
  const hint = `Look into ${serverLog}.`;
  if (named?.code !== undefined) {
    return new CliError({
      code: named.code,
      message: named.text,
      hint: named.hint ?? hint,
      exit: ERRORS[named.code].exit,
    });
  }
  return new CliError({ code, message, hint, exit: ERRORS[code].exit, evidence: entries.map((entry) => entry.text) });
}

function howItEnded(server: DetachedProgram): string {
  const ended = server.ended();
  if (ended === undefined) return `it did not answer within ${START_LIMIT_MS / 1000} s`;
  return ended.signal === null ? `it ended with exit code ${ended.code}` : `it was killed by ${ended.signal}`;
}

type LogEntry = { readonly text: string; readonly code?: ErrorCode; readonly hint?: string };

/** A line of server.log: JSON with `msg`, and with `code` and `hint` where the server knew what was wrong; else any text. */
function parseLogEntry(line: string): LogEntry {
  try {
    const entry = JSON.parse(line) as { msg?: unknown; code?: unknown; hint?: unknown };
    if (typeof entry.msg !== "string") return { text: line };
    const isKnown = typeof entry.code === "string" && Object.hasOwn(ERRORS, entry.code);
    const hint = typeof entry.hint === "string" ? { hint: entry.hint } : {};
    return { text: entry.msg, ...(isKnown ? { code: entry.code as ErrorCode } : {}), ...hint };
  } catch {
    // Not written by the server's logger: Node's own words about a crash.
    return { text: line };
  }
}

function logSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function logTail(path: string, start: number): string[] {
  const text = readFileSync(path).subarray(start).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .slice(-LOG_TAIL_LINES);
}

/** What the last server wrote about itself, also when it is dead; `undefined` when there was none or it cannot be read. */
export function readServerFile(root: string): ServerFile | undefined {
  const text = readTextIfExists(homeAt(root).serverFile);
  try {
    const value = JSON.parse(text ?? "null") as ServerFile | null;
    return typeof value?.pid === "number" ? value : undefined;
  } catch {
    // Half a file is no file: the server writes it whole or not at all.
    return undefined;
  }
}

/**
 * The router that goes on while no server runs: after a killed server, or one that was told to keep the apps, which go on
 * as well. `undefined` when none answers.
 */
export async function leftBehind(context: CommandContext): Promise<EdgeStatus | undefined> {
  try {
    const { edgeSocket } = homeAt(context.environment.home);
    return await new ApiClient(edgeSocket).get<EdgeStatus>("/status", context.signal);
  } catch (error) {
    if (context.signal.aborted) throw error;
    // Nobody there, or nobody who speaks like a router.
    return undefined;
  }
}

/** Waits until the server's process is gone. E_TIME_LIMIT after 60 s. */
export async function awaitGone(context: CommandContext, pid: number): Promise<void> {
  const startedAt = context.clock.now();
  while (isProcessAlive(pid)) {
    if (context.clock.now() - startedAt > STOP_LIMIT_MS) {
      throw new PortsideError("E_TIME_LIMIT", {
        what: `Stopping Portside (process ${pid})`,
        limit: `${STOP_LIMIT_MS / 1000} s`,
      });
    }
    await context.clock.sleep(POLL_MS, context.signal);
  }
}
