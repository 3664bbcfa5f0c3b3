import { randomHex, type Random } from "../lib/random.ts";

/** A random request id in UUID form, version 4. router.md §4. */
export function newRequestId(random: Random): string {
  const hex = randomHex(random, 16);
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
