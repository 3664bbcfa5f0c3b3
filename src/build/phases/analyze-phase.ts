import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { formatAnalyzedToml } from "../files/analyzed-toml.ts";
import { LIFECYCLE_METADATA } from "../files/image-labels.ts";
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
  run: (call) => Promise.resolve(analyze(call)),
};

function analyze({ inputs, words, log }: PhaseCall): void {
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
}
