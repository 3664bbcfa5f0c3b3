/** What the edge knows of a request and tells the instance. router.md §4. */
export type ForwardFacts = {
  /** The client's address; IPv4 in IPv6 form is written as IPv4. */
  readonly clientAddress: string;
  readonly port: number;
  readonly requestId: string;
  readonly receivedAtMs: number;
};

/** `lines` is flat: name, value, name, value, in the order sent. */
export type ForwardedRequest = {
  readonly lines: string[];
  readonly droppedCount: number;
  readonly wantsTrailers: boolean;
};

/** Concern one connection only, both ways. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate",
  "proxy-authorization",
]);

/**
 * Claims only a trusted proxy may make; no network is trusted yet, so they are replaced. security.md rule 12.
 * All other `X-Forwarded-…` are dropped too.
 */
const CLAIMS = new Set(["x-request-start", "x-request-id", "forwarded", "expect"]);

/** Never removed because a client's `Connection` names them: that would change what the request means. */
const KEPT_ALWAYS = new Set(["content-length", "host"]);

const REQUEST_ID = /^[A-Za-z0-9_-]{20,200}$/;
const TOKEN = /^[!#$%&'*+\-.^`|~0-9A-Za-z]+$/;

/** The client's own `X-Request-Id` when it is harmless, else `undefined`. */
export function clientRequestId(raw: string | string[] | undefined): string | undefined {
  return typeof raw === "string" && REQUEST_ID.test(raw) ? raw : undefined;
}

/** `203.0.113.9` of `::ffff:203.0.113.9`; other addresses as they are. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

/**
 * The lines an instance gets: the client's in their order and case without what concerns the connection, then ours.
 * Nothing is left that undici refuses (router.md §8.5). Names with `_` are dropped and counted (§8.2).
 */
export function requestLines(rawHeaders: readonly string[], facts: ForwardFacts): ForwardedRequest {
  const lines: string[] = [];
  const named = namedByConnection(rawHeaders);
  let droppedCount = 0;
  let wantsTrailers = false;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "te") wantsTrailers ||= /(^|,)\s*trailers\s*(;|,|$)/i.test(value);
    if (!TOKEN.test(name)) droppedCount += 1;
    else if (isForwarded(lower, named)) lines.push(name, value);
  }
  if (wantsTrailers) lines.push("TE", "trailers");
  lines.push(
    "X-Forwarded-For",
    facts.clientAddress,
    "X-Forwarded-Proto",
    "http",
    "X-Forwarded-Port",
    String(facts.port),
  );
  lines.push("X-Request-Id", facts.requestId, "X-Request-Start", String(facts.receivedAtMs), "Via", "1.1 portside");
  return { lines, droppedCount, wantsTrailers };
}

/** The lines a client gets of an instance's answer. `raw` is flat and in Latin-1, as undici gives it. */
export function responseLines(raw: readonly (Buffer | string)[], status: number): string[] {
  const texts = raw.map((each) => (typeof each === "string" ? each : each.toString("latin1")));
  const named = namedByConnection(texts);
  const lines: string[] = [];
  for (let index = 0; index + 1 < texts.length; index += 2) {
    const name = texts[index] ?? "";
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named?.has(lower) === true) continue;
    // RFC 9110 §8.6: a 204 has no length, and a client that believed one would wait for a body.
    if (status === 204 && lower === "content-length") continue;
    lines.push(name, texts[index + 1] ?? "");
  }
  return lines;
}

function isForwarded(lower: string, named: ReadonlySet<string> | undefined): boolean {
  if (HOP_BY_HOP.has(lower) || CLAIMS.has(lower) || lower.startsWith("x-forwarded-")) return false;
  return named?.has(lower) !== true || KEPT_ALWAYS.has(lower);
}

/** Lower-case names the `Connection` lines list; `undefined` in the common case that they list nothing of interest. */
function namedByConnection(lines: readonly string[]): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index] ?? "";
    if (name.length !== "connection".length || name.toLowerCase() !== "connection") continue;
    for (const token of (lines[index + 1] ?? "").split(",")) {
      const lower = token.trim().toLowerCase();
      if (lower === "keep-alive" || lower === "close" || lower === "") continue;
      names ??= new Set();
      names.add(lower);
    }
  }
  return names;
}
