import type { IncomingMessage, ServerResponse as Response } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ServerResponse } from "../lib/node-http.ts";
import type { EdgeContext } from "./edge-context.ts";
import type { Exchange } from "./exchange.ts";
import { WebSocketRelay } from "./websocket-relay.ts";

/** Only WebSockets are switched; other offers (h2c) are dropped and the request is served as it is. router.md §6. */
export function isWebSocketRequest(req: Pick<IncomingMessage, "method" | "httpVersion" | "headers">): boolean {
  return req.method === "GET" && req.httpVersion === "1.1" && req.headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** A response on a connection that Node's server has given away, for every answer but 101. It closes the connection. */
export function responseOn(req: IncomingMessage, socket: Socket): Response {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  socket.on("error", () => socket.destroy());
  res.on("finish", () => {
    res.detachSocket(socket);
    socket.end();
    res.emit("close");
  });
  return res;
}

/** Joins client and instance once the instance has switched; gives the exchange its end and its cut. */
export function relayUpgrade(context: EdgeContext, exchange: Exchange, upgraded: UpgradedSides): void {
  const { client, instance, head, lines } = upgraded;
  exchange.res.detachSocket(client);
  exchange.sentStatus = 101;
  const relay = new WebSocketRelay({
    client,
    instance,
    timers: context.timers,
    random: context.random,
    closeFrameMs: context.limits.closeFrameMs,
    onActivity: () => exchange.refreshWindow(),
    onBytesToClient: (count) => {
      exchange.bodyBytes += count;
    },
    onEnd: () => exchange.end(),
  });
  exchange.onCut(() => relay.cut());
  exchange.window(context.limits.idleMs, () => exchange.failUpgraded("H15", () => relay.destroy()));
  client.write(switchingHead(lines), "latin1");
  relay.start(head);
}

/** Both sides of an upgraded connection. */
export type UpgradedSides = {
  readonly client: Socket;
  readonly instance: Duplex;
  /** What the client sent right behind its request. */
  readonly head: Buffer;
  /** The instance's header lines, flat, without those of one connection only. */
  readonly lines: readonly string[];
};

function switchingHead(lines: readonly string[]): string {
  let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  for (let index = 0; index + 1 < lines.length; index += 2) head += `${lines[index]}: ${lines[index + 1]}\r\n`;
  return `${head}\r\n`;
}
