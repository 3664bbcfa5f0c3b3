/** `sha256:<64 hex>`. */
export type Digest = `sha256:${string}`;

/** One file of a source. Links are kept as links; directories without files are not part of a source. */
export type SourceEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: 0o644 | 0o755;
      readonly sizeBytes: number;
      readonly sha256: string;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/**
 * What an app's source consists of, after the ignore files. Written by contract (`readSourceManifest`).
 * Read by build and the CLI (which uploads only what the server lacks). Stored beside the snapshot as `manifest.json`.
 */
export type SourceManifest = {
  /** Of the sorted entries: two trees with the same files, modes and links have the same digest. */
  readonly digest: Digest;
  /** Sorted by path, byte order, `/` as separator. */
  readonly entries: readonly SourceEntry[];
};

/**
 * A snapshot in the store. Written by build. Read by contract and build. Stored under `sources/<hex>/tree`, never changed.
 */
export type Source = { readonly digest: Digest; readonly directory: string };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The checked digest, or `undefined`. */
export function parseDigest(raw: string): Digest | undefined {
  return DIGEST.test(raw) ? (raw as Digest) : undefined;
}

/** The 64 hex digits, for file names. */
export function digestHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}
