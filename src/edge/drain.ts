import type { Server } from "node:http";
import type { EdgeContext } from "./edge-context.ts";

/** How often the drain looks whether everything is done. */
const LOOK_MS = 20;

/**
 * Stops accepting, lets what is open finish with `Connection: close`, and cuts what is left after `drainMs` (H24).
 * Resolves when nothing is open, or when what was cut had its time to close. router.md §7.
 */
export async function drainFront(context: EdgeContext, server: Server): Promise<void> {
  const { clock, limits, open } = context;
  context.isDraining = true;
  server.close();
  const isEmptyBy = async (deadlineMs: number): Promise<boolean> => {
    while (open.size > 0 && clock.now() < deadlineMs) {
      await clock.sleep(LOOK_MS);
      // A connection whose last answer had begun before the drain said keep-alive: nobody will answer on it again.
      server.closeIdleConnections();
    }
    return open.size === 0;
  };
  if (await isEmptyBy(clock.now() + limits.drainMs)) return;
  context.log.say("drain-cut", { openCount: open.size });
  for (const each of open) each.cut();
  await isEmptyBy(clock.now() + limits.closeFrameMs + LOOK_MS);
}
