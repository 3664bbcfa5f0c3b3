import { isoTime } from "../lib/clock.ts";

/**
 * One line of an app's log. Written by the log store from engines, the edge, operations and the platform itself.
 * Read by API and CLI. Stored in `logs.db`. Contract §12.
 */
export type LogLine = {
  /** Grows with arrival; a reader goes on from the last one it saw. */
  readonly id: number;
  /** Microseconds since the Unix epoch. */
  readonly atUs: number;
  /** `app[web.1]`, `app[release.1]`, `app[api]`, `portside[router]`, `portside[web.1]`. */
  readonly source: string;
  /** Without its line end; at most 10,000 bytes. */
  readonly text: string;
};

export const LOG_LINE_BYTES_MAX = 10_000;

/** `2026-01-01T00:00:00.123456+00:00`. */
export function formatLogTime(atUs: number): string {
  const seconds = Math.floor(atUs / 1_000_000);
  const micros = String(atUs - seconds * 1_000_000).padStart(6, "0");
  return `${isoTime(seconds * 1000).slice(0, 19)}.${micros}+00:00`;
}
