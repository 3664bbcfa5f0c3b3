import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { hasCode } from "../lib/files.ts";
import { ServerSentEventParser, type ServerSentEvent } from "../lib/sse.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { Problem } from "../wire/problem.ts";
import { CliError } from "./failure.ts";

const ANSWER_LIMIT_MS = 30_000;
/** The server sends a heartbeat every 15 s; a stream that is silent for longer is dead. */
const SILENCE_LIMIT_MS = 60_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
type Call = {
  readonly method: Method;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which the call fails. */
  readonly silenceMs: number;
};

/**
 * HTTP over the Unix socket of a Portside home. Every method rejects with E_SERVER_DOWN when nobody answers there,
 * with a `CliError` made of the server's problem document when it refuses, and with the signal's reason on an abort.
 */
export class ApiClient {
  readonly #socketPath: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** `headers` go with every request. */
  constructor(socketPath: string, headers: Readonly<Record<string, string>> = {}) {
    this.#socketPath = socketPath;
    this.#headers = headers;
  }

  get<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.#json<T>({ method: "GET", path, signal, silenceMs: ANSWER_LIMIT_MS });
  }

  /** POST, PUT, PATCH or DELETE with a JSON body. `answerLimitMs`: where the server works before it answers. */
  send<T>(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    request: { readonly body?: unknown; readonly signal: AbortSignal; readonly answerLimitMs?: number },
  ): Promise<T> {
    const body =
      request.body === undefined
        ? {}
        : { body: JSON.stringify(request.body), headers: { "Content-Type": "application/json" } };
    const { signal, answerLimitMs: silenceMs = ANSWER_LIMIT_MS } = request;
    return this.#json<T>({ method, path, ...body, signal, silenceMs });
  }

  /** Whether the path is there: HEAD answered with success (true) or 404 (false). */
  async exists(path: string, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#call({ method: "HEAD", path, signal, silenceMs: ANSWER_LIMIT_MS });
    answer.resume();
    if (answer.statusCode === 404) return false;
    if (!isSuccess(answer)) throw unexplained(answer, path);
    return true;
  }

  /** Streams a tar to the server, in chunks, as fast as it takes them. */
  async upload(path: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const headers = { "Content-Type": "application/x-tar" };
    const answer = await this.#call({ method: "PUT", path, headers, body, signal, silenceMs: SILENCE_LIMIT_MS });
    if (!isSuccess(answer)) throw await problemOf(answer, path);
    answer.resume();
  }

  /** Streams a tar by POST, and gives the answer. */
  post<T>(path: string, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<T> {
    const headers = { "Content-Type": "application/x-tar" };
    return this.#json<T>({ method: "POST", path, headers, body: tar, signal, silenceMs: SILENCE_LIMIT_MS });
  }

  /** The bytes of an answer as they come; a connection that breaks before the end throws. */
  async download(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const answer = await this.#call({ method: "GET", path, signal, silenceMs: SILENCE_LIMIT_MS });
    if (!isSuccess(answer)) throw await problemOf(answer, path);
    return answer as AsyncIterable<Buffer>;
  }

  /** One connection's events, behind `lastEventId` where given. Ends when the server ends it; throws when it breaks. */
  async *events(
    path: string,
    options: { readonly lastEventId?: string; readonly signal: AbortSignal },
  ): AsyncGenerator<ServerSentEvent> {
    const last: Record<string, string> =
      options.lastEventId === undefined ? {} : { "Last-Event-ID": options.lastEventId };
    const headers = { Accept: "text/event-stream", ...last };
    const answer = await this.#call({
      method: "GET",
      path,
      headers,
      signal: options.signal,
      silenceMs: SILENCE_LIMIT_MS,
    });
    if (!isSuccess(answer)) throw await problemOf(answer, path);
    const parser = new ServerSentEventParser();
    answer.setEncoding("utf8");
    for await (const chunk of answer as AsyncIterable<string>) {
      for (const event of parser.push(chunk)) {
        if (event.event === "problem") throw problemError(JSON.parse(event.data) as Problem);
        yield event;
      }
    }
  }

  async #json<T>(call: Call): Promise<T> {
    const answer = await this.#call(call);
    if (!isSuccess(answer)) throw await problemOf(answer, call.path);
    const text = await bodyText(answer);
    // Our own server validates what it sends against the same wire types.
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async #call(call: Call): Promise<IncomingMessage> {
    const http = await import("node:http");
    call.signal.throwIfAborted();
    const options: RequestOptions = {
      socketPath: this.#socketPath,
      method: call.method,
      path: call.path,
      headers: { Host: "portside", ...this.#headers, ...call.headers },
      signal: call.signal,
    };
    const request = http.request(options);
    request.setTimeout(call.silenceMs, () =>
      request.destroy(
        new PortsideError("E_TIME_LIMIT", { what: "The server's answer", limit: `${call.silenceMs / 1000} s` }),
      ),
    );
    try {
      return await answerTo(request, call.body);
    } catch (error) {
      throw call.signal.aborted ? call.signal.reason : explain(error, this.#socketPath);
    }
  }
}

