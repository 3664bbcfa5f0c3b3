/** What one server takes at most. Contract: security.md rule 15. Tests pass smaller ones. */
export type ApiLimits = {
  readonly jsonBodyBytesMax: number;
  /** An uploaded tar, as sent. */
  readonly sourceBodyBytesMax: number;
  /** Event streams open at the same time. */
  readonly streamsMax: number;
  /** Text of one stream that waits for a slow reader, before the source of the events has to wait too. */
  readonly streamWaitingCharsMax: number;
  readonly heartbeatMs: number;
};

export const API_LIMITS: ApiLimits = {
  jsonBodyBytesMax: 2 * 1024 ** 2,
  sourceBodyBytesMax: 2 * 1024 ** 3,
  streamsMax: 100,
  streamWaitingCharsMax: 64 * 1024,
  heartbeatMs: 15_000,
};

/** `2 MiB`, `2 GiB`, `17 bytes`. */
export function describeBytes(count: number): string {
  const units = [
    ["GiB", 1024 ** 3],
    ["MiB", 1024 ** 2],
    ["KiB", 1024],
  ] as const;
  const unit = units.find(([, size]) => count >= size && count % size === 0);
  return unit === undefined ? `${count} bytes` : `${count / unit[1]} ${unit[0]}`;
}
