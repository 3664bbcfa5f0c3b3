import type { Context } from "hono";
import * as z from "zod";
import { PortsideError } from "../model/error-registry.ts";
import type { Intent } from "../model/intent.ts";
import type { ApiEnv } from "./environment.ts";

const TEXT_CHARS_MAX = 500;

/** Headers of every request that changes something: who asks and why, percent-encoded UTF-8. */
export const intentHeaders = z.object({
  "portside-user": z.string().optional().meta({ description: "Name of the OS user who asks, percent-encoded." }),
  "portside-message": z.string().optional().meta({ description: "Why, percent-encoded; kept with the operation." }),
  "portside-override-freeze": z
    .string()
    .optional()
    .meta({ description: "Why it goes on although the app is frozen, percent-encoded; kept with the operation." }),
});

/** Who asks, and why. The user's name is the client's word; the door is ours to know. E_REQUEST_INVALID. */
export function intentOf(c: Context<ApiEnv>): Intent {
  const user = readText(c, "portside-user");
  const message = readText(c, "portside-message");
  const overrideReason = readText(c, "portside-override-freeze");
  return {
    via: c.get("principal")?.kind === "owner" ? "socket" : "token",
    ...(user === undefined ? {} : { user }),
    ...(message === undefined ? {} : { message }),
    ...(overrideReason === undefined ? {} : { overrideReason }),
  };
}

function readText(c: Context<ApiEnv>, name: string): string | undefined {
  const raw = c.req.header(name);
  if (raw === undefined) return undefined;
  const text = decode(raw, name);
  if (text.trim() === "") throw invalid(`the header ${name} is blank`);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalid(`the header ${name} has a control character`);
  if (text.length > TEXT_CHARS_MAX) throw invalid(`the header ${name} is longer than ${TEXT_CHARS_MAX} characters`);
  return text;
}

function decode(raw: string, name: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    // Not what the standard calls percent-encoding; the answer says so.
    throw invalid(`the header ${name} is not percent-encoded`);
  }
}

function invalid(problem: string): PortsideError {
  return new PortsideError("E_REQUEST_INVALID", { problem });
}
