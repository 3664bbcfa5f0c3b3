import type { MiddlewareHandler } from "hono";
import { PortsideError } from "../model/error-registry.ts";
import type { ApiEnv } from "./environment.ts";
import { describeBytes } from "./limits.ts";

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
/** Bodies are two levels of objects at most: the request, and its map of names. */
const MAP_DEPTH_MAX = 2;

/**
 * The chunks of a body of at most `bytesMax` bytes; nothing is kept. Throws E_BODY_TOO_LARGE before the first byte when
 * Content-Length says so, otherwise at the byte too many.
 */
export async function* limitedBody(request: Request, bytesMax: number): AsyncGenerator<Uint8Array> {
  refuseTooLong(request, bytesMax);
  if (request.body === null) return;
  let byteCount = 0;
  for await (const chunk of request.body) {
    byteCount += chunk.byteLength;
    if (byteCount > bytesMax) throw tooLarge(bytesMax);
    yield chunk;
  }
}

/** E_BODY_TOO_LARGE when the request announces more than `bytesMax` bytes. */
export function refuseTooLong(request: Request, bytesMax: number): void {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > bytesMax) throw tooLarge(bytesMax);
}

/**
 * Reads a JSON body within its limit before the schema sees it. E_BODY_TOO_LARGE; E_REQUEST_INVALID for another media
 * type, text that is no UTF-8 or no JSON, and the key `__proto__`, which a schema would drop in silence.
 * No answer quotes the text: it may hold config values.
 */
export function readJsonBody(bytesMax: number): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of limitedBody(c.req.raw, bytesMax)) chunks.push(chunk);
    const text = decode(Buffer.concat(chunks));
    const isJson = JSON_TYPE.test(c.req.header("content-type") ?? "");
    if (text !== "" && !isJson) throw invalid("the body must be application/json");
    if (text !== "") refuseProtoKeys(parse(text), MAP_DEPTH_MAX);
    // Typed as the body itself, hono keeps and awaits the promise of it. An empty body stands for no options at all.
    c.req.bodyCache.text = Promise.resolve(text === "" && isJson ? "{}" : text) as unknown as string;
    await next();
  };
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid("the body is not UTF-8", cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: its message quotes the text.
    throw invalid("the body is not JSON");
  }
}

function refuseProtoKeys(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null || depth === 0) return;
  if (Object.hasOwn(value, "__proto__")) throw invalid("the key `__proto__` is not possible");
  for (const inner of Object.values(value)) refuseProtoKeys(inner, depth - 1);
}

function tooLarge(bytesMax: number): PortsideError {
  return new PortsideError("E_BODY_TOO_LARGE", { limit: describeBytes(bytesMax) });
}

function invalid(problem: string, cause?: unknown): PortsideError {
  return new PortsideError("E_REQUEST_INVALID", { problem }, { cause });
}
