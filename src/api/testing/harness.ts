import { systemClock } from "../../lib/clock.ts";
import { FakeClock } from "../../lib/fake-clock.ts";
import { ServerSentEventParser } from "../../lib/sse.ts";
import type { ServerSentEvent } from "../../lib/sse.ts";
import { secret } from "../../lib/secret.ts";
import type { BuiltApi } from "../app.ts";
import { buildApi } from "../app.ts";
import type { ApiLogEntry } from "../api-log.ts";
import type { ApiLimits } from "../limits.ts";
import { FakeControl } from "./fake-control.ts";

export const TOKEN = "t".repeat(43);

/** An API over a fake control. `ask` is the owner's request unless the headers say otherwise (`trusted: false`). */
export type Harness = BuiltApi & {
  readonly control: FakeControl;
  readonly clock: FakeClock;
  readonly logged: ApiLogEntry[];
  readonly closing: AbortController;
  readonly ask: (line: string, options?: AskOptions) => Promise<Response>;
};

/** `body` is sent as JSON, `rawBody` as it is. */
export type AskOptions = {
  readonly body?: unknown;
  readonly rawBody?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly trusted?: boolean;
  readonly signal?: AbortSignal;
};

/** `limits` replace the real ones. */
export function createHarness(limits: Partial<ApiLimits> = {}): Harness {
  const control = new FakeControl();
  const clock = new FakeClock();
  const logged: ApiLogEntry[] = [];
  const closing = new AbortController();
  const log = (entry: ApiLogEntry): void => void logged.push(entry);
  const built = buildApi({
    control,
    clock,
    log,
    limits,
    token: secret(TOKEN),
    version: "0.1.0",
    appSchema: () => ({ title: "app.json" }),
    closing: closing.signal,
  });
  const ask: Harness["ask"] = async (line, options = {}) => {
    const [method = "GET", path = "/"] = line.split(" ");
    const body = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const json: Record<string, string> = options.body === undefined ? {} : { "content-type": "application/json" };
    const init: RequestInit & { duplex?: "half" } = { method, headers: { ...json, ...options.headers } };
    if (body !== undefined) Object.assign(init, { body, duplex: "half" });
    if (options.signal !== undefined) init.signal = options.signal;
    return built.app.request(path, init, { trusted: options.trusted ?? true });
  };
  return { ...built, control, clock, logged, closing, ask };
}

/** Reads a stream of events piece by piece. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser = new ServerSentEventParser();
  readonly #events: ServerSentEvent[] = [];
  /** Everything as it came, comments too. */
  text = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error("the answer has no body");
    this.#reader = response.body.getReader();
  }

  /** The next event; `undefined` at the end of the stream. */
  async next(): Promise<ServerSentEvent | undefined> {
    while (this.#events.length === 0) if (!(await this.more())) return undefined;
    return this.#events.shift();
  }

  /** All events up to the end of the stream. */
  async rest(): Promise<ServerSentEvent[]> {
    const events: ServerSentEvent[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event);
    return events;
  }

  /** Reads one more piece; false at the end. */
  async more(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) return false;
    const text = new TextDecoder().decode(value);
    this.text += text;
    this.#events.push(...this.#parser.push(text));
    return true;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

/** Waits for something to become true, at most 5 s. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const limit = systemClock.now() + 5_000;
  while (!isTrue()) {
    if (systemClock.now() > limit) throw new Error(`waited 5 s for ${what}`);
    await systemClock.sleep(2);
  }
}