function answerTo(request: ClientRequest, body: Call["body"]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    // Stays: a stream that breaks after its head reports here as well, and then nobody waits.
    request.on("error", reject);
    if (body === undefined || typeof body === "string") request.end(body);
    else pump(body, request).catch((error: unknown) => request.destroy(new BodyFailure(error)));
  });
}

async function pump(body: AsyncIterable<Uint8Array>, request: ClientRequest): Promise<void> {
  for await (const chunk of body) {
    if (request.destroyed) return;
    if (!request.write(chunk)) await roomIn(request);
  }
  request.end();
}

function roomIn(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      request.off("drain", go).off("close", go);
      resolve();
    };
    request.on("drain", go).on("close", go);
  });
}

/** What failed was the content to send, not the connection. */
class BodyFailure extends Error {
  constructor(cause: unknown) {
    super("the body could not be read", { cause });
  }
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof BodyFailure) return error.cause;
  if (hasCode(error, "EACCES", "EPERM"))
    return new PortsideError("E_HOME_UNUSABLE", { path, problem: "permission denied" }, { cause: error });
  if (hasCode(error, "ENOENT", "ECONNREFUSED", "ENOTDIR"))
    return new PortsideError("E_SERVER_DOWN", {}, { cause: error });
  if (hasCode(error, "ECONNRESET", "EPIPE")) return new PortsideError("E_SERVER_LOST", {}, { cause: error });
  return error;
}

function isSuccess(answer: IncomingMessage): boolean {
  return answer.statusCode !== undefined && answer.statusCode >= 200 && answer.statusCode < 300;
}

async function problemOf(answer: IncomingMessage, path: string): Promise<Error> {
  const text = await bodyText(answer);
  if (answer.headers["content-type"]?.startsWith("application/problem+json") !== true) return unexplained(answer, path);
  return problemError(JSON.parse(text) as Problem);
}

function problemError(problem: Problem): CliError {
  return new CliError({
    code: problem.code,
    message: problem.detail,
    hint: problem.hint,
    exit: problem.exit,
    evidence: problem.evidence ?? [],
  });
}

function unexplained(answer: IncomingMessage, path: string): Error {
  return new PortsideError("E_INTERNAL", { problem: `the server answered ${answer.statusCode} to ${path}` });
}

async function bodyText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX)
      throw new PortsideError("E_INTERNAL", { problem: "the server's answer is too large" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Whether a call failed because the connection broke or nobody was there, so that trying again makes sense. */
export function isDisconnect(error: unknown): boolean {
  if (error instanceof PortsideError) return ["E_SERVER_DOWN", "E_SERVER_LOST", "E_TIME_LIMIT"].includes(error.code);
  return hasCode(error, "ECONNRESET", "EPIPE", "ECONNREFUSED", "ENOENT");
}
