import type { Digest } from "./source.ts";

/**
 * Something in a store of build, for deciding what can go. Written by build. Read by control. Nowhere stored.
 */
export type StoredItem = {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch: built, or last asked for. */
  readonly usedAt: number;
  /** What has to stay as long as it does. */
  readonly needs?: Digest;
};
