import { isProcessAlive } from "../../lib/process-alive.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { visible } from "../output/text.ts";
import { ensureServer, leftBehind, readServerFile, serverStatus } from "../server-process.ts";
import { stopEverything } from "../server-stop.ts";

/** `portside down`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { screen, environment } = context;
  const request = { keepInstances: input.switches.has("keep-apps") };
  if (!request.keepInstances && (await isHeadless(context))) {
    // Only a server knows how to find the instances and stop them.
    screen.line("No server is running, but what it started is; starting it once more to stop that.");
    await ensureServer(context, undefined);
  }
  const stopped = await stopEverything(context, request);
  if (stopped === undefined) screen.line(`Portside is not running (home ${visible(environment.home)})`);
  const told = stopped === undefined ? null : { pid: stopped.status.pid, apps: stopped.apps.map((app) => app.name) };
  screen.result({ running: false, stopped: told }, () => []);
  return 0;
}

/** Whether instances may run although no server does: instances and router outlive a server that was killed. */
async function isHeadless(context: CommandContext): Promise<boolean> {
  if ((await serverStatus(context)) !== undefined) return false;
  // A clean end removes `server.json`; one that names a dead process was left by a server that was killed.
  const file = readServerFile(context.environment.home);
  if (file !== undefined && !isProcessAlive(file.pid)) return true;
  return (await leftBehind(context)) !== undefined;
}
