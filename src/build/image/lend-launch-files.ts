import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { extract } from "tar";
import { escapedId } from "../buildpack-registry.ts";
import { LIFECYCLE_METADATA, parseLayerShas } from "../files/image-labels.ts";
import type { BuiltLayers } from "./built-layers.ts";
import { openUncompressed, type StoredImage } from "./stored-image.ts";

/** What a launcher must know of a layer: env files, the names of programs and scripts, which root directories there are. */
const WANTED = /^(?:env|env\.launch|exec\.d|profile\.d)\/|^(?:bin|lib)$/;

/**
 * Unpacks those files of layers without contents here, out of the previous image's layers, below `directory` under their paths in
 * the image. Nothing of it gets into the image. cnb.md §8.2.
 */
export async function lendLaunchFiles(
  from: { readonly built: BuiltLayers; readonly layersDir: string; readonly previous: StoredImage | undefined },
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const { built, layersDir, previous } = from;
  const shas = parseLayerShas(previous?.config.config.Labels?.[LIFECYCLE_METADATA] ?? "");
  mkdirSync(directory, { recursive: true });
  for (const { id, layers } of built.buildpacks) {
    for (const { name, hasContents } of layers) {
      const stored = previous?.layers.find(({ diffId }) => diffId === shas.get(`${id}:${name}`));
      if (hasContents || stored?.blob === undefined) continue;
      const root = `${join(layersDir, escapedId(id), name)}/`.slice(1);
      const filter = (path: string): boolean => {
        const inside = path.replace(/^\/+/, "").replace(/\/$/, "");
        return inside.startsWith(root) && WANTED.test(inside.slice(root.length));
      };
      const unpack = extract({ cwd: directory, filter, strict: false, preserveOwner: false });
      await pipeline(openUncompressed(stored), unpack as unknown as NodeJS.WritableStream, { signal });
    }
  }
}
