import type { Clock } from "../lib/clock.ts";
import type { ServerSentEvent } from "../lib/sse.ts";
import { PortsideError } from "../model/error-registry.ts";
import { isDisconnect, type ApiClient } from "./api-client.ts";
import { CliError } from "./failure.ts";

/** How long a server may be away (a restart takes about a second) before the follower gives up. */
const AWAY_MS_MAX = 30_000;
const RETRY_MS = 200;

/** What to follow and with what. */
export type FollowOptions = {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly path: string;
  /** The path for going on behind an event, when it differs. */
  readonly resumePath?: string;
  /** Whether the stream has said everything with this event. Without it the stream goes on for ever. */
  readonly isLast?: (event: ServerSentEvent) => boolean;
  /** Told once per loss of the connection. */
  readonly onLost?: () => void;
};

/**
 * Events of a stream as if the connection never broke: reconnects with `Last-Event-ID`, drops what came twice.
 * Throws E_SERVER_DOWN when the server stays away for 30 s, and everything the server refuses.
 */
export async function* followEvents(options: FollowOptions): AsyncGenerator<ServerSentEvent> {
  const { clock, signal } = options;
  let lastEventId: string | undefined;
  let lostAt: number | undefined;
  for (;;) {
    for await (const event of connection(options, lastEventId)) {
      lostAt = undefined;
      lastEventId = event.id ?? lastEventId;
      yield event;
      if (options.isLast?.(event) === true) return;
    }
    if (lostAt === undefined) options.onLost?.();
    lostAt ??= clock.now();
    if (clock.now() - lostAt > AWAY_MS_MAX) throw new PortsideError("E_SERVER_DOWN");
    await clock.sleep(RETRY_MS, signal);
  }
}

/** The new events of one connection; ends when it breaks in a way that may pass. */
async function* connection(options: FollowOptions, lastEventId: string | undefined): AsyncGenerator<ServerSentEvent> {
  const { client, signal, path, resumePath = path } = options;
  const resumed = lastEventId === undefined ? {} : { lastEventId };
  try {
    for await (const event of client.events(lastEventId === undefined ? path : resumePath, { signal, ...resumed })) {
      const isRepeated = lastEventId !== undefined && event.id !== undefined && Number(event.id) <= Number(lastEventId);
      if (!isRepeated) yield event;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!mayComeBack(error)) throw error;
  }
}

// A server that is going down may be on its way to being replaced; E_SERVER_DOWN follows when it is not.
function mayComeBack(error: unknown): boolean {
  return isDisconnect(error) || (error instanceof CliError && error.report.code === "E_SERVER_STOPPING");
}
