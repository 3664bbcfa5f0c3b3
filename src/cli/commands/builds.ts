import { formatBytes } from "../../lib/format-bytes.ts";
import { localDateTime } from "../../lib/local-time.ts";
import type { BuildList, BuildView } from "../../wire/builds.ts";
import { checkAppName, chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { formatTable } from "../output/table.ts";
import { formatDuration } from "../output/text.ts";

/** `portside builds`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, clock, signal } = context;
  const [named] = input.arguments;
  const app = named === undefined ? await chooseApp(context, input) : checkAppName(named);
  const { builds } = await client.get<BuildList>(`/v1/apps/${app}/builds`, signal);
  const columns = [
    { title: "BUILD", align: "right" as const },
    { title: "STATUS" },
    { title: "STARTED" },
    { title: "TOOK", align: "right" as const },
    { title: "MEMORY", align: "right" as const },
    { title: "BUILDPACKS" },
  ];
  const rows = builds.map((build) => [
    String(build.number),
    build.status,
    localDateTime(Date.parse(build.startedAt ?? build.queuedAt)),
    formatDuration(buildMs(build, clock.now())),
    build.memoryPeakBytes === null ? "" : formatBytes(build.memoryPeakBytes),
    build.sections.map(({ name }) => name).join(", "),
  ]);
  screen.result(builds, () =>
    rows.length === 0 ? [`${app} has no build yet`] : formatTable(screen.style, columns, rows),
  );
  return 0;
}

/** How long it ran, or has been running; while it waits: how long it has waited. */
export function buildMs(build: BuildView, now: number): number {
  const from = Date.parse(build.startedAt ?? build.queuedAt);
  return (build.endedAt === null ? now : Date.parse(build.endedAt)) - from;
}
