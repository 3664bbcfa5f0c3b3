import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { IncomingMessage, RequestOptions } from "node:http";
import type { AddressGuard, CheckedAddress } from "./address-guard.ts";

/** What a download may take at most. */
export type DownloadLimits = {
  readonly bytesMax: number;
  readonly totalMs: number;
  /** Without a byte, before and during the answer. */
  readonly idleMs: number;
  readonly redirectsMax: number;
};

/** How a download is made; `guard` judges the address of every hop. */
export type DownloadOptions = {
  readonly guard: AddressGuard;
  readonly limits: DownloadLimits;
  readonly signal: AbortSignal;
  /** Sent to the first host only. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** What came. `unchanged`: the server answered 304, and nothing was written. */
export type Download =
  | { readonly kind: "file"; readonly sha256: string; readonly bytes: number; readonly etag?: string }
  | { readonly kind: "unchanged" };

/** The download ended without a file; the message says why. */
export class DownloadFailed extends Error {
  constructor(problem: string, options: { cause?: unknown } = {}) {
    super(problem, options);
    this.name = "DownloadFailed";
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Gets an http(s) URL into a new file. The name of every hop is resolved once, judged, and that address is connected to;
 * no proxy, no cookies, no credentials. Rejects with DownloadFailed, AddressRefused or the signal's reason; what was
 * written until then is the caller's to remove. security.md rule 11.
 */
export async function downloadFile(url: URL, file: string, options: DownloadOptions): Promise<Download> {
  const limit = AbortSignal.timeout(options.limits.totalMs);
  const signal = AbortSignal.any([options.signal, limit]);
  try {
    let at = url;
    let headers = options.headers ?? {};
    for (let hop = 0; hop <= options.limits.redirectsMax; hop += 1) {
      const response = await request(at, headers, { ...options, signal });
      const { statusCode: status = 0 } = response;
      const to = response.headers.location;
      if (!REDIRECTS.has(status) || to === undefined) return await receive(response, file, options.limits);
      response.destroy();
      at = nextHop(at, to);
      headers = {};
    }
    throw new DownloadFailed(`it was redirected more than ${options.limits.redirectsMax} times`);
  } catch (error) {
    options.signal.throwIfAborted();
    if (limit.aborted) throw new DownloadFailed(`it took longer than ${options.limits.totalMs / 1000} s`);
    throw error;
  }
}

function nextHop(from: URL, to: string): URL {
  const next = URL.parse(to, from);
  if (next === null || (next.protocol !== "http:" && next.protocol !== "https:"))
    throw new DownloadFailed("it was redirected to something that is no http(s) address");
  if (from.protocol === "https:" && next.protocol === "http:")
    throw new DownloadFailed("it was redirected from https to http");
  if (next.username !== "" || next.password !== "")
    throw new DownloadFailed("it was redirected to an address with credentials");
  return next;
}

async function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
  options: DownloadOptions,
): Promise<IncomingMessage> {
  const checked = await resolveHost(url, options.guard);
  const client = process.getBuiltinModule(url.protocol === "https:" ? "node:https" : "node:http");
  const { idleMs } = options.limits;
  return new Promise((resolve, reject) => {
    const settings: RequestOptions = {
      agent: false,
      headers: { accept: "*/*", "user-agent": "portside", ...headers },
      signal: options.signal,
      timeout: idleMs,
      lookup: (_hostname, { all }, done) =>
        all === true ? done(null, [checked]) : done(null, checked.address, checked.family),
    };
    const sent = client.request(url, settings, resolve);
    sent.on("timeout", () => sent.destroy(new DownloadFailed(`nothing came for ${idleMs / 1000} s`)));
    sent.on("error", (error) => reject(error instanceof DownloadFailed ? error : failed(error)));
    sent.end();
  });
}

async function resolveHost(url: URL, guard: AddressGuard): Promise<CheckedAddress> {
  try {
    return await guard.resolve(url.hostname);
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw failed(error);
    throw error;
  }
}

async function receive(response: IncomingMessage, file: string, limits: DownloadLimits): Promise<Download> {
  const { statusCode: status = 0, headers } = response;
  if (status === 304) {
    response.destroy();
    return { kind: "unchanged" };
  }
  const tooLarge = (): DownloadFailed => new DownloadFailed(`it is larger than ${limits.bytesMax} bytes`);
  if (status !== 200 || Number(headers["content-length"] ?? 0) > limits.bytesMax) {
    response.destroy();
    throw status === 200 ? tooLarge() : new DownloadFailed(`the server answered ${status}`);
  }
  const hash = createHash("sha256");
  const out = openSync(file, "wx", 0o600);
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.bytesMax) throw tooLarge();
      hash.update(chunk);
      for (let written = 0; written < chunk.length;) written += writeSync(out, chunk, written);
    }
  } catch (error) {
    throw error instanceof DownloadFailed || !isReset(error) ? error : failed(error);
  } finally {
    closeSync(out);
    response.destroy();
  }
  const { etag } = headers;
  return { kind: "file", sha256: hash.digest("hex"), bytes, ...(etag === undefined ? {} : { etag }) };
}

function isReset(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    ["ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"].includes(String(error.code))
  );
}

function failed(error: unknown): DownloadFailed {
  const problem = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return new DownloadFailed(`the server cannot be reached (${problem})`, { cause: error });
}
