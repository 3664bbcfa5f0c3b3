import { request } from "node:http";
import type { InstanceId } from "../../model/instance.ts";
import type { EdgeStatus } from "../../model/route-table.ts";

const LIMIT_MS = 2_000;

/** What the edge process says about itself, or `undefined` when none answers on the socket. */
export async function askEdge(socketPath: string): Promise<EdgeStatus | undefined> {
  const answer = await call(socketPath, { method: "GET", path: "/status" });
  return answer === undefined ? undefined : (JSON.parse(answer) as EdgeStatus);
}

/** Cuts the requests and connections that these instances still have. */
export async function cutAtEdge(socketPath: string, instances: readonly InstanceId[]): Promise<void> {
  await call(socketPath, { method: "POST", path: "/cut", body: JSON.stringify({ instances }) });
}

function call(
  socketPath: string,
  options: { method: string; path: string; body?: string },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { body, ...rest } = options;
    const headers =
      body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request({ ...rest, socketPath, headers, agent: false, timeout: LIMIT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.on("error", () => resolve(undefined));
    });
    sent.on("timeout", () => sent.destroy());
    // No edge behind the socket is an answer too.
    sent.on("error", () => resolve(undefined));
    sent.end(body);
  });
}
