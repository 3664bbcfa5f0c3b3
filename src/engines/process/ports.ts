import { createServer } from "node:net";
import { hasCode } from "../../lib/files.ts";
import type { Random } from "../../lib/random.ts";

/** Below the ports systems give to outgoing connections (from 32768), above what services usually take. */
export const PORT_MIN = 10_000;
export const PORT_MAX = 29_999;
const TRIES_MAX = 500;

/**
 * A port that is not in `taken` and that nobody listens on now. Drawn at random: a port that was just freed rests,
 * and two Portsides on one machine do not meet. Undefined when none was found.
 */
export async function findFreePort(taken: ReadonlySet<number>, random: Random): Promise<number | undefined> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const port = PORT_MIN + (random.bytes(4).readUInt32BE() % (PORT_MAX - PORT_MIN + 1));
    if (!taken.has(port) && (await canBind(port, "0.0.0.0")) && (await canBind(port, "::"))) return port;
  }
  return undefined;
}

/** Whether a listener there would succeed now. An address family the machine lacks is no hindrance. */
function canBind(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(hasCode(error, "EAFNOSUPPORT", "EADDRNOTAVAIL")));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
