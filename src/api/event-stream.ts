import type { Clock } from "../lib/clock.ts";
import { formatServerSentEvent } from "../lib/sse.ts";
import type { ServerSentEvent } from "../lib/sse.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { ApiLog } from "./api-log.ts";
import type { ApiLimits } from "./limits.ts";
import { presentable, problemText } from "./problems.ts";

const HEADERS = { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" };
const HEARTBEAT = ": still here\n\n";

type StreamRequest = { readonly raw: Request; readonly number: number };
type Events = (signal: AbortSignal) => AsyncIterable<ServerSentEvent>;

/**
 * All open event streams. A stream ends with its events, when its reader goes away, and when the server closes; its
 * events are asked for only as fast as the reader takes them.
 */
export class EventStreams {
  readonly #open = new Set<EventStream>();
  readonly #parts: {
    readonly clock: Clock;
    readonly limits: ApiLimits;
    readonly log: ApiLog;
    readonly closing?: AbortSignal;
  };

  constructor(parts: { clock: Clock; limits: ApiLimits; log: ApiLog; closing?: AbortSignal }) {
    this.#parts = parts;
    parts.closing?.addEventListener("abort", () => [...this.#open].forEach((stream) => stream.end()), { once: true });
  }

  /** How many are open. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Answers a request with a stream. E_STREAMS_MAX; E_SERVER_STOPPING once the server closes. */
  respond(request: StreamRequest, events: Events): Response {
    const { limits, closing } = this.#parts;
    if (request.raw.method === "HEAD") return new Response(null, { headers: HEADERS });
    if (closing?.aborted === true) throw new PortsideError("E_SERVER_STOPPING");
    if (this.#open.size >= limits.streamsMax) throw new PortsideError("E_STREAMS_MAX", { limit: limits.streamsMax });
    const stream = new EventStream(limits.streamWaitingCharsMax, () => this.#open.delete(stream));
    this.#open.add(stream);
    request.raw.signal.addEventListener("abort", () => stream.end(), { once: true });
    if (request.raw.signal.aborted) stream.end();
    void this.#pump(stream, request, events);
    void this.#beat(stream);
    return new Response(stream.body, { headers: HEADERS });
  }

  /** Moves the events into the stream; a failure becomes its last event. */
  async #pump(stream: EventStream, request: StreamRequest, events: Events): Promise<void> {
    try {
      for await (const event of events(stream.signal)) {
        if (stream.signal.aborted) break;
        await stream.write(formatServerSentEvent(event));
      }
    } catch (error) {
      if (!stream.signal.aborted) {
        this.#parts.log({ level: "error", msg: "an event stream failed", request: request.number, err: error });
        const data = problemText(presentable(error, request.number));
        await stream.write(formatServerSentEvent({ event: "problem", data }));
      }
    }
    stream.end();
  }

  async #beat(stream: EventStream): Promise<void> {
    try {
      for (;;) {
        await this.#parts.clock.sleep(this.#parts.limits.heartbeatMs, stream.signal);
        stream.beat();
      }
    } catch (error) {
      if (!stream.signal.aborted) this.#parts.log({ level: "error", msg: "a heartbeat failed", err: error });
    }
  }
}

/** One stream: text waits here until the reader pulls it, at most `waitingCharsMax` characters and one event. */
class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #abort = new AbortController();
  readonly #encoder = new TextEncoder();
  readonly #waitingCharsMax: number;
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Begins with a comment, so that the reader's first byte does not wait for the first event. */
  #waiting = HEARTBEAT;
  #onText: (() => void) | undefined;
  #onTaken: (() => void) | undefined;

  constructor(waitingCharsMax: number, onEnd: () => void) {
    this.#waitingCharsMax = waitingCharsMax;
    this.#onEnd = onEnd;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#close(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Aborts when the stream has ended, for whatever reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves once there is room for more, or the stream has ended. */
  async write(text: string): Promise<void> {
    if (this.signal.aborted) return;
    this.#waiting += text;
    this.#onText?.();
    if (this.#waiting.length < this.#waitingCharsMax) return;
    await new Promise<void>((resolve) => (this.#onTaken = resolve));
  }

  /** A sign of life, where nothing else is under way. */
  beat(): void {
    if (this.#waiting !== "") return;
    this.#waiting = HEARTBEAT;
    this.#onText?.();
  }

  /** Gives what still waits and closes. Safe to call twice. */
  end(): void {
    if (this.signal.aborted) return;
    if (this.#waiting !== "") this.#give();
    this.#controller?.close();
    this.#close();
  }

  #close(): void {
    if (this.signal.aborted) return;
    this.#abort.abort();
    this.#onEnd();
    this.#onTaken?.();
    this.#onText?.();
  }

  async #pull(): Promise<void> {
    if (this.#waiting === "") await new Promise<void>((resolve) => (this.#onText = resolve));
    this.#onText = undefined;
    if (!this.signal.aborted) this.#give();
  }

  #give(): void {
    this.#controller?.enqueue(this.#encoder.encode(this.#waiting));
    this.#waiting = "";
    this.#onTaken?.();
  }
}
