import type { MiddlewareHandler } from "hono";
import { PortsideError } from "../model/error-registry.ts";
import type { ApiEnv } from "./environment.ts";

const SAFE_METHODS: readonly string[] = ["GET", "HEAD"];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Keeps web pages out of the loopback port, where every browser on the machine can knock: a Host that is no loopback
 * name means that somebody's DNS name was pointed here (DNS rebinding), a foreign Origin on a request that changes
 * something that another site's page sent it. Requests through the Unix socket come from no browser. E_ORIGIN.
 */
export const guardOrigin: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.env?.trusted !== true) {
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    // The address counts too: an absolute one (`GET http://elsewhere/`) need not agree with Host.
    if (!isLoopback(host) || !isLoopback(new URL(c.req.url).host)) throw refusal("its Host is no loopback address");
    const origin = c.req.header("origin");
    if (
      origin !== undefined &&
      !SAFE_METHODS.includes(c.req.method) &&
      origin.toLowerCase() !== `http://${host.toLowerCase()}`
    ) {
      throw refusal("it comes from another site's page");
    }
  }
  await next();
};

function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase().replace(/:\d{1,5}$/, ""));
}

function refusal(problem: string): PortsideError {
  return new PortsideError("E_ORIGIN", { problem });
}
