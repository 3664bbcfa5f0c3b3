import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { createServer } from "../lib/node-http.ts";
import type { EdgeContext } from "./edge-context.ts";
import { codePage, unknownHostPage } from "./error-pages.ts";
import { Exchange, type ExchangeInput } from "./exchange.ts";
import { swallowRest } from "./linger.ts";
import { Proxy } from "./proxy.ts";
import { checkRequest, type Refusal } from "./request-checks.ts";
import { newRequestId } from "./request-id.ts";
import { isWebSocketRequest, relayUpgrade, responseOn } from "./upgrade.ts";

/** What is known of a client's connection. */
type ClientConnection = {
  /** A request on it was refused: nothing behind that one is served (router.md §10 case 6). */
  isRefused: boolean;
  readonly open: Set<Exchange>;
};

type Arrival = Pick<ExchangeInput, "req" | "res" | "isUpgrade" | "expectsContinue">;

/** The side that faces clients: Node's HTTP server with our limits, and the checks before an app is chosen. router.md §8. */
export class Front {
  readonly server: Server;
  readonly #context: EdgeContext;
  readonly #proxy: Proxy;
  readonly #connections = new WeakMap<Socket, ClientConnection>();
  readonly #heads = new WeakMap<Exchange, { readonly socket: Socket; readonly head: Buffer }>();

