import { usageError } from "./failure.ts";

/** The number of `v3` or `3`. */
export function parseRelease(raw: string): number {
  const number = /^v?([1-9]\d{0,8})$/.exec(raw)?.[1];
  if (number === undefined)
    throw usageError(`\`${raw}\` is no release.`, "Write for example `v3`; `portside releases` lists them.");
  return Number(number);
}
