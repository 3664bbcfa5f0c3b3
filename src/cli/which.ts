import { usageError } from "./failure.ts";

/** `web` or `web.1` as typed, taken apart. A usage error for anything else. */
export function parseWhich(raw: string): { readonly type: string; readonly number?: number } {
  const match = /^([A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)(?:\.([1-9]\d{0,5}))?$/.exec(raw);
  if (match === null)
    throw usageError(`\`${raw}\` is neither a process type nor an instance.`, "Write for example `web` or `web.1`.");
  const [, type = "", number] = match;
  return number === undefined ? { type } : { type, number: Number(number) };
}
