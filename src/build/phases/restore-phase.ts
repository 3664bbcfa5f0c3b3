import { openBuildpackStore } from "../buildpack-store.ts";
import { EXIT } from "../lifecycle/phase-failure.ts";
import { restore } from "../lifecycle/restore.ts";
import { openTarCache } from "../lifecycle/tar-cache.ts";
import { readAnalyzed, readGroup, findGroup } from "./documents.ts";
import { contextOf, type Phase } from "./phase.ts";

/** `restore`: previous image and cache → layers. cnb.md §4. */
export const RESTORE: Phase = {
  name: "restore",
  program: "restorer",
  flags: ["analyzed", "buildpacks", "cache-dir", "cache-image", "gid", "group", "layers", "run", "skip-layers", "uid"],
  wordsMax: 0,
  refusesRoot: false,
  becomesUser: true,
  exitCode: EXIT.restore,
  async run(call) {
    const { inputs, log } = call;
    const layers = inputs.path("layers");
    const cacheDirectory = inputs.path("cache-dir");
    if (inputs.text("cache-image") !== "") log.warn("Cache images are not supported; only -cache-dir is.");
    else if (cacheDirectory === "") log.warn("Not restoring cached layer data, no cache flag specified");
    const elements = readGroup("restore", inputs.path("group"));
    const { layers: image } = readAnalyzed("restore", inputs.path("analyzed"));
    const group = findGroup("restore", elements, openBuildpackStore(inputs.path("buildpacks")));
    const cache =
      cacheDirectory === "" ? {} : { cache: openTarCache(cacheDirectory, layers, (problem) => log.warn(problem)) };
    await restore(group, { image, skipLayers: inputs.isOn("skip-layers"), ...cache }, contextOf(call));
  },
};
