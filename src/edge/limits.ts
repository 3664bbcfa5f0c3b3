/**
 * Every limit of the edge, in one place. Router numbers: reference router.md §1 and §8.3.
 * Times in milliseconds, sizes in bytes.
 */
export type EdgeLimits = {
  /** TCP connect to an instance. */
  readonly connectMs: number;
  /** First byte of the response, from the moment the request was fully sent. */
  readonly firstByteMs: number;
  /** Silence in both directions afterwards, and silence of a client while it uploads. */
  readonly idleMs: number;
  /** How long a request waits for an instance that accepts it. */
  readonly holdMs: number;
  /** How often waiting requests look again when nothing woke them. */
  readonly holdPollMs: number;
  /** Waiting requests of an app for each of its targets. */
  readonly waitingPerTargetMax: number;
  /** Connect attempts of one request. */
  readonly attemptsMax: number;
  /** First quarantine of an instance that refused; it doubles with each further refusal. */
  readonly quarantineMinMs: number;
  readonly quarantineMaxMs: number;
  /** Idle connections to instances; an instance that announces less gets less. */
  readonly instanceKeepAliveMs: number;
  readonly clientKeepAliveMs: number;
  /** Request headers, from the first byte of the connection or request. */
  readonly headersMs: number;
  readonly connectionsCheckMs: number;
  readonly connectionsMax: number;
  /** Request line and each request header line. */
  readonly lineBytesMax: number;
  /** All request header lines together. */
  readonly requestHeaderBytesMax: number;
  /** All response header lines together. */
  readonly responseHeaderBytesMax: number;
  /** In-flight requests after SIGTERM. */
  readonly drainMs: number;
  /** How long the rest of an upload is swallowed after the answer was given. */
  readonly lingerMs: number;
  /** Wait for the end of a WebSocket frame when a connection is cut, and then for the other side to close. */
  readonly closeFrameMs: number;
  readonly accessLogBytesMax: number;
  readonly accessBufferBytesMax: number;
  readonly accessFlushMs: number;
  readonly tablePollMs: number;
  readonly tableBytesMax: number;
};

/** What runs when nobody says otherwise. Contract §10, §11. */
export const DEFAULT_LIMITS: EdgeLimits = {
  connectMs: 5_000,
  firstByteMs: 30_000,
  idleMs: 55_000,
  holdMs: 75_000,
  holdPollMs: 100,
  waitingPerTargetMax: 50,
  attemptsMax: 10,
  quarantineMinMs: 250,
  quarantineMaxMs: 5_000,
  instanceKeepAliveMs: 90_000,
  clientKeepAliveMs: 95_000,
  headersMs: 15_000,
  connectionsCheckMs: 1_000,
  connectionsMax: 8_000,
  lineBytesMax: 8_192,
  requestHeaderBytesMax: 65_536,
  responseHeaderBytesMax: 524_288,
  drainMs: 30_000,
  lingerMs: 5_000,
  closeFrameMs: 2_000,
  accessLogBytesMax: 64 * 1_048_576,
  accessBufferBytesMax: 4 * 1_048_576,
  accessFlushMs: 50,
  tablePollMs: 1_000,
  tableBytesMax: 16 * 1_048_576,
};

/** The defaults with some replaced, from the JSON text of `--limits`. Throws an Error that names what is wrong. */
export function parseLimits(rawLimits: string): EdgeLimits {
  const raw: unknown = JSON.parse(rawLimits);
  if (typeof raw !== "object" || raw === null) throw new Error("--limits must be a JSON object");
  for (const [name, value] of Object.entries(raw)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new Error(`--limits knows no \`${name}\``);
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new Error(`--limits \`${name}\` must be a whole number from 1`);
  }
  return { ...DEFAULT_LIMITS, ...raw };
}
