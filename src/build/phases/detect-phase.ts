import { existsSync } from "node:fs";
import { join } from "node:path";
import type { GroupMember } from "../buildpack-registry.ts";
import { openBuildpackStore } from "../buildpack-store.ts";
import { parseOrder } from "../files/order.ts";
import { DocumentError } from "../files/toml-document.ts";
import { detect, type DetectFailure } from "../lifecycle/detect.ts";
import { EXIT, PhaseFailure } from "../lifecycle/phase-failure.ts";
import { targetOf } from "../target.ts";
import { readAnalyzed, readAs, readText } from "./documents.ts";
import { contextOf, type Phase, type PhaseCall } from "./phase.ts";

/** `detect`: order → `group.toml`, `plan.toml`. cnb.md §3. */
export const DETECT: Phase = {
  name: "detect",
  program: "detector",
  flags: ["analyzed", "app", "build-config", "buildpacks", "group", "layers", "order", "plan", "platform", "run"],
  wordsMax: 0,
  refusesRoot: true,
  becomesUser: false,
  exitCode: EXIT.detect,
  async run(call: PhaseCall): Promise<void> {
    const { inputs, log } = call;
    const lookup = openBuildpackStore(inputs.path("buildpacks"));
    const { runImage } = readAnalyzed("detect", inputs.path("analyzed"));
    const order = readAs({ phase: "detect", action: "initialize detector" }, () => readOrder(call, lookup));
    const outcome = await readAsDetect(() => detect(order, contextOf(call, targetOf(runImage?.target)), lookup));
    if (outcome.ok) return;
    for (const line of outcome.report) log.info(line);
    throw failureOf(outcome);
  },
};

/** Every buildpack the order names is looked at before any runs: its API version must be one we speak. */
function readOrder(
  call: PhaseCall,
  lookup: ReturnType<typeof openBuildpackStore>,
): readonly (readonly GroupMember[])[] {
  const path = orderPath(call);
  const order = parseOrder(orderText(path), `reading order: ${path}`);
  return order.map((group) =>
    group.map(({ id, version, optional }) => {
      const buildpack = lookup(id, version);
      if (buildpack !== undefined) return { buildpack, optional };
      throw new DocumentError(path, `the buildpack ${id}@${version ?? ""} is not in ${call.inputs.path("buildpacks")}`);
    }),
  );
}

function orderPath({ inputs }: PhaseCall): string {
  const own = join(inputs.path("layers"), "order.toml");
  return inputs.path("order") || (existsSync(own) ? own : "/cnb/order.toml");
}

function orderText(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new DocumentError("reading order: reading buildpack order file", error.message);
  }
}

/** A composite's member may be a document that is not valid, found only on the way. */
async function readAsDetect<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    return readAs({ phase: "detect", action: "detect" }, () => {
      throw error;
    });
  }
}

function failureOf({ exitCode }: DetectFailure): PhaseFailure {
  const problem = exitCode === EXIT.detectErrored ? "buildpack(s) failed with err" : "no buildpacks participating";
  return new PhaseFailure({ phase: "detect", problem, exitCode });
}
