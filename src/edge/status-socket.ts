import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createServer } from "../lib/node-http.ts";
import type { EdgeStatus } from "../model/route-table.ts";
import type { EdgeContext } from "./edge-context.ts";

/** Bytes of a `/cut` order. */
const BODY_BYTES_MAX = 1_048_576;

/** An open status socket; `close` also removes it, when it is still ours. */
export type StatusSocket = { close(): void };

/**
 * `GET /status` and `POST /cut` on the edge's own Unix socket, 0600. security.md rule 22.
 * The socket is made under another name and renamed onto `path`: a stale file is replaced in one step, and closing never
 * removes the socket of an edge that came after. Rejects when it cannot be made.
 */
export async function openStatusSocket(context: EdgeContext, path: string, pid: number): Promise<StatusSocket> {
  const server = createServer((req, res) => {
    answer(context, pid, { req, res }).catch((error: unknown) => {
      context.log.say("status-failed", { problem: String(error) });
      res.destroy();
    });
  });
  const temporary = join(dirname(path), `.e${pid}`);
  rmSync(temporary, { force: true });
  server.listen(temporary);
  await once(server, "listening");
  chmodSync(temporary, 0o600);
  const ours = statSync(temporary).ino;
  renameSync(temporary, path);
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
      if (statSync(path, { throwIfNoEntry: false })?.ino === ours) rmSync(path, { force: true });
    },
  };
}

type Call = { readonly req: IncomingMessage; readonly res: ServerResponse };

async function answer(context: EdgeContext, pid: number, { req, res }: Call): Promise<void> {
  if (req.url === "/status") {
    if (req.method !== "GET") return send(res, 405, { problem: "only GET" });
    const { table, counters, port } = context;
    const status: EdgeStatus = { pid, port, tableVersion: table.version, active: table.active() };
    return send(res, 200, { ...status, openCount: context.open.size, counters });
  }
  if (req.url === "/cut") {
    if (req.method !== "POST") return send(res, 405, { problem: "only POST" });
    const instances = parseCut(await readBody(req));
    if (instances === undefined) return send(res, 400, { problem: 'expected {"instances":[…]}' });
    return send(res, 200, { cutCount: context.table.cut(instances) });
  }
  return send(res, 404, { problem: "no such path" });
}

function send(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Empty when it is longer than allowed. */
async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseCut(rawText: string): string[] | undefined {
  try {
    const raw: unknown = JSON.parse(rawText);
    const instances = typeof raw === "object" && raw !== null && "instances" in raw ? raw.instances : undefined;
    return Array.isArray(instances) && instances.every((each) => typeof each === "string") ? instances : undefined;
  } catch {
    return undefined;
  }
}
