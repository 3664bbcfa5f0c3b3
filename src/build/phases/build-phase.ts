import { openBuildpackStore } from "../buildpack-store.ts";
import { build } from "../lifecycle/build-phase.ts";
import { EXIT } from "../lifecycle/phase-failure.ts";
import { targetOf } from "../target.ts";
import { findGroup, readAnalyzed, readGroup, readPlan } from "./documents.ts";
import { contextOf, type Phase } from "./phase.ts";

/** `build`: group and plan → layers, `config/metadata.toml`. cnb.md §5. */
export const BUILD: Phase = {
  name: "build",
  program: "builder",
  flags: ["analyzed", "app", "build-config", "buildpacks", "group", "layers", "plan", "platform"],
  wordsMax: 0,
  refusesRoot: true,
  becomesUser: false,
  exitCode: EXIT.build,
  async run(call) {
    const { inputs } = call;
    const elements = readGroup("build", inputs.path("group"));
    const plan = readPlan("build", inputs.path("plan"));
    const { runImage } = readAnalyzed("build", inputs.path("analyzed"));
    const group = findGroup("build", elements, openBuildpackStore(inputs.path("buildpacks")));
    await build(group, plan, contextOf(call, targetOf(runImage?.target)));
  },
};
