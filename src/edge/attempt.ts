import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { EdgeContext } from "./edge-context.ts";
import type { Exchange } from "./exchange.ts";
import { answerFailure, connectFailure, isClosed, type Unreached } from "./instance-errors.ts";
import type { LiveInstance } from "./live-instance.ts";
import { responseLines } from "./proxy-headers.ts";
import { RequestBody } from "./request-body.ts";

/** What the attempt cannot decide alone. */
export type AttemptHooks = {
  /** No connection came about; nothing was sent. */
  readonly onUnreached: (exchange: Exchange, how: Unreached) => void;
  /** A reused connection was closed before any byte came back; the request may be sent once more. */
  readonly onRepeat: (exchange: Exchange) => void;
  /** The instance switched protocols. */
  readonly onUpgrade: (exchange: Exchange, lines: string[], socket: Duplex) => void;
};

type Arguments<Name extends keyof Dispatcher.DispatchHandler> = Parameters<
  NonNullable<Dispatcher.DispatchHandler[Name]>
>;

/** May be sent again when the instance cannot have seen it. RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
const STATUS_LINE_BYTES_MAX = 8_192;

/** One try to get an exchange answered by one instance. Streams both ways with back-pressure. router.md §5, §6. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #context: EdgeContext;
  readonly #exchange: Exchange;
  readonly #instance: LiveInstance;
  readonly #hooks: AttemptHooks;
  readonly #dispatchedAtMs: number;
  readonly #body: RequestBody | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #isReused = false;
  #hasByte = false;
  #hasHead = false;
  #isPaused = false;
  #hasWritten = false;
  #isDone = false;

  constructor(
    context: EdgeContext,
    exchange: Exchange,
    to: { readonly instance: LiveInstance; readonly hooks: AttemptHooks },
  ) {
    this.#context = context;
    this.#exchange = exchange;
    this.#instance = to.instance;
    this.#hooks = to.hooks;
    this.#dispatchedAtMs = context.clock.now();
    this.#body = exchange.hasBody
      ? new RequestBody(exchange.req, { onWanted: () => this.#askForBody(), onBytes: () => exchange.refreshWindow() })
      : undefined;
  }

  start(): void {
    const exchange = this.#exchange;
    this.#instance.beginAttempt(this.#dispatchedAtMs);
    exchange.enter(this.#instance, () => this.#abort());
    this.#instance.dispatch(
      {
        path: exchange.path,
        method: exchange.method,
        headers: exchange.forwarded.lines,
        body: this.#body ?? null,
        ...(exchange.isUpgrade ? { upgrade: "websocket" } : {}),
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#isReused = !this.#instance.takeJustConnected();
    this.#instance.connected();
    if (this.#isDone) return controller.abort(new Error("the request is over"));
    this.#exchange.connected(this.#isReused ? 0 : this.#context.clock.now() - this.#dispatchedAtMs);
    if (this.#body !== undefined) this.#exchange.window(this.#context.limits.idleMs, () => this.#onIdle());
  }

  onRequestSent(): void {
    if (this.#hasHead || this.#isDone) return;
    this.#exchange.window(this.#context.limits.firstByteMs, () => this.#exchange.fail("H12"));
  }

  onResponseStarted(): void {
    this.#hasByte = true;
  }

  onResponseStart(...[controller, status, , reason = ""]: Arguments<"onResponseStart">): void {
    const { res } = this.#exchange;
    if (this.#isDone) return;
    const lines = responseLines((controller.rawHeaders ?? []) as Buffer[], status);
    if (status < 200) return this.#inform(status, lines);
    if (reason.length > STATUS_LINE_BYTES_MAX) return this.#exchange.fail("H25");
    this.#hasHead = true;
    this.#exchange.sentStatus = status;
    if (this.#context.isDraining || this.#exchange.isUpgrade) res.shouldKeepAlive = false;
    try {
      res.writeHead(status, isReason(reason) ? reason : "", lines);
    } catch (error) {
      // Node is stricter on values than undici's parser.
      this.#context.log.say("answer-refused", { problem: String(error) });
      this.#exchange.sentStatus = undefined;
      return this.#exchange.fail("H17");
    }
    this.#exchange.window(this.#context.limits.idleMs, () => this.#onIdle());
    // Most answers come in one piece and go out in one; an event stream's headers must not wait for its first event.
    queueMicrotask(() => {
      if (!this.#hasWritten && !this.#isDone) res.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isDone) return;
    const { res } = this.#exchange;
    this.#hasWritten = true;
    this.#exchange.bodyBytes += chunk.length;
    this.#exchange.refreshWindow();
    // undici gives the rest in spite of a pause when the instance has closed; it is waited for once.
    if (res.write(chunk) || this.#isPaused) return;
    this.#isPaused = true;
    controller.pause();
    res.once("drain", () => {
      this.#isPaused = false;
      this.#exchange.refreshWindow();
      controller.resume();
    });
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#isDone) return;
    const { res } = this.#exchange;
    this.#isDone = true;
    const trailers = responseLines((controller.rawTrailers ?? []) as Buffer[], 200);
    if (trailers.length > 0 && this.#exchange.forwarded.wantsTrailers) res.addTrailers(pairs(trailers));
    res.end();
    // The window goes on: what is left is the client's to take.
    this.#exchange.leave();
  }

  onRequestUpgrade(...[controller, , , socket]: Arguments<"onRequestUpgrade">): void {
    if (this.#isDone) {
      socket.destroy();
      return;
    }
    this.#isDone = true;
    this.#hooks.onUpgrade(this.#exchange, responseLines((controller.rawHeaders ?? []) as Buffer[], 101), socket);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (this.#controller === undefined) return this.#onConnectError(error);
    const exchange = this.#exchange;
    if (this.#mayRepeat(error)) {
      exchange.leave(true);
      exchange.stopWindow();
      exchange.repeats += 1;
      return this.#hooks.onRepeat(exchange);
    }
    const code = answerFailure(error, { hasByte: this.#hasByte, hasHead: this.#hasHead });
    if (code === "H99") this.#sayInternal(error);
    exchange.fail(code);
  }

  #onConnectError(error: Error): void {
    const how = connectFailure(error);
    if (how === "ours") {
      this.#sayInternal(error);
      return this.#exchange.fail("H99");
    }
    this.#instance.refused(this.#dispatchedAtMs, this.#context.clock.now());
    this.#exchange.leave(true);
    this.#hooks.onUnreached(this.#exchange, how);
  }

  /** Never for what an instance may have seen: no body, an idempotent method, a connection that was already dying. */
  #mayRepeat(error: Error): boolean {
    if (!this.#isReused || this.#hasByte || !isClosed(error)) return false;
    if (this.#body !== undefined || !IDEMPOTENT.has(this.#exchange.method)) return false;
    return this.#exchange.repeats < this.#context.limits.attemptsMax;
  }

  /** 103 is passed on; other interim answers mean nothing to a client that did not ask. router.md §6. */
  #inform(status: number, lines: readonly string[]): void {
    if (status !== 103 || this.#exchange.req.httpVersion !== "1.1") return;
    const hints: Record<string, string | string[]> = {};
    for (const [name, value] of pairs(lines)) {
      const key = name.toLowerCase();
      hints[key] = hints[key] === undefined ? value : [hints[key], value].flat();
    }
    try {
      this.#exchange.res.writeEarlyHints(hints);
    } catch {
      // A hint Node finds malformed is only a hint: the answer itself follows.
    }
  }

  /** Nothing moved for a whole window: whose turn was it? */
  #onIdle(): void {
    const isClientsTurn = this.#hasHead ? this.#isPaused || this.#isDone : this.#body?.isWaitingForClient === true;
    this.#exchange.fail(isClientsTurn ? "H28" : "H15");
  }

  #askForBody(): void {
    if (this.#exchange.expectsContinue && !this.#exchange.res.headersSent) this.#exchange.res.writeContinue();
  }

  #abort(): void {
    this.#isDone = true;
    this.#controller?.abort(new Error("the request is over"));
  }

  #sayInternal(error: Error): void {
    this.#context.counters.internalErrors += 1;
    this.#context.log.say("internal-error", { problem: error.stack ?? error.message });
  }
}

function isReason(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) list.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return list;
}
