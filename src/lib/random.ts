import { randomBytes } from "node:crypto";

/** Randomness as an argument. */
export type Random = {
  /** `count` bytes from a cryptographically secure source (in the simulator: from its seed). */
  bytes(count: number): Buffer;
};

/** The operating system's source. */
export const systemRandom: Random = { bytes: (count) => randomBytes(count) };

/** Lower-case hex text of `byteCount` random bytes. */
export function randomHex(random: Random, byteCount: number): string {
  return random.bytes(byteCount).toString("hex");
}
