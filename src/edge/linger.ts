import type { IncomingMessage } from "node:http";
import type { EdgeContext } from "./edge-context.ts";

/**
 * Reads and drops what is left of an upload after its answer, for at most `lingerMs`: a connection closed with unread
 * bytes is reset, and the answer is lost with it.
 */
export function swallowRest(context: Pick<EdgeContext, "timers" | "limits">, req: IncomingMessage): void {
  if (req.complete || req.socket.destroyed) return;
  const linger = context.timers.after(context.limits.lingerMs, () => req.socket.destroy());
  req.once("end", () => linger.cancel());
  req.once("close", () => linger.cancel());
  req.resume();
}
