import { reveal, type Secret } from "../lib/secret.ts";

/** Shorter values (`1`, `true`, `3000`) stand in many texts that do not come from them. */
const HIDDEN_CHARS_MIN = 6;
const SHOWN = "[secret]";
const DEPTH_MAX = 5;

/**
 * Replaces the values of these secrets in an error, its causes and what they carry as text, in place, and gives it back.
 * An engine may quote what it was given (a refused variable, an API's answer). security.md rule 6.
 */
export function hideSecrets(error: unknown, secrets: Readonly<Record<string, Secret>>): unknown {
  const values = Object.values(secrets).map((value) => reveal(value, "hiding it in an error"));
  const long = values.filter((value) => value.length >= HIDDEN_CHARS_MIN);
  // As it is and as messages quote it. Longest first: one value may be part of another.
  const hidden = long
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .toSorted((left, right) => right.length - left.length);
  const hide = (text: string): string => hidden.reduce((shown, value) => shown.replaceAll(value, SHOWN), text);
  return hidden.length === 0 ? error : hideIn(error, hide, DEPTH_MAX);
}

function hideIn(value: unknown, hide: (text: string) => string, depthLeft: number): unknown {
  if (typeof value === "string") return hide(value);
  if (depthLeft === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => hideIn(item, hide, depthLeft - 1));
  if (!(value instanceof Error)) return value;
  // No plain property in every version of the engine below.
  if (value.stack !== undefined) value.stack = hide(value.stack);
  // `message`, `stack` and `cause` are own properties that no walk over the enumerable ones would meet.
  for (const name of Object.getOwnPropertyNames(value)) {
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (property === undefined || !("value" in property) || property.writable !== true) continue;
    Object.defineProperty(value, name, { ...property, value: hideIn(property.value, hide, depthLeft - 1) });
  }
  return value;
}
