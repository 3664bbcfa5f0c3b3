import { usageError } from "./failure.ts";

/** A whole number from a flag or argument. Throws a usage error that names the flag. */
export function parseWholeNumber(
  rawText: string,
  what: string,
  range: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,9}$/.test(rawText) ? Number(rawText) : Number.NaN;
  if (!(value >= range.min && value <= range.max)) {
    throw usageError(`${what} must be a whole number from ${range.min} to ${range.max}, not \`${rawText}\`.`);
  }
  return value;
}
