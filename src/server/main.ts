import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import type { Log } from "../control/world.ts";
import { readTextIfExists } from "../lib/files.ts";
import { tryLock } from "../lib/sqlite.ts";
import { PortsideError } from "../model/error-registry.ts";
import { homeAt } from "../model/home.ts";
import { startServer, type Server } from "./compose.ts";
import { prepareHome } from "./prepare-home.ts";
import { readSettings } from "./settings.ts";

const PACKAGE_FILE = join(fileURLToPath(new URL("../..", import.meta.url)), "package.json");

/** portsided: one per home. Ends with 0 when another one has the home already: whoever started it finds that one's socket. */
export async function runServer(processHandle: NodeJS.Process): Promise<void> {
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const log: Log = ({ level, ...fields }) => logger[level](fields);
  processHandle.umask(0o077);
  try {
    const settings = readSettings(processHandle.env, processHandle.execPath);
    const home = homeAt(settings.homeRoot);
    prepareHome(home);
    const lock = tryLock(home.lock);
    if (lock === undefined) return log({ level: "info", msg: "another portsided already serves this home" });
    const end = endOnce(processHandle, log, () => {
      rmSync(home.serverFile, { force: true });
      lock.release();
    });
    const server = await startServer({
      home,
      settings,
      version: readVersion(),
      log,
      onShutdown: (how) => end(server, !how.keepInstances),
    });
    for (const signal of ["SIGTERM", "SIGINT"] as const) processHandle.on(signal, () => end(server, false));
  } catch (error) {
    report(error, log);
    processHandle.exitCode = 1;
    processHandle.exit();
  }
}

/** Instances outlive a signalled control plane; only an asked-for shutdown stops them. */
function endOnce(
  processHandle: NodeJS.Process,
  log: Log,
  cleanUp: () => void,
): (server: Server, stopInstances: boolean) => void {
  let ending = false;
  return (server, stopInstances) => {
    if (ending) return;
    ending = true;
    log({ level: "info", msg: "stopping", stopInstances });
    server.close({ stopInstances }).then(
      () => {
        cleanUp();
        processHandle.exit(0);
      },
      (error: unknown) => {
        report(error, log);
        cleanUp();
        processHandle.exit(1);
      },
    );
  };
}

function report(error: unknown, log: Log): void {
  if (error instanceof PortsideError) log({ level: "error", msg: error.message, code: error.code, hint: error.hint });
  else
    log({
      level: "error",
      msg: error instanceof Error ? (error.stack ?? error.message) : String(error),
      code: "E_INTERNAL",
    });
}

function readVersion(): string {
  const { version } = JSON.parse(readTextIfExists(PACKAGE_FILE) ?? "{}") as { version?: string };
  return version ?? "0.0.0";
}
