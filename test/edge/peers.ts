import {
  Agent,
  createServer as createHttpServer,
  request,
  type RequestListener,
  type Server as HttpServer,
} from "node:http";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A backend on loopback with what it has seen; `close` breaks everything off. */
export type Backend = { readonly port: number; readonly server: Server; close(): Promise<void> };

/** An HTTP backend. */
export async function httpBackend(listener: RequestListener, setUp?: (server: HttpServer) => void): Promise<Backend> {
  const server = createHttpServer({ keepAliveTimeout: 30_000 }, listener);
  setUp?.(server);
  return await listen(server);
}

/** A backend that answers with raw bytes; `onConnection` gets each socket. */
export function rawBackend(onConnection: (socket: Socket) => void): Promise<Backend> {
  return listen(
    createServer((socket) => {
      socket.on("error", () => undefined);
      onConnection(socket);
    }),
  );
}

/** Answers every request with the given bytes once its head has come, then lets `after` do more. */
export function scriptedBackend(answer: string, after: (socket: Socket) => void = () => undefined): Promise<Backend> {
  return rawBackend((socket) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      text = "";
      if (answer !== "") socket.write(answer, "latin1");
      after(socket);
    });
  });
}

async function listen(server: Server): Promise<Backend> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, server, close };
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const backend = await rawBackend((socket) => socket.destroy());
  await backend.close();
  return backend.port;
}

export type Reply = {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
  readonly trailers: Record<string, string | undefined>;
};
export type Ask = {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
  readonly agent?: Agent;
};

/** One request through Node's client; rejects when the answer breaks off. */
export function ask(options: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { port, path = "/", method = "GET", agent } = options;
    const headers = { host: options.host, ...options.headers };
    const req = request({ host: "127.0.0.1", port, path, method, headers, agent: agent ?? false }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("error", reject);
      res.on("end", () => {
        const body = Buffer.concat(chunks).toString("latin1");
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body, trailers: res.trailers });
      });
    });
    req.on("error", reject);
    req.end(options.body);
  });
}

/** Sends raw bytes and gives everything that came back once the other side closed (or `isEnough` says so). */
export function sendRaw(
  port: number,
  bytes: string | readonly string[],
  isEnough: (text: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stayed open after: ${text}`));
    }, 6_000);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (isEnough(text)) finish();
    });
    socket.on("close", finish);
    socket.on("error", () => undefined);
    for (const piece of typeof bytes === "string" ? [bytes] : bytes) socket.write(piece, "latin1");
  });
}
