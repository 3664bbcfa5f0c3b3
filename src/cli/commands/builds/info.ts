import { formatBytes } from "../../../lib/format-bytes.ts";
import { localDateTime } from "../../../lib/local-time.ts";
import type { BuildView } from "../../../wire/builds.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { formatFacts } from "../../output/table.ts";
import { formatDuration } from "../../output/text.ts";
import { parseWholeNumber } from "../../whole-number.ts";
import { buildMs } from "../builds.ts";

const NUMBER_MAX = 999_999_999;

/** `portside builds:info`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await chooseApp(context, input);
  const build = await context.client.get<BuildView>(`/v1/apps/${app}/builds/${wantedBuild(input)}`, context.signal);
  context.screen.result(build, () => page(context, app, build));
  return 0;
}

/** The number that was typed, or `latest`. */
export function wantedBuild(input: CommandInput): string {
  const [typed] = input.arguments;
  return typed === undefined ? "latest" : String(parseWholeNumber(typed, "N", { min: 1, max: NUMBER_MAX }));
}

function page({ screen, clock }: CommandContext, app: string, build: BuildView): string[] {
  const { style } = screen;
  const facts = formatFacts(style, [
    ["Status", build.status],
    ["Phase", build.phase ?? undefined],
    ["Queued", localDateTime(Date.parse(build.queuedAt))],
    [
      "Waited",
      build.startedAt === null ? undefined : formatDuration(Date.parse(build.startedAt) - Date.parse(build.queuedAt)),
    ],
    ["Took", build.startedAt === null ? undefined : formatDuration(buildMs(build, clock.now()))],
    ["Processor time", build.cpuMs === null ? undefined : formatDuration(build.cpuMs)],
    ["Memory peak", build.memoryPeakBytes === null ? undefined : formatBytes(build.memoryPeakBytes)],
    ["Out-of-memory kills", build.oomKillCount === 0 ? undefined : String(build.oomKillCount)],
    ["Size", build.sizeBytes === null ? undefined : formatBytes(build.sizeBytes)],
    ["Held by", build.confinement ?? undefined],
    ["Operation", String(build.operation)],
    ["Failure", build.failure?.message],
    ["Hint", build.failure?.hint],
  ]);
  const sections = formatFacts(
    style,
    build.sections.map(
      ({ name, durationMs, failed }) => [name, `${formatDuration(durationMs)}${failed ? ", failed" : ""}`] as const,
    ),
  );
  const title = style.bold(`${app}, build ${build.number}`);
  return [title, ...facts, ...(sections.length === 0 ? [] : ["", style.bold("Buildpacks"), ...sections])];
}