  constructor(context: EdgeContext) {
    this.#context = context;
    this.#proxy = new Proxy(context, (exchange, lines, instance) => {
      const side = this.#heads.get(exchange);
      if (side === undefined) instance.destroy();
      else relayUpgrade(context, exchange, { client: side.socket, head: side.head, instance, lines });
    });
    this.server = this.#createServer();
  }

  #createServer(): Server {
    const { limits } = this.#context;
    const server = createServer({
      maxHeaderSize: limits.requestHeaderBytesMax,
      headersTimeout: limits.headersMs,
      // It would cut a slow but living upload; the idle window counts instead (router.md §6).
      requestTimeout: 0,
      connectionsCheckingInterval: limits.connectionsCheckMs,
      keepAliveTimeout: limits.clientKeepAliveMs,
      insecureHTTPParser: false,
      // Node would answer it itself and go on with what is pipelined behind; request-checks.ts refuses it.
      requireHostHeader: false,
      noDelay: true,
      shouldUpgradeCallback: isWebSocketRequest,
    });
    server.maxConnections = limits.connectionsMax;
    server.on("drop", () => {
      this.#context.counters.droppedConnections += 1;
    });
    server.on("request", (req, res) => this.#arrive({ req, res }));
    server.on("checkContinue", (req, res) => this.#arrive({ req, res, expectsContinue: true }));
    server.on("checkExpectation", (req, res) => {
      this.#arrive({ req, res }, { status: 417, cause: "unsupported expect header value" });
    });
    server.on("upgrade", (req, socket, head) => this.#upgrade(req, socket as Socket, head));
    server.on("connect", (_req, socket) => this.#connect(socket as Socket));
    server.on("clientError", (error, socket) => this.#onClientError(error, socket as Socket));
    return server;
  }

  #arrive(arrival: Arrival, refusal?: Refusal): void {
    const { req, res } = arrival;
    const connection = this.#connection(req.socket);
    // It was sent behind a refused one; the connection is about to close.
    if (connection.isRefused) return;
    const exchange = this.#admit(arrival, connection, refusal);
    if (exchange === undefined) return;
    connection.open.add(exchange);
    res.on("close", () => connection.open.delete(exchange));
    this.#proxy.serve(exchange);
  }

  #connect(socket: Socket): void {
    this.#context.counters.refusedRequests += 1;
    if (!this.#isBusy(socket)) this.#refuseRaw(socket, "405 Method Not Allowed");
  }

  /** Node has given the socket away, but answers to earlier requests still go there: it closes behind the last of them. */
  #isBusy(socket: Socket): boolean {
    const connection = this.#connection(socket);
    if (connection.isRefused) return true;
    const last = [...connection.open].at(-1);
    if (last === undefined) return false;
    connection.isRefused = true;
    socket.on("error", () => socket.destroy());
    last.res.on("close", () => socket.destroySoon());
    return true;
  }

  #upgrade(req: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.#isBusy(socket)) return;
    const connection = this.#connection(socket);
    const res = responseOn(req, socket);
    // Before Node 24.9 other offers than WebSocket come here too, and bytes behind them can no longer be read as HTTP.
    const refusal: Refusal | undefined = isWebSocketRequest(req)
      ? undefined
      : { status: 501, cause: "unsupported upgrade" };
    const exchange = this.#admit({ req, res, isUpgrade: true }, connection, refusal);
    if (exchange === undefined) return;
    this.#heads.set(exchange, { socket, head });
    this.#proxy.serve(exchange);
  }

  /** The exchange of an accepted request; refused ones and unknown hosts are answered here. */
  #admit(arrival: Arrival, connection: ClientConnection, early?: Refusal): Exchange | undefined {
    const { req, res } = arrival;
    const checked = checkRequest(req, this.#context.limits);
    const refusal = early ?? checked.refusal ?? refuseUpgradeBody(arrival.isUpgrade === true && checked.hasBody);
    const route = this.#context.table.find(checked.host);
    if (refusal !== undefined) {
      this.#context.counters.refusedRequests += 1;
      connection.isRefused = true;
      if (route === undefined) this.#answerWithoutApp(req, res, refusal);
      else
        new Exchange(this.#context, { ...arrival, checked, app: route.app }).fail("H26", { ...refusal, close: true });
      return undefined;
    }
    if (route !== undefined) return new Exchange(this.#context, { ...arrival, checked, app: route.app });
    this.#context.counters.unknownHosts += 1;
    this.#answerWithoutApp(req, res);
    return undefined;
  }

  /** No app has the name, so no app's log gets a line. */
  #answerWithoutApp(req: IncomingMessage, res: ServerResponse, refusal?: Refusal): void {
    const request = { accept: req.headers.accept, requestId: newRequestId(this.#context.random) };
    const page =
      refusal === undefined ? unknownHostPage(request) : codePage("H26", { ...request, status: refusal.status });
    if (refusal !== undefined || this.#context.isDraining) res.shouldKeepAlive = false;
    res.on("close", () => swallowRest(this.#context, req));
    res.writeHead(page.status, [...page.headers]);
    res.end(req.method === "HEAD" ? undefined : page.body);
  }

  /** What Node's parser refuses, and connections that broke or were too slow. router.md §8.1, §8.3. */
  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connection(socket);
    const wasRefused = connection.isRefused;
    connection.isRefused = true;
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    if (wasRefused) return;
    this.#context.counters.refusedRequests += 1;
    const open = [...connection.open];
    const uploading = open.find((exchange) => !exchange.req.complete);
    if (uploading !== undefined) return uploading.fail("H26", { cause: "bad chunk", close: true });
    const last = open.at(-1);
    if (last === undefined) return this.#refuseRaw(socket, STATUS_OF_ERROR[error.code ?? ""] ?? "400 Bad Request");
    // Good requests before the bad bytes get their answers; the connection ends with the last of them.
    last.res.on("close", () => socket.destroySoon());
  }

  #refuseRaw(socket: Socket, status: string): void {
    socket.on("error", () => socket.destroy());
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    socket.resume();
    this.#context.timers.after(this.#context.limits.closeFrameMs, () => socket.destroy());
  }

  #connection(socket: Socket): ClientConnection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection: ClientConnection = { isRefused: false, open: new Set() };
    this.#connections.set(socket, connection);
    return connection;
  }
}

const STATUS_OF_ERROR: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

function refuseUpgradeBody(hasBody: boolean): Refusal | undefined {
  return hasBody ? { status: 400, cause: "body with upgrade" } : undefined;
}
