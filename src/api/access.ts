import { createHash, timingSafeEqual } from "node:crypto";
import { reveal } from "../lib/secret.ts";
import type { Secret } from "../lib/secret.ts";
import { PortsideError } from "../model/error-registry.ts";

/** What can be asked for, by resource. `reveal` is the right to see config values in clear. */
export const RIGHTS = {
  platform: ["read", "configure", "collect", "stop"],
  app: ["read", "configure", "deploy", "scale", "restart", "stop", "rollback", "destroy"],
  config: ["reveal", "write"],
  build: ["read"],
  release: ["read", "export"],
  runImage: ["write"],
  instance: ["read"],
  log: ["read"],
  source: ["read", "write"],
  operation: ["read", "cancel"],
} as const;

export type Resource = keyof typeof RIGHTS;

/** One right: `app:deploy`. */
export type Right = {
  [R in Resource]: { readonly resource: R; readonly action: (typeof RIGHTS)[R][number] };
}[Resource];

/** What a route demands: a right, or nothing with the reason why that is safe. security.md rule 1. */
export type Access = Right | { readonly public: string };

/**
 * Who asks. `owner` came through the Unix socket, which only its user can open; `token` knows the installation's token.
 * Both have every right for now. Lives as long as its request.
 */
export type Principal = { readonly kind: "owner" | "token" };

/** Shorter tokens can be guessed; security.md rule 5. */
export const TOKEN_CHARS_MIN = 32;

/** Gives the principal of a request, or `undefined`. `trusted`: the listener vouches for the peer. */
export type Authenticate = (request: {
  readonly trusted: boolean;
  readonly authorization: string | undefined;
}) => Principal | undefined;

/** Knows one token, as its SHA-256, and compares in constant time. E_SERVER_START when the token is too short. */
export function createAuthenticate(token: Secret): Authenticate {
  const text = reveal(token, "hash for comparing bearer tokens");
  if (text.length < TOKEN_CHARS_MIN) {
    throw new PortsideError("E_SERVER_START", {
      problem: `the API token is shorter than ${TOKEN_CHARS_MIN} characters`,
    });
  }
  const expected = sha256(text);
  return ({ trusted, authorization }) => {
    if (trusted) return { kind: "owner" };
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(sha256(given), expected)) return undefined;
    return { kind: "token" };
  };
}

/** Throws E_UNAUTHORIZED unless the route is public or there is a principal (each has every right for now). */
export function demandAccess(access: Access, principal: Principal | undefined): void {
  if ("public" in access || principal !== undefined) return;
  throw new PortsideError("E_UNAUTHORIZED");
}

/** `app:deploy`, or `public`. */
export function accessName(access: Access): string {
  return "public" in access ? "public" : `${access.resource}:${access.action}`;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
