import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { AddressGuard, AddressRefused, type CheckedAddress } from "../../lib/address-guard.ts";
import type { Outgoing, OutgoingResult } from "./outgoing.ts";

const LIMIT_MS = 10_000;

const PUBLIC_ALONE = new AddressGuard();

/** Requests over the network: the name is resolved once, and the connection goes to exactly the address that was checked. */
export function networkOutgoing(guard: AddressGuard): Outgoing {
  return { post: (url, body, signal) => post(guard, { url, text: JSON.stringify(body) }, signal) };
}

async function post(
  guard: AddressGuard,
  { url: rawUrl, text }: { readonly url: string; readonly text: string },
  signal: AbortSignal,
): Promise<OutgoingResult> {
  const url = URL.parse(rawUrl);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    return { ok: false, problem: "it is no http or https address" };
  const inner = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  const address = await resolveAllowed(guard, url.hostname);
  signal.throwIfAborted();
  if (typeof address === "string") return { ok: false, problem: address };
  const result = await send({ url, text, address }, inner);
  signal.throwIfAborted();
  return result;
}

/** The address to connect to when all of the host's may be reached; else why not. */
async function resolveAllowed(guard: AddressGuard, host: string): Promise<CheckedAddress | string> {
  const refusal = "it leads into a network that is not allowed (an operator can allow it with PORTSIDE_ALLOW_NETWORKS)";
  try {
    const checked = await guard.resolve(host);
    return isOwnPublic(checked.address) ? refusal : checked;
  } catch (error) {
    return error instanceof AddressRefused ? refusal : "its host name is not known";
  }
}

/** A public address of this very machine: what is closed to others may answer there. */
function isOwnPublic(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address));
  return own.includes(address) && PUBLIC_ALONE.permits(address);
}

function send(
  { url, text, address }: { readonly url: URL; readonly text: string; readonly address: CheckedAddress },
  signal: AbortSignal,
): Promise<OutgoingResult> {
  const pinned: LookupFunction = (_host, options, callback) =>
    options.all === true
      ? callback(null, [{ address: address.address, family: address.family }])
      : callback(null, address.address, address.family);
  return new Promise((done) => {
    const options: RequestOptions = {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(text),
        "User-Agent": "Portside",
      },
      agent: false,
      lookup: pinned,
      signal,
    };
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, options, (response) => {
      const status = response.statusCode ?? 0;
      // What it says is of no interest, and may be endless.
      response.destroy();
      done(status >= 200 && status < 300 ? { ok: true, status } : { ok: false, problem: `it answered ${status}` });
    });
    request.on("error", (error) =>
      done({ ok: false, problem: signal.aborted ? `no answer within ${LIMIT_MS / 1000} s` : error.message }),
    );
    request.end(text);
  });
}
