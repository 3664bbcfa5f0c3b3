// The load of lost-requests.ts, in a process of its own: keep-alive connections that ask again and again until told to stop.
// `node bench/load-client.ts PORT HOST`; counts go to the parent when it sends a message. Loopback only; bounded in count and time.
import { Agent, request } from "node:http";

const CONNECTION_COUNT = 16;
const PAUSE_MS = 40;
const REQUESTS_MAX = 500_000;
const LIFE_MAX_MS = 20 * 60_000;
const REQUEST_LIMIT_MS = 40_000;
/** Every fourth request has a body, which no router may send twice. */
const POST_EVERY = 4;

const [rawPort = "", host = ""] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTION_COUNT, maxFreeSockets: CONNECTION_COUNT });
const counts = { sent: 0, answered: 0, lost: 0, sockets: 0, problems: {} as Record<string, number>, slowestMs: 0 };
const startedAt = performance.now();
let stopping = false;

function ask(isPost: boolean): Promise<string> {
  const body = "name=load&text=one+line";
  const post = {
    method: "POST",
    path: "/entries",
    headers: { host, "content-type": "application/x-www-form-urlencoded", "content-length": body.length },
  };
  const options = isPost ? post : { method: "GET", path: "/", headers: { host } };
  return new Promise((resolve) => {
    const asked = request(
      { ...options, agent, host: "127.0.0.1", port: Number(rawPort), timeout: REQUEST_LIMIT_MS },
      (response) => {
        response.resume();
        response.on("end", () =>
          resolve(
            response.statusCode === (isPost ? 303 : 200) && response.complete ? "ok" : `status ${response.statusCode}`,
          ),
        );
        response.on("error", (error) => resolve(error.message));
      },
    );
    asked.on("socket", (socket) => {
      if (!asked.reusedSocket) counts.sockets += 1;
      socket.setNoDelay(true);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", (error) => resolve(error.message));
    asked.end(isPost ? body : undefined);
  });
}

async function connection(): Promise<void> {
  while (!stopping && counts.sent < REQUESTS_MAX && performance.now() - startedAt < LIFE_MAX_MS) {
    counts.sent += 1;
    const askedAt = performance.now();
    const outcome = await ask(counts.sent % POST_EVERY === 0);
    counts.slowestMs = Math.max(counts.slowestMs, performance.now() - askedAt);
    if (outcome === "ok") counts.answered += 1;
    else {
      counts.lost += 1;
      counts.problems[outcome] = (counts.problems[outcome] ?? 0) + 1;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

process.once("message", () => (stopping = true));
process.once("disconnect", () => process.exit(1));
process.send?.("ready");
await Promise.all(Array.from({ length: CONNECTION_COUNT }, connection));
agent.destroy();
process.send?.(counts);
process.removeAllListeners("disconnect");
process.disconnect?.();
