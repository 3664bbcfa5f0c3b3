import type { AppList, AppView } from "../wire/apps.ts";
import type { PlatformStatus, ShutdownRequest } from "../wire/platform.ts";
import { isDisconnect } from "./api-client.ts";
import type { CommandContext } from "./command.ts";
import { interruptedError } from "./failure.ts";
import { visible } from "./output/text.ts";
import { awaitGone, serverStatus } from "./server-process.ts";

/** What was running and is gone now. */
export type Stopped = { readonly status: PlatformStatus; readonly apps: readonly AppView[] };

/**
 * Asks the server to stop, waits until its process is gone and says what was stopped. Gives `undefined` when none ran.
 * E_TIME_LIMIT after 60 s.
 */
export async function stopEverything(context: CommandContext, request: ShutdownRequest): Promise<Stopped | undefined> {
  const status = await serverStatus(context);
  if (status === undefined) return undefined;
  const { screen, client, signal } = context;
  const apps = status.state === "stopping" ? [] : await runningApps(context);
  screen.live((frame) => `  ${screen.style.cyan(frame)} stopping`);
  try {
    if (status.state === "running") await client.send("POST", "/v1/shutdown", { body: request, signal });
    await awaitGone(context, status.pid);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw interruptedError(
      "Interrupted while Portside was stopping.",
      "It goes on stopping: `portside status` shows it.",
    );
  } finally {
    screen.live(undefined);
  }
  const kept = request.keepInstances === true;
  for (const app of apps) screen.line(`${kept ? "Left running" : "Stopped"} ${visible(app.name)}${counts(app)}`);
  const port = status.edge.port === null ? "" : ` on port ${status.edge.port}`;
  const router = kept ? `; its router${port} goes on` : ` and its router${port}`;
  screen.line(`Stopped Portside (process ${status.pid})${router}`);
  return { status, apps };
}

async function runningApps(context: CommandContext): Promise<readonly AppView[]> {
  try {
    return (await context.client.get<AppList>("/v1/apps", context.signal)).apps.filter((app) =>
      Object.values(app.serving).some((count) => count > 0),
    );
  } catch (error) {
    // It went away by itself in between; the wait for its process tells the rest.
    if (isDisconnect(error)) return [];
    throw error;
  }
}

function counts(app: AppView): string {
  const types = Object.entries(app.serving).filter(([, count]) => count > 0);
  return ` (${types.map(([type, count]) => `${visible(type)} ${count}`).join(", ")})`;
}
