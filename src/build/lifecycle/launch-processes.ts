import type { LaunchProcess } from "../../model/launch-plan.ts";
import type { DeclaredProcess } from "../files/launch-toml.ts";

/**
 * The processes of all buildpacks together, in order of first appearance, at most one of them default.
 * A later process of the same type replaces the earlier; the last default wins; declaring the default type anew without
 * `default` takes the default away, with a warning. Pure. cnb.md §5.2.
 */
export function mergeProcesses(
  declared: readonly { readonly buildpackId: string; readonly processes: readonly DeclaredProcess[] }[],
): { readonly processes: readonly LaunchProcess[]; readonly warnings: readonly string[] } {
  const byType = new Map<string, LaunchProcess>();
  const warnings: string[] = [];
  let defaultType: string | undefined;
  for (const { buildpackId, processes } of declared) {
    let lost: string | undefined;
    for (const process of processes) {
      if (process.default) [defaultType, lost] = [process.type, undefined];
      else if (process.type === defaultType) [defaultType, lost] = [undefined, process.type];
      byType.set(process.type, { ...process, buildpackId });
    }
    if (lost !== undefined) {
      warnings.push(
        `redefining the following default process type with a process not marked as default: ${lost} (by ${buildpackId}); there is no default now`,
      );
    }
  }
  return {
    processes: [...byType.values()].map((process) => ({ ...process, default: process.type === defaultType })),
    warnings,
  };
}
