import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { formatServerSentEvent } from "../../lib/sse.ts";
import type { AppName } from "../../model/app.ts";
import { ERRORS, PortsideError, type ErrorCode } from "../../model/error-registry.ts";
import { homeAt } from "../../model/home.ts";
import type { OperationEvent, OperationEventBody } from "../../model/operation.ts";
import type { AppView } from "../../wire/apps.ts";
import type { LogLineView } from "../../wire/logs.ts";
import type { OperationView } from "../../wire/operations.ts";
import type { PlatformStatus } from "../../wire/platform.ts";
import type { Problem } from "../../wire/problem.ts";

/** A request as a test looks at it. */
export type SeenRequest = { readonly line: string; readonly body: string; readonly lastEventId: string | undefined };
/** Answers one request; `seen.body` is complete. */
export type Responder = (response: ServerResponse, seen: SeenRequest) => void;

/** An HTTP server on the socket of a home that answers what a test tells it, and remembers what it was asked. */
export class StubServer {
  readonly requests: SeenRequest[] = [];
  readonly #responders = new Map<string, Responder>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Listens on that socket of `home` until the test has ended. */
  async listen(
    home: string,
    test: { after(clean: () => Promise<void>): void },
    socket: "apiSocket" | "edgeSocket" = "apiSocket",
  ): Promise<this> {
    const path = homeAt(home)[socket];
    mkdirSync(dirname(path), { recursive: true });
    await new Promise<void>((resolve) => this.#server.listen(path, resolve));
    test.after(async () => {
      const closed = new Promise((resolve) => this.#server.close(resolve));
      this.#server.closeAllConnections();
      await closed;
    });
    return this;
  }

  /** `line` is `GET /v1/apps`, the query left out. */
  on(line: string, responder: Responder): this {
    this.#responders.set(line, responder);
    return this;
  }

  /** The lines of all requests but the reading ones of no interest here. */
  lines(pattern: RegExp): string[] {
    return this.requests.map((request) => request.line).filter((line) => pattern.test(line));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const lastEventId = request.headers["last-event-id"];
    const body = Buffer.concat(chunks).toString("latin1");
    const seen = { line: `${request.method} ${request.url}`, body, lastEventId: lastEventId?.toString() };
    this.requests.push(seen);
    const responder = this.#responders.get(seen.line.replace(/\?.*/, ""));
    if (responder === undefined) problem("E_NOT_FOUND", { what: `answer to ${seen.line}` })(response, seen);
    else responder(response, seen);
  }
}

/** A JSON answer. */
export function json(value: unknown, status = 200): Responder {
  return (response) =>
    void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

/** An answer without a body. */
export function empty(status = 204): Responder {
  return (response) => void response.writeHead(status).end();
}

/** An answer as the server refuses. */
export function problem(code: ErrorCode, values: Readonly<Record<string, string | number>>): Responder {
  const error = new PortsideError(code, values);
  const { status, exit } = ERRORS[code];
  const document: Problem = {
    type: "about:blank",
    title: code,
    status,
    code,
    detail: error.message,
    hint: error.hint,
    exit,
    evidence: [],
  };
  return (response) =>
    void response.writeHead(status, { "Content-Type": "application/problem+json" }).end(JSON.stringify(document));
}

/** One responder after the other; the last one stays. */
export function inTurn(...responders: readonly Responder[]): Responder {
  let count = 0;
  return (response, seen) => {
    const responder = responders[Math.min(count, responders.length - 1)];
    count += 1;
    responder?.(response, seen);
  };
}

/** Events of an operation with numbers and times: `seq` from 1, one every 100 ms. */
export function numbered(bodies: readonly OperationEventBody[]): OperationEvent[] {
  return bodies.map((body, index) => ({ seq: index + 1, at: Date.UTC(2026, 0, 1) + index * 100, ...body }));
}

/** How a stream goes on once its events are sent: the server ends it, it breaks, or it stays open. */
export type StreamEnd = "end" | "break" | "open";

/** Operation events as the server streams them, behind `Last-Event-ID`. */
export function operationStream(events: readonly OperationEvent[], how: StreamEnd = "end"): Responder {
  return (response, seen) => {
    const behind = events.filter((event) => event.seq > Number(seen.lastEventId ?? 0));
    const texts = behind.map((event) =>
      formatServerSentEvent({ id: String(event.seq), event: event.type, data: JSON.stringify(event) }),
    );
    stream(response, texts, how);
  };
}

/** Log lines as the server streams them. */
export function lineStream(lines: readonly LogLineView[], how: StreamEnd = "open"): Responder {
  const texts = lines.map((line) =>
    formatServerSentEvent({ id: String(line.id), event: "line", data: JSON.stringify(line) }),
  );
  return (response) => stream(response, texts, how);
}

function stream(response: ServerResponse, texts: readonly string[], how: StreamEnd): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(`: still here\n\n${texts.join("")}`, () => {
    if (how === "end") response.end();
    if (how === "break") response.destroy();
  });
}

/** A running platform; `pid` is one that no process has. */
export function platform(changes: Partial<PlatformStatus> = {}): PlatformStatus {
  return {
    version: "0.1.0",
    pid: 2_147_483_646,
    home: "/home/ann/.portside",
    startedAt: "2025-12-31T23:58:00.000Z",
    engine: "embedded",
    apiUrl: "http://127.0.0.1:8090",
    state: "running",
    edge: { state: "serving", port: 8080, wantedPort: 8080, pid: 77, tableVersion: 3 },
    appCount: 1,
    ...changes,
  };
}

/** An app with one release that serves. */
export function app(changes: Partial<AppView> = {}): AppView {
  return {
    name: "guestbook",
    origin: "/home/ann/guestbook",
    createdAt: "2025-12-31T12:00:00.000Z",
    release: 3,
    url: "http://guestbook.localhost:8080",
    formation: { web: 1, worker: 1 },
    serving: { web: 1, worker: 1 },
    operation: null,
    ...changes,
  };
}

/** The answer to an order: operation 7, waiting. */
export function operation(changes: Partial<OperationView> = {}): OperationView {
  return {
    id: 7,
    app: "guestbook",
    kind: "deploy",
    status: "waiting",
    createdAt: "2026-01-01T00:00:00.000Z",
    by: { via: "socket", user: "ann" },
    message: null,
    overrideReason: null,
    endedAt: null,
    release: null,
    failure: null,
    ...changes,
  };
}

/** `guestbook` as the model has it. */
export const GUESTBOOK = "guestbook" as AppName;
