import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { hasCode } from "../../lib/files.ts";
import type { ConnectResult, HttpProbe, HttpResult, Probe, ProbeTarget } from "./probe.ts";

const BODY_BYTES_MAX = 1_048_576;

/** Probes over the network, from where traffic comes. */
export const networkProbe: Probe = { connect: probeConnect, request: probeRequest };

function probeConnect(target: ProbeTarget, limitMs: number, signal: AbortSignal): Promise<ConnectResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port, signal });
    const end = (result: ConnectResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(limitMs, () =>
      end({ accepted: false, refused: false, reason: `no connection within ${limitMs} ms` }),
    );
    socket.on("connect", () => end({ accepted: true }));
    socket.on("error", (error) =>
      end({ accepted: false, refused: hasCode(error, "ECONNREFUSED"), reason: inWords(error) }),
    );
  });
}

function probeRequest(probe: HttpProbe, limitMs: number, signal: AbortSignal): Promise<HttpResult> {
  const inner = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  return new Promise((resolve) => {
    const options: RequestOptions & { rejectUnauthorized: boolean } = {
      host: probe.host,
      port: probe.port,
      path: probe.path,
      headers: Object.fromEntries(probe.headers.map(({ name, value }) => [name, value])),
      agent: false,
      signal: inner,
      rejectUnauthorized: false,
    };
    const fail = (error: Error): void => {
      const reason = inner.aborted && !signal.aborted ? `no answer within ${limitMs / 1000} s` : inWords(error);
      resolve({ answered: false, refused: hasCode(error, "ECONNREFUSED"), reason });
    };
    try {
      const request = (probe.scheme === "https" ? httpsRequest : httpRequest)(options, (response) =>
        readAnswer(response, resolve, fail),
      );
      request.on("error", fail);
      request.end();
    } catch (error) {
      // A header or path that node:http refuses to send.
      fail(error as Error);
    }
  });
}

function readAnswer(
  response: IncomingMessage,
  resolve: (result: HttpResult) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { location } = response.headers;
  const answer = (): void =>
    resolve({
      answered: true,
      status: response.statusCode ?? 0,
      body: Buffer.concat(chunks).toString("utf8"),
      ...(location === undefined ? {} : { location }),
    });
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) return;
    answer();
    response.destroy();
  });
  response.on("end", answer);
  response.on("error", fail);
}

function inWords(error: Error): string {
  if (hasCode(error, "ECONNREFUSED")) return "connection refused";
  if (hasCode(error, "ECONNRESET") || error.message === "socket hang up") return "connection closed without an answer";
  return error.message;
}
