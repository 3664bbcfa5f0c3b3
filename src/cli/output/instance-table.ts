import type { InstanceView } from "../../wire/apps.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";
import { formatAge, formatBytes } from "./text.ts";

const COLUMNS = [
  { title: "NAME" },
  { title: "STATE" },
  { title: "RELEASE" },
  { title: "PORT", align: "right" },
  { title: "SINCE", align: "right" },
  { title: "CPU", align: "right" },
  { title: "MEMORY", align: "right" },
  { title: "RESTARTS", align: "right" },
  { title: "LAST EXIT" },
] as const;

/** Instances as a table, in the order given; `now` is milliseconds since the epoch. */
export function instanceTable(style: Style, instances: readonly InstanceView[], now: number): string[] {
  const rows = instances.map((instance) => [
    instance.name,
    stateOf(instance),
    `v${instance.release}`,
    instance.port === null ? "–" : String(instance.port),
    formatAge(now - Date.parse(instance.startedAt)),
    instance.cpuPercent === null ? "–" : `${instance.cpuPercent.toFixed(1)} %`,
    instance.memoryBytes === null ? "–" : formatBytes(instance.memoryBytes),
    String(instance.restarts),
    instance.exit ?? "–",
  ]);
  return formatTable(style, COLUMNS, rows);
}

/** Its phase, or what people need to know besides. */
export function stateOf({ phase, ready }: Pick<InstanceView, "phase" | "ready">): string {
  return phase === "serving" && !ready ? "not ready" : phase;
}
