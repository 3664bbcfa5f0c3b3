import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerOptions } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { RequestError, getRequestListener } from "@hono/node-server";
import type { Clock } from "../lib/clock.ts";
import { hasCode } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { Home } from "../model/home.ts";
import { createApi } from "./app.ts";
import type { ApiLog } from "./api-log.ts";
import type { ApiOptions } from "./environment.ts";
import { problemResponse, problemText } from "./problems.ts";
import { bindSocket } from "./socket-file.ts";

/** What the API is made from, and the home whose socket it opens. */
export type ListenOptions = Omit<ApiOptions, "closing"> & { readonly home: Pick<Home, "apiSocket"> };

/** `url` is the loopback address. */
export type ApiListener = {
  readonly url: string;
  /** Ends event streams, lets running requests finish for a moment, closes both doors. Safe to call twice. */
  readonly close: () => Promise<void>;
};

/** How long running requests may take once the server closes. */
const CLOSE_GRACE_MS = 2_000;
/** A connection on which nothing moves for this long is cut; event streams move at each heartbeat unless their reader stalls. */
const IDLE_MS = 120_000;
const HEADERS_MS = 10_000;
const CONNECTIONS_MAX = 1_000;

const SERVER: ServerOptions = {
  headersTimeout: HEADERS_MS,
  connectionsCheckingInterval: HEADERS_MS / 2,
  // A large source over a slow line takes as long as it takes; `IDLE_MS` is what ends a stuck one.
  requestTimeout: 0,
  // Its own refusal would have no problem in it.
  requireHostHeader: false,
};

/**
 * Opens the API's two doors: the Unix socket (0600; whoever can open it is the owner) and a free loopback
 * port (bearer token). E_SERVER_START when another server answers on the socket, E_HOME_UNUSABLE when it cannot be made.
 */
export async function listenApi(options: ListenOptions): Promise<ApiListener> {
  const closing = new AbortController();
  const app = createApi({ ...options, closing: closing.signal });
  const open = (trusted: boolean): Server =>
    createDoor((request, incoming) => app.fetch(request, { trusted, incoming }), trusted, options.log);
  const unix = open(true);
  const tcp = open(false);
  const socketFile = await bindSocket(unix, options.home.apiSocket);
  try {
    await new Promise<void>((resolve, reject) => {
      tcp.once("error", reject);
      tcp.listen({ host: "127.0.0.1", port: 0, exclusive: true }, resolve);
    });
  } catch (cause) {
    await closeServer(unix, options.clock);
    socketFile.remove();
    throw new PortsideError(
      "E_SERVER_START",
      { problem: `no loopback port could be opened (${errorCode(cause)})` },
      { cause },
    );
  }
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    socketFile.remove();
    closing.abort();
    await Promise.all([closeServer(unix, options.clock), closeServer(tcp, options.clock)]);
  };
  // A listening TCP server's address is always of this kind.
  const { port } = tcp.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => (closed ??= close()) };
}

type Fetch = Parameters<typeof getRequestListener>[0];
type Answer = (request: Request, incoming: IncomingMessage) => Response | Promise<Response>;

function createDoor(answer: Answer, trusted: boolean, log: ApiLog): Server {
  const fetch: Fetch = (request, env) => answer(request, env.incoming as IncomingMessage);
  const listener = getRequestListener(fetch, {
    // Other rooms of this process keep Node's own Request and Response.
    overrideGlobalObjects: false,
    errorHandler: (error) => answerBeforeRouting(error, log),
    // A client that speaks HTTP/1.0 need not name a host; on TCP that is refused.
    ...(trusted ? { hostname: "localhost" } : {}),
  });
  const server = createServer(SERVER, (incoming, outgoing) => {
    // A kept-alive connection whose answer began before the server closed would hold it open after its end.
    outgoing.once("close", () => server.listening || server.closeIdleConnections());
    void listener(incoming, outgoing);
  });
  server.timeout = IDLE_MS;
  server.maxConnections = CONNECTIONS_MAX;
  server.on("clientError", answerUnparsable);
  return server;
}

/** The adapter could not make a request of it (no or an odd Host, a strange target), or the app let something through. */
function answerBeforeRouting(error: unknown, log: ApiLog): Response {
  if (error instanceof RequestError)
    return problemResponse(new PortsideError("E_REQUEST_INVALID", { problem: "its target or Host is malformed" }));
  log({ level: "error", msg: "api request failed outside the app", err: error });
  return problemResponse(new PortsideError("E_INTERNAL", { problem: "the request failed unexpectedly" }));
}

const UNPARSABLE = [
  ["HPE_HEADER_OVERFLOW", "its head is too large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "its head took too long"],
] as const;

/** What Node's parser refuses never becomes a request; the answer is written by hand. */
function answerUnparsable(error: Error, socket: Socket): void {
  if (!socket.writable || hasCode(error, "ECONNRESET")) return void socket.destroy();
  const problem = UNPARSABLE.find(([code]) => hasCode(error, code))?.[1] ?? "it is not HTTP/1.1";
  const body = problemText(new PortsideError("E_REQUEST_INVALID", { problem }));
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Stops accepting, waits for what runs, and after the grace cuts what is left. */
async function closeServer(server: Server, clock: Clock): Promise<void> {
  const done = new AbortController();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const cut = async (): Promise<void> => {
    await clock.sleep(CLOSE_GRACE_MS, done.signal);
    server.closeAllConnections();
  };
  const cutting = cut().catch(() => {
    // Closed in time; the sleep was called off.
  });
  await closed;
  done.abort();
  await cutting;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
