import { createWriteStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { formatAnalyzedToml } from "../files/analyzed-toml.ts";
import { LIFECYCLE_METADATA } from "../files/image-labels.ts";
import { parseLayersMetadataJson } from "../files/layers-metadata.ts";
import { openUncompressed, type StoredImage } from "../image/stored-image.ts";
import { DamagedTarError, unpackBelow } from "../lifecycle/unpack-layer.ts";
import { EXIT, PhaseFailure } from "../lifecycle/phase-failure.ts";
import { ImageError } from "../image/image-error.ts";
import { layoutOf, openLayoutImage, requireLayouts, runImageName } from "./layouts.ts";
import type { Phase, PhaseCall } from "./phase.ts";

/** `analyze`: previous image and run image → `analyzed.toml`. cnb.md §1. */
export const ANALYZE: Phase = {
  name: "analyze",
  program: "analyzer",
  flags: [
    ...(["analyzed", "gid", "layers", "layout", "layout-dir", "previous-image", "run", "run-image"] as const),
    ...(["skip-layers", "tag", "uid"] as const),
  ],
  wordsMax: 1,
  refusesRoot: false,
  becomesUser: true,
  exitCode: EXIT.analyze,
  run: analyze,
};

async function analyze(call: PhaseCall): Promise<void> {
  const { inputs, words, log } = call;
  const [output] = words;
  if (output === undefined)
    throw new PhaseFailure({
      phase: "analyze",
      action: "parse arguments",
      problem: "image argument is required",
      exitCode: EXIT.arguments,
    });
  const layouts = requireLayouts(inputs);
  const previousName = inputs.text("previous-image") || output;
  const previous = openLayoutImage(layoutOf(previousName, layouts));
  if (previous === undefined) log.info(`Image with name "${previousName}" not found`);
  const name = runImageName(inputs);
  const runImage = name === undefined ? undefined : openLayoutImage(layoutOf(name, layouts));
  if (name !== undefined && runImage === undefined) throw new ImageError(`run image ${name} not found in ${layouts}`);
  const labels = runImage?.config.config.Labels ?? {};
  const text = formatAnalyzedToml({
    previousImage: previous === undefined ? undefined : `${previousName}@${previous.reference}`,
    label: inputs.isOn("skip-layers") ? undefined : previous?.config.config.Labels?.[LIFECYCLE_METADATA],
    runImage:
      runImage === undefined || name === undefined
        ? undefined
        : {
            reference: `${name}@${runImage.reference}`,
            image: name,
            os: runImage.config.os,
            arch: runImage.config.architecture,
            distroName: labels["io.buildpacks.base.distro.name"],
            distroVersion: labels["io.buildpacks.base.distro.version"],
          },
  });
  mkdirSync(dirname(inputs.path("analyzed")), { recursive: true });
  writeFileSync(inputs.path("analyzed"), text);
  if (previous !== undefined && !inputs.isOn("skip-layers")) await fetchSbom(previous, call);
}

/** The SBOM files of the previous image's launch layers, for `restore` to put beside the layers. cnb.md §4. */
async function fetchSbom(previous: StoredImage, { inputs, scratch, log, signal }: PhaseCall): Promise<void> {
  const label = previous.config.config.Labels?.[LIFECYCLE_METADATA];
  if (label === undefined) return;
  const stored = previous.layers.find(({ diffId }) => diffId === parseLayersMetadataJson(label, "label").sbom?.sha);
  if (stored?.blob === undefined) return;
  const tar = join(scratch, "previous-sbom.tar");
  const sbom = join(inputs.path("layers"), "sbom");
  mkdirSync(scratch, { recursive: true });
  rmSync(sbom, { recursive: true, force: true });
  try {
    await pipeline(openUncompressed(stored), createWriteStream(tar), { signal });
    await unpackBelow(tar, sbom, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DamagedTarError) && !(error instanceof ImageError)) throw error;
    log.warn(`Skipping restore of SBOM files: ${error.message}`);
    rmSync(sbom, { recursive: true, force: true });
  } finally {
    rmSync(tar, { force: true });
  }
}
