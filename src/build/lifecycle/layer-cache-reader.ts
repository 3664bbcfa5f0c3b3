import type { LayerTypes } from "../files/layer-toml.ts";

/** A layer an earlier build left in a cache. */
export type CachedLayer = {
  /** Of its contents; empty where a cache keeps none. */
  readonly sha: string;
  readonly types: LayerTypes;
  /** What `<layer>.toml` is to hold: metadata without `[types]`. */
  readonly metadata: string;
};

/** A part of a cache that cannot be read. Never a failure of a build: that part is left out, with a warning. */
export class CacheReadError extends Error {}

/** Layers of earlier builds, as restore reads them. */
export interface LayerCacheReader {
  /**
   * The layers of one buildpack, in alphabetical order. One that cannot be read is told to `onProblem` and left out.
   * Throws `CacheReadError` when the whole cache cannot be read.
   */
  layersOf(buildpackId: string, onProblem: (layer: string, problem: string) => void): ReadonlyMap<string, CachedLayer>;
  /** The text of the buildpack's `store.toml`. */
  storeOf(buildpackId: string): string | undefined;
  /** Puts the contents of a layer into a directory that does not exist. Rejects with `CacheReadError`. */
  fetch(layer: FetchedLayer, signal: AbortSignal): Promise<void>;
  /** Puts the SBOM files of earlier layers below `layersDirectory`, if it has any. Rejects with `CacheReadError`. */
  fetchSbom(layersDirectory: string, signal: AbortSignal): Promise<void>;
}

/** Which contents, and where to. */
export type FetchedLayer = {
  readonly buildpackId: string;
  readonly name: string;
  readonly sha: string;
  readonly to: string;
  /** The buildpack never writes into files of a restored layer. */
  readonly mayShare: boolean;
};
