import { isoTime, type Clock } from "../lib/clock.ts";

/** Plain facts of one event; never a client's address, path or host (router.md §3). */
export type EdgeFacts = Readonly<Record<string, string | number | boolean>>;

/** The edge's words about itself: one JSON line an event. Its parent redirects them to `edge.log`. */
export type EdgeLog = { say(event: string, facts?: EdgeFacts): void };

/** Lines of one kind in a minute; what is beyond is counted into the next line of its kind. */
const LINES_PER_MINUTE_MAX = 30;

/** `write` gets whole lines and must not throw; a closed reader is its business. Nobody can fill the disk through it. */
export function edgeLog(clock: Clock, write: (line: string) => void): EdgeLog {
  const recent = new Map<string, { minute: number; count: number; droppedCount: number }>();
  const say: EdgeLog["say"] = (event, facts = {}) => {
    const minute = Math.floor(clock.now() / 60_000);
    const kind = recent.get(event) ?? { minute, count: 0, droppedCount: 0 };
    recent.set(event, kind);
    if (kind.minute !== minute) Object.assign(kind, { minute, count: 0 });
    kind.count += 1;
    if (kind.count > LINES_PER_MINUTE_MAX) {
      kind.droppedCount += 1;
      return;
    }
    const dropped = kind.droppedCount === 0 ? {} : { droppedCount: kind.droppedCount };
    kind.droppedCount = 0;
    write(`${JSON.stringify({ at: isoTime(clock.now()), event, ...facts, ...dropped })}\n`);
  };
  return { say };
}

/** What is counted instead of logged line by line. Read by status-socket.ts. */
export type EdgeCounters = {
  /** Requests refused before an app was chosen or asked. */
  refusedRequests: number;
  /** Header lines with `_` in the name. router.md §8.2. */
  droppedHeaders: number;
  /** Connections beyond `connectionsMax`. */
  droppedConnections: number;
  /** Hosts no app has. */
  unknownHosts: number;
  /** Access-log lines that found no room. */
  droppedLines: number;
  /** Errors nobody expected; each is also in the edge's log. */
  internalErrors: number;
};

/** All zero. */
export function newCounters(): EdgeCounters {
  return {
    refusedRequests: 0,
    droppedConnections: 0,
    droppedHeaders: 0,
    unknownHosts: 0,
    droppedLines: 0,
    internalErrors: 0,
  };
}
