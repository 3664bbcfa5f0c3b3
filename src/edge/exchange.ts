import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppName } from "../model/app.ts";
import type { Timer } from "../lib/timer.ts";
import { accessLine } from "./access-line.ts";
import type { EdgeContext } from "./edge-context.ts";
import { codePage, unknownHostPage, type Page } from "./error-pages.ts";
import type { Unreached } from "./instance-errors.ts";
import type { Carried, LiveInstance } from "./live-instance.ts";
import { clientRequestId, plainAddress, requestLines, type ForwardedRequest } from "./proxy-headers.ts";
import type { CheckedRequest } from "./request-checks.ts";
import { swallowRest } from "./linger.ts";
import { newRequestId } from "./request-id.ts";
import { codeEntry, type RouterCode } from "./router-codes.ts";

/** What a failure tells besides its code. */
export type FailOptions = {
  /** Only H26: what was wrong. */
  readonly cause?: string;
  /** Another status than the code's own. */
  readonly status?: number;
  /** The client's connection ends with this answer. */
  readonly close?: boolean;
};

/** An accepted request. */
export type ExchangeInput = {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly checked: CheckedRequest;
  readonly app: AppName;
  readonly isUpgrade?: boolean;
  /** The client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue?: boolean;
};

/**
 * One request from its arrival to its access line: what is known of it, its one running timer, and its one end.
 * However it ends, it leaves its instance, its place in the waiting line and the edge exactly once. router.md §3.
 */
export class Exchange implements Carried {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly app: AppName;
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly hasBody: boolean;
  readonly isUpgrade: boolean;
  readonly expectsContinue: boolean;
  readonly forwarded: ForwardedRequest;
  /** Connects that failed, and how the last one did. */
  failedConnects = 0;
  lastUnreached: Unreached | undefined;
  /** Times it was sent again because a reused connection had closed. */
  repeats = 0;
  /** When it first had to wait. */
  heldSinceMs: number | undefined;
  connectMs: number | undefined;
  /** Status the app's answer began with. */
  sentStatus: number | undefined;
  bodyBytes = 0;

  readonly #context: EdgeContext;
  readonly #requestId: string;
  readonly #clientAddress: string;
  #instance: LiveInstance | undefined;
  #connectedAtMs: number | undefined;
  #timer: Timer | undefined;
  #abort: (() => void) | undefined;
  #cutGently: (() => void) | undefined;
  #leaveLine: (() => void) | undefined;
  #code: RouterCode | undefined;
  #failure: FailOptions = {};
  #hasEnded = false;

  constructor(context: EdgeContext, input: ExchangeInput) {
    const { req, res, checked } = input;
    this.#context = context;
    this.req = req;
    this.res = res;
    this.app = input.app;
    this.host = checked.host;
    this.path = checked.path;
    this.method = req.method ?? "GET";
    this.hasBody = checked.hasBody;
    this.isUpgrade = input.isUpgrade ?? false;
    this.expectsContinue = input.expectsContinue ?? false;
    this.#requestId = clientRequestId(req.headers["x-request-id"]) ?? newRequestId(context.random);
    this.#clientAddress = plainAddress(req.socket.remoteAddress);
    this.forwarded = requestLines(req.rawHeaders, {
      clientAddress: this.#clientAddress,
      port: context.port,
      requestId: this.#requestId,
      receivedAtMs: context.clock.now(),
    });
    context.counters.droppedHeaders += this.forwarded.droppedCount;
    context.open.add(this);
    res.on("close", () => this.end());
  }

  /** Nothing may be sent or tried for it any more: it failed, was answered, or its client is gone. */
  get isOver(): boolean {
    return this.#hasEnded || this.#code !== undefined;
  }

  /** Starts the one window that ends the exchange when it elapses; replaces the one before. */
  window(waitMs: number, onElapsed: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.isOver ? undefined : this.#context.timers.after(waitMs, onElapsed);
  }

  refreshWindow(): void {
    this.#timer?.refresh();
  }

  stopWindow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** It waits in the line; `leave` takes it out. */
  wait(leave: () => void): void {
    this.#leaveLine = leave;
  }

  stopWaiting(): void {
    this.#leaveLine?.();
    this.#leaveLine = undefined;
  }

  /** `abort` ends what is going on with the instance, without a word to the client. */
  enter(instance: LiveInstance, abort: () => void): void {
    this.#instance = instance;
    this.#abort = abort;
    instance.enter(this);
  }

  connected(connectMs: number): void {
    this.connectMs = connectMs;
    this.#connectedAtMs = this.#context.clock.now();
  }

  /** The instance has done its part, or did not get the request at all (`isUnsent`: then it is not in the log either). */
  leave(isUnsent = false): void {
    this.#abort = undefined;
    this.#instance?.leave(this);
    if (isUnsent) this.#instance = undefined;
  }

  /** From now on a cut is done by whoever relays the bytes. */
  onCut(cut: () => void): void {
    this.#cutGently = cut;
  }

  /** End of a drain: a WebSocket is closed politely, a request is broken off. Contract §10. */
  cut(): void {
    if (this.isOver) return;
    if (this.#cutGently === undefined) return this.fail("H24");
    this.#code = "H24";
    this.stopWindow();
    this.#cutGently();
  }

  /** Ends it with a router code: a page when nothing was sent yet, else a broken connection, never a clean end. */
  fail(code: RouterCode, options: FailOptions = {}): void {
    if (this.isOver) return;
    this.#code = code;
    this.#failure = options;
    this.#letGo();
    if (this.res.headersSent || codeEntry(code).status === 499) {
      this.res.destroy();
      return;
    }
    const accept = this.req.headers.accept;
    const status = options.status === undefined ? {} : { status: options.status };
    this.answer(codePage(code, { accept, requestId: this.#requestId, ...status }), options.close);
  }

  /** As `fail`, for a connection whose bytes are relayed: `destroy` ends it, and its end ends the exchange. */
  failUpgraded(code: RouterCode, destroy: () => void): void {
    if (this.isOver) return;
    this.#code = code;
    destroy();
  }

  /** The app left the table while the request waited. */
  answerUnknownHost(): void {
    if (this.isOver) return;
    const page = unknownHostPage({ accept: this.req.headers.accept, requestId: this.#requestId });
    this.#letGo();
    this.sentStatus = page.status;
    this.answer(page);
  }

  /** Sends a page of ours. */
  answer(page: Page, close = false): void {
    if (close || this.#context.isDraining) this.res.shouldKeepAlive = false;
    this.res.writeHead(page.status, [...page.headers]);
    this.res.end(this.method === "HEAD" ? undefined : page.body);
  }

  /** The one end: called when the response is out or its connection is closed, or an upgraded connection is. */
  end(): void {
    if (this.#hasEnded) return;
    // Nobody of ours ended it and the answer is not out: the client went away.
    if (this.#code === undefined && !this.res.writableFinished && this.#cutGently === undefined) this.#code = "H27";
    this.#hasEnded = true;
    this.#letGo();
    if (this.hasBody) swallowRest(this.#context, this.req);
    this.#context.open.delete(this);
    this.#context.accessLog.append(this.app, this.#line());
  }

  #letGo(): void {
    const abort = this.#abort;
    this.stopWindow();
    this.stopWaiting();
    this.leave();
    abort?.();
  }

  #line(): string {
    const code = this.#code;
    const { connectMs, sentStatus } = this;
    const isOurs = code !== undefined;
    const status = isOurs ? this.#codeStatus(code) : sentStatus;
    const wasSent = isOurs && sentStatus !== undefined;
    const hasBytes = sentStatus !== undefined || status !== 499;
    return accessLine({
      ...(isOurs ? { code } : {}),
      ...(this.#failure.cause === undefined ? {} : { cause: this.#failure.cause }),
      method: this.method,
      path: this.path,
      host: this.host,
      requestId: this.#requestId,
      clientAddress: this.#clientAddress,
      ...(this.#instance === undefined ? {} : { instanceName: this.#instance.target.name }),
      ...(connectMs === undefined ? {} : { connectMs }),
      ...(this.#connectedAtMs === undefined ? {} : { serviceMs: this.#context.clock.now() - this.#connectedAtMs }),
      ...(status === undefined ? {} : { status }),
      ...(hasBytes ? { bytes: this.bodyBytes } : {}),
      ...(wasSent ? { sentStatus } : {}),
    });
  }

  /** A forced close sends a status only where nothing was sent before; the others keep their table's number. */
  #codeStatus(code: RouterCode): number | undefined {
    if (code === "H24" && this.sentStatus !== undefined) return undefined;
    return this.#failure.status ?? codeEntry(code).status;
  }
}
