import type { LaunchProcess } from "../../model/launch-plan.ts";
import type { GroupElement } from "./group-toml.ts";
import type { LaunchToml } from "./launch-toml.ts";
import { formatDocument } from "./toml-document.ts";

/**
 * `<layers>/config/metadata.toml`: what the whole build gave, for launchers and other CNB tools.
 * Written by build. Read by launchers inside images and by whoever looks into an artifact; engines get the same from the
 * artifact. Processes are sorted by type and carry no `default`. cnb.md §5.3.
 */
export function formatMetadataToml(built: {
  readonly group: readonly GroupElement[];
  readonly processes: readonly LaunchProcess[];
  readonly labels: LaunchToml["labels"];
  readonly slices: LaunchToml["slices"];
}): string {
  const sorted = built.processes.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return formatDocument({
    "buildpack-default-process-type": built.processes.find((process) => process.default)?.type,
    buildpacks: built.group.map(({ id, version, api, homepage }) => ({ id, version, api, homepage })),
    processes: sorted.map((process) => ({
      type: process.type,
      command: process.command,
      args: process.args,
      direct: process.direct,
      "buildpack-id": process.buildpackId,
      "working-dir": process.workingDir,
    })),
    labels: built.labels.length === 0 ? undefined : built.labels,
    slices: built.slices.length === 0 ? undefined : built.slices,
  });
}
