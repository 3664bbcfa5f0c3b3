import type { Digest } from "../../model/source.ts";
import type { Compression } from "./compress.ts";
import { ImageError } from "./image-error.ts";
import type { LayerHistory } from "./image-config.ts";
import type { PlannedLayer } from "./layer-plan.ts";
import { hashEntries, type OciLayout, type WrittenLayer } from "./oci-layout.ts";
import type { StoredImage, StoredLayer } from "./stored-image.ts";

/** A layer that is in the image now. */
export type PutLayer = { readonly diffId: Digest; readonly isReused: boolean };

/** Puts the layers of one image into a layout, one after the other, bottom first. */
export class LayerWriter {
  /** All layers so far, the base's too. */
  readonly written: WrittenLayer[] = [];
  /** Of the layers that are not the base's. */
  readonly history: LayerHistory[] = [];
  readonly #layout: OciLayout;
  readonly #previous: StoredImage | undefined;
  readonly #compression: Compression;
  readonly #signal: AbortSignal;

  constructor(
    layout: OciLayout,
    options: {
      readonly previous: StoredImage | undefined;
      readonly compression: Compression;
      readonly signal: AbortSignal;
    },
  ) {
    this.#layout = layout;
    this.#previous = options.previous;
    this.#compression = options.compression;
    this.#signal = options.signal;
  }

  /** The layers of the image that the new one stands on. */
  async putBase(base: StoredImage): Promise<void> {
    for (const layer of base.layers) {
      const known = this.#previous?.layers.find(({ diffId, blob }) => diffId === layer.diffId && blob !== undefined);
      this.written.push(await this.#layout.copyLayer(known ?? layer, this.#compression));
    }
  }

  /**
   * Adds a layer. `known`: the digest the previous image's layer of this name has; the same content is then taken from there,
   * and a layer without entries is taken from there unseen. Throws `ImageError` when it cannot be.
   */
  async put(layer: PlannedLayer, known: readonly string[]): Promise<PutLayer> {
    const reused = await this.#findReused(layer, known);
    const written =
      reused === undefined
        ? await this.#layout.writeEntries(layer.entries ?? [], this.#compression)
        : await this.#layout.copyLayer(reused, this.#compression);
    this.written.push(written);
    this.history.push({ diffId: written.diffId, createdBy: layer.createdBy });
    return { diffId: written.diffId, isReused: reused !== undefined };
  }

  async #findReused(layer: PlannedLayer, known: readonly string[]): Promise<StoredLayer | undefined> {
    const stored =
      this.#previous?.layers.filter(({ diffId, blob }) => known.includes(diffId) && blob !== undefined) ?? [];
    if (layer.entries === undefined) {
      const [only] = stored;
      if (only !== undefined) return only;
      throw new ImageError(`cannot reuse '${layer.id}', previous image has no metadata for layer '${layer.id}'`);
    }
    if (stored.length === 0) return undefined;
    // Hashing alone is several times cheaper than compressing in vain.
    const diffId = await hashEntries(layer.entries, this.#signal);
    return stored.find((one) => one.diffId === diffId);
  }
}
