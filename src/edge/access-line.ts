import { codeEntry, type RouterCode } from "./router-codes.ts";

/** What is known of a request at its end; what is not known stays empty in the line. */
export type AccessFacts = {
  readonly code?: RouterCode;
  /** Only H26. */
  readonly cause?: string;
  readonly method: string;
  readonly path: string;
  /** The matched host name, so it needs no escaping. */
  readonly host: string;
  readonly requestId: string;
  readonly clientAddress: string;
  /** `web.1`. */
  readonly instanceName?: string;
  /** Time to an open connection, 0 on a reused one. */
  readonly connectMs?: number;
  /** From then to the last byte. */
  readonly serviceMs?: number;
  readonly status?: number;
  /** Body bytes of the app that went to the client. */
  readonly bytes?: number;
  /** The status the client saw, when it is not `status`. */
  readonly sentStatus?: number;
};

/**
 * Heroku's router line without time and source, its fields always in the same order. router.md §3.
 * Parsers in the wild are regular expressions, so fields without a value stay.
 */
export function accessLine(facts: AccessFacts): string {
  const entry = facts.code === undefined ? undefined : codeEntry(facts.code);
  const sock = entry?.sock === undefined ? "" : `sock=${entry.sock} `;
  const code = entry === undefined ? "" : ` code=${facts.code} desc="${entry.desc}"`;
  const cause = facts.cause === undefined ? "" : ` cause="${facts.cause}"`;
  const sent = facts.sentStatus === undefined ? "" : ` sent=${facts.sentStatus}`;
  return (
    `${sock}at=${entry?.at ?? "info"}${code}${cause} method=${facts.method} path="${quotable(facts.path)}"` +
    ` host=${facts.host} request_id=${facts.requestId} fwd="${quotable(facts.clientAddress)}"` +
    ` dyno=${facts.instanceName ?? ""} connect=${milliseconds(facts.connectMs)} service=${milliseconds(facts.serviceMs)}` +
    ` status=${facts.status ?? ""} bytes=${facts.bytes ?? ""} protocol=http${sent}`
  );
}

const HARMLESS = /^[ !#-[\]-~]*$/;

/** Escapes quotes, backslashes and everything that is not printable ASCII, so that no text can end the field or the line. */
export function quotable(text: string): string {
  if (HARMLESS.test(text)) return text;
  return text.replace(/[^ !#-[\]-~]/g, (char) => {
    if (char === '"' || char === "\\") return `\\${char}`;
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? "" : `${Math.max(0, Math.round(value))}ms`;
}
