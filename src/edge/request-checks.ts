import type { IncomingMessage } from "node:http";
import type { EdgeLimits } from "./limits.ts";
import { hostName } from "./route-match.ts";

/** What of a request the checks look at. */
export type RequestHead = Pick<IncomingMessage, "method" | "url" | "httpVersion" | "rawHeaders">;

/** `cause` goes to the access log as Heroku words it. The connection is closed after a refusal. */
export type Refusal = { readonly status: 400 | 405 | 417 | 501 | 505; readonly cause: string };

/** What the checks found. */
export type CheckedRequest = {
  /** Lower case, without port; empty when an HTTP/1.0 client named none. */
  readonly host: string;
  /** Origin form, byte for byte as sent. */
  readonly path: string;
  /** Whether a body follows. */
  readonly hasBody: boolean;
  /** There when the request is refused; then `host` is only good for the log, and empty when it is not certain. */
  readonly refusal?: Refusal;
};

const BAD_HEADER = "bad header";
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;
/** No body anybody sends is longer, and beyond it numbers are no longer exact. */
const LENGTH_DIGITS_MAX = 15;

/**
 * What Node's parser lets through and we must not: smuggling and ambiguity. router.md §8.2.
 * Everything the parser refuses itself (§8.1) never gets here.
 */
export function checkRequest(head: RequestHead, limits: Pick<EdgeLimits, "lineBytesMax">): CheckedRequest {
  const lines = readLines(head.rawHeaders, limits.lineBytesMax);
  const target = readTarget(head.url ?? "", lines.host);
  const isCertain = lines.hostCount < 2 && target.refusal === undefined;
  const checked = { host: isCertain ? hostName(lines.host) : "", path: target.path, hasBody: lines.hasBody };
  const refusal = refuseVersion(head, lines) ?? refuseLines(head, lines, limits.lineBytesMax) ?? target.refusal;
  return refusal === undefined ? checked : { ...checked, refusal };
}

type HeaderFacts = {
  hostCount: number;
  host: string;
  transferEncoding: string | undefined;
  contentLength: string | undefined;
  hasLongLine: boolean;
  hasBody: boolean;
};

function readLines(rawHeaders: readonly string[], lineBytesMax: number): HeaderFacts {
  const facts: HeaderFacts = {
    hostCount: 0,
    host: "",
    transferEncoding: undefined,
    contentLength: undefined,
    hasLongLine: false,
    hasBody: false,
  };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    if (name.length + value.length + 2 > lineBytesMax) facts.hasLongLine = true;
    readLine(facts, name.toLowerCase(), value);
  }
  facts.hasBody = facts.transferEncoding !== undefined || Number(facts.contentLength ?? 0) > 0;
  return facts;
}

function readLine(facts: HeaderFacts, name: string, value: string): void {
  if (name === "host") {
    facts.hostCount += 1;
    facts.host = value;
  } else if (name === "transfer-encoding") {
    facts.transferEncoding = facts.transferEncoding === undefined ? value : `${facts.transferEncoding},${value}`;
  } else if (name === "content-length") {
    facts.contentLength = value;
  }
}

function refuseVersion(head: RequestHead, facts: HeaderFacts): Refusal | undefined {
  if (head.httpVersion !== "1.1" && head.httpVersion !== "1.0") return { status: 505, cause: "bad version" };
  if (head.httpVersion === "1.0" && facts.transferEncoding !== undefined) return { status: 400, cause: BAD_HEADER };
  return undefined;
}

function refuseLines(head: RequestHead, facts: HeaderFacts, lineBytesMax: number): Refusal | undefined {
  const requestLineBytes = (head.method?.length ?? 0) + (head.url?.length ?? 0) + " HTTP/1.1 ".length;
  if (requestLineBytes > lineBytesMax) return { status: 400, cause: "request line too long" };
  if (facts.hasLongLine) return { status: 400, cause: "header line too long" };
  if (facts.hostCount > 1 || (facts.hostCount === 0 && head.httpVersion === "1.1"))
    return { status: 400, cause: BAD_HEADER };
  if (facts.transferEncoding !== undefined && facts.transferEncoding.toLowerCase() !== "chunked") {
    return { status: 501, cause: "unsupported transfer encoding" };
  }
  if ((facts.contentLength?.length ?? 0) > LENGTH_DIGITS_MAX) return { status: 400, cause: BAD_HEADER };
  return undefined;
}

/** Absolute form is accepted only when it names the same host; `*` means nobody behind us. */
function readTarget(url: string, host: string): { path: string; refusal?: Refusal } {
  if (url.startsWith("/")) return { path: url };
  const refusal: Refusal = { status: 400, cause: "bad request target" };
  const absolute = ABSOLUTE.exec(url);
  const authority = absolute?.[1] ?? "";
  const rest = absolute?.[2] ?? "";
  if (absolute === null || authority === "" || authority.includes("@")) return { path: url, refusal };
  if (hostName(authority) !== hostName(host)) return { path: url, refusal };
  return { path: rest.startsWith("/") ? rest : `/${rest}` };
}
