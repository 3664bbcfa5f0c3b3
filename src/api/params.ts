import * as z from "zod";
import { visibleExcerpt } from "../lib/visible-text.ts";
import { parseAppName, parseAppPath } from "../model/app.ts";
import type { AppName } from "../model/app.ts";
import { PortsideError } from "../model/error-registry.ts";
import { parseDigest } from "../model/source.ts";
import type { Digest } from "../model/source.ts";

/** Path parameters. Their grammar is checked by the functions below, whose refusals name what was asked for. */
export const appParams = z.object({ app: z.string().meta({ description: "Name of the app." }) });
export const instanceParams = appParams.extend({ instance: z.string().meta({ description: "`web.1`." }) });
export const operationParams = z.object({ id: z.string().meta({ description: "Number of the operation." }) });
export const releaseParams = appParams.extend({ number: z.string().meta({ description: "Number of the release." }) });
export const releaseDiffParams = appParams.extend({
  from: z.string().meta({ description: "Number of the release to start from." }),
  to: z.string().meta({ description: "Number of the other release." }),
});
export const buildParams = appParams.extend({
  number: z.string().meta({ description: "Number of the build, or `latest`." }),
});
export const digestParams = z.object({ digest: z.string().meta({ description: "`sha256:` and 64 hex digits." }) });

/** Headers of a stream's request. */
export const streamHeaders = z.object({
  "last-event-id": z
    .string()
    .optional()
    .meta({ description: "Id of the last event that was seen; the stream goes on behind it." }),
});

const PROCESS = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;
const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,15})$/;

/** The name of an app that should exist. E_APP_UNKNOWN, also for what can be no name. */
export function knownAppName(raw: string): AppName {
  const name = parseAppName(raw);
  if (name === undefined) throw new PortsideError("E_APP_UNKNOWN", { app: visibleExcerpt(raw) });
  return name;
}

/** The name of an app that may be new. E_APP_NAME. */
export function newAppName(raw: string): AppName {
  const name = parseAppName(raw);
  if (name === undefined) throw new PortsideError("E_APP_NAME", { name: visibleExcerpt(raw) });
  return name;
}

/** The app's directory in its source. E_APP_PATH. */
export function checkedAppPath(raw: string): string {
  const path = parseAppPath(raw);
  if (path !== undefined) return path;
  throw new PortsideError("E_APP_PATH", { path: visibleExcerpt(raw), problem: "that is no path inside it" });
}

const BUILDPACK = /^([A-Za-z0-9][\w.-]{0,100}(?:\/[A-Za-z0-9][\w.-]{0,100}){0,5})(?:@([\w.+-]{1,64}))?$/;

/** `owner/name` or `owner/name@version`. E_REQUEST_INVALID. */
export function buildpackName(raw: string): { readonly id: string; readonly version: string | undefined } {
  const [, id, version] = BUILDPACK.exec(raw) ?? [];
  if (id === undefined) throw invalid(`\`${visibleExcerpt(raw)}\` is no buildpack's id`);
  return { id, version };
}

/** E_REQUEST_INVALID. */
export function checkedDigest(raw: string): Digest {
  const digest = parseDigest(raw);
  if (digest === undefined) throw invalid(`\`${visibleExcerpt(raw)}\` is no digest`);
  return digest;
}

/** E_OPERATION_UNKNOWN, also for what can be no number of one. */
export function operationId(raw: string): number {
  const id = parseWholeNumber(raw);
  if (id === undefined || id === 0) throw new PortsideError("E_OPERATION_UNKNOWN", { id: visibleExcerpt(raw) });
  return id;
}

/** E_RELEASE_UNKNOWN, also for what can be no number of one. */
export function releaseNumber(app: AppName, raw: string): number {
  const number = parseWholeNumber(raw);
  if (number === undefined || number === 0)
    throw new PortsideError("E_RELEASE_UNKNOWN", { app, number: visibleExcerpt(raw) });
  return number;
}

/** `undefined` for `latest`. E_BUILD_UNKNOWN, also for what can be no number of one. */
export function buildNumber(app: string, raw: string): number | undefined {
  if (raw === "latest") return undefined;
  const number = parseWholeNumber(raw);
  if (number === undefined || number === 0)
    throw new PortsideError("E_BUILD_UNKNOWN", { app: visibleExcerpt(app), number: ` ${visibleExcerpt(raw)}` });
  return number;
}

/** Where a stream goes on; `undefined` at its first connection. E_REQUEST_INVALID. */
export function lastEventId(raw: string | undefined): number | undefined {
  if (raw === undefined || raw === "") return undefined;
  const id = parseWholeNumber(raw);
  if (id === undefined) throw invalid("Last-Event-ID is no whole number");
  return id;
}

/** A process type's name (contract §2); whether the app has it is control's to say. E_REQUEST_INVALID. */
export function processType(raw: string): string {
  if (!PROCESS.test(raw)) throw invalid(`\`${visibleExcerpt(raw)}\` cannot be a process type`);
  return raw;
}

/** `web`, `web.1` or `router`. E_REQUEST_INVALID. */
export function processSelector(raw: string): string {
  const [type = "", number, ...rest] = raw.split(".");
  const isNumber = number === undefined || (parseWholeNumber(number) ?? 0) > 0;
  if (!PROCESS.test(type) || !isNumber || rest.length > 0)
    throw invalid(`\`${visibleExcerpt(raw)}\` is no process such as web or web.1`);
  return raw;
}

/** A number of a query; `undefined` when it is not given. E_REQUEST_INVALID. */
export function wholeNumber(
  raw: string | undefined,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (raw === undefined) return undefined;
  const value = parseWholeNumber(raw);
  if (value === undefined || value < min || value > max)
    throw invalid(`\`${name}\` is no number from ${min} to ${max}`);
  return value;
}

/** `web.1`. E_INSTANCE_UNKNOWN, also for what can be no name of one. */
export function instancePlace(app: AppName, raw: string): { readonly type: string; readonly number: number } {
  const [, type, number] = /^(.+)\.([1-9]\d{0,5})$/.exec(raw) ?? [];
  if (type === undefined || !PROCESS.test(type))
    throw new PortsideError("E_INSTANCE_UNKNOWN", { app, instance: visibleExcerpt(raw) });
  return { type, number: Number(number) };
}

/** `web` or `web.1`. E_REQUEST_INVALID. */
export function instanceChoice(raw: string): { readonly type: string; readonly number?: number } {
  const [type = "", number] = processSelector(raw).split(".");
  return number === undefined ? { type } : { type, number: Number(number) };
}

function parseWholeNumber(raw: string): number | undefined {
  const value = Number(raw);
  return WHOLE_NUMBER.test(raw) && Number.isSafeInteger(value) ? value : undefined;
}

function invalid(problem: string): PortsideError {
  return new PortsideError("E_REQUEST_INVALID", { problem });
}
