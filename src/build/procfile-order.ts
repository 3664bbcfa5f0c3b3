import type { AppContract } from "../model/app-contract.ts";
import type { LaunchProcess } from "../model/launch-plan.ts";

/** Procfile order, then the buildpacks' own. §2. */
export function inProcfileOrder(processes: readonly LaunchProcess[], contract: AppContract): readonly LaunchProcess[] {
  const place = new Map(contract.procfile.map(({ name }, index) => [name, index]));
  return processes.toSorted((a, b) => (place.get(a.type) ?? Infinity) - (place.get(b.type) ?? Infinity) || 0);
}
