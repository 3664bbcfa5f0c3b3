import { PortsideError } from "../../model/error-registry.ts";
import { describeExit, instanceName, type ExitRecord, type Instance } from "../../model/instance.ts";
import { collectEvidence } from "../diagnoses/collect-evidence.ts";
import { diagnose } from "../diagnoses/diagnose.ts";
import { formatListener } from "../diagnoses/format-listener.ts";
import type { World } from "../world.ts";
import type { CheckOutcome } from "./check-runner.ts";

const LOG_LINES_MAX = 20;

/** E_HEALTH_STARTUP with the diagnosis and the evidence, collected while all of it is still there. Contract §10. */
export async function startupFailure(
  world: World,
  instance: Instance,
  cause: { readonly exit?: ExitRecord; readonly outcome?: CheckOutcome },
): Promise<PortsideError> {
  const seen = await collectEvidence(world, instance, cause);
  const { problem, advice } = diagnose(seen);
  const attempts =
    cause.outcome === undefined || cause.outcome.attempts <= 1 ? "" : ` (${cause.outcome.attempts} attempts)`;
  const lines = world.logs.lastOf(instance.id, LOG_LINES_MAX).map((line) => `${line.source}: ${line.text}`);
  const evidence = [
    ...(cause.outcome === undefined ? [] : [`last check: ${cause.outcome.detail}${attempts}`]),
    ...(cause.exit === undefined ? [] : [`ended: ${describeExit(cause.exit)}`]),
    ...(seen.listeners.length === 0 ? [] : [`listens on: ${seen.listeners.map(formatListener).join(", ")}`]),
    ...(lines.length === 0 ? ["it printed nothing"] : lines),
  ];
  return new PortsideError("E_HEALTH_STARTUP", { instance: instanceName(instance), problem, advice }, { evidence });
}
