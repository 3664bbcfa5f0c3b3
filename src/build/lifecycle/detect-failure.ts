import { PortsideError } from "../../model/error-registry.ts";
import type { ChosenBuildpacks } from "../buildpack-sources/chosen-buildpacks.ts";
import { LIFECYCLE, type BuildContext } from "../run-buildpack.ts";
import type { DetectFailure } from "./detect.ts";
import { EXIT, PhaseFailure } from "./phase-failure.ts";

/** What was asked to detect: whether there is a Procfile, and where the buildpacks come from. */
type Asked = {
  readonly contract: { readonly hasProcfile: boolean };
  readonly buildpacks: Pick<ChosenBuildpacks, "origin" | "references">;
};

/** What was tried goes to the output; the failure itself carries what a broken buildpack said. */
export function detectFailure(found: DetectFailure, context: BuildContext, request: Asked): PortsideError {
  const { contract, buildpacks } = request;
  for (const line of found.report) context.onOutput(LIFECYCLE, line);
  if (found.errored.length > 0) {
    const problem = `detection broke in ${found.errored.map(({ id, code, problem: why }) => `${id} (${why ?? code})`).join(", ")}`;
    const evidence = found.errored.flatMap(({ lines }) => lines);
    return new PhaseFailure({ phase: "detect", problem, exitCode: EXIT.detectErrored, evidence });
  }
  const { origin, references } = buildpacks;
  if (references.length === 0) return new PortsideError(contract.hasProcfile ? "E_NO_PROCESS" : "E_NOTHING_DETECTED");
  return new PortsideError("E_BUILD_FAILED", {
    problem: `${origin} names ${references.join(", ")}, which cannot build this folder`,
  });
}
