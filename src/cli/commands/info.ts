import type { AppDetail } from "../../wire/apps.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { instanceTable } from "../output/instance-table.ts";
import { formatFacts } from "../output/table.ts";
import { localDateTime } from "../../lib/local-time.ts";
import { serving } from "./apps.ts";

/** `portside info`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const detail = await client.get<AppDetail>(`/v1/apps/${app}`, signal);
  screen.result(detail, () => page(context, detail));
  return 0;
}

function page({ screen, clock }: CommandContext, app: AppDetail): string[] {
  const { style } = screen;
  const facts = formatFacts(style, [
    ["Description", app.description ?? undefined],
    ["URL", app.url ?? "none: no process type gets requests"],
    ["Release", app.release === null ? "none yet" : `v${app.release}`],
    ["Serving", serving(app)],
    ["Folder", app.origin],
    ["Created", localDateTime(Date.parse(app.createdAt))],
    [
      "Buildpacks",
      app.buildpacks.length === 0 ? undefined : app.buildpacks.map(({ id, version }) => `${id} ${version}`).join(", "),
    ],
    ["Operation", app.operation === null ? undefined : `${app.operation} is under way`],
  ]);
  const processes = formatFacts(
    style,
    app.processes.map(({ type, command }) => [type, command] as const),
  );
  const instances = instanceTable(style, app.instances, clock.now());
  return [
    style.bold(app.name),
    ...facts,
    ...section(style.bold("Processes"), processes),
    ...section(style.bold("Instances"), app.instances.length === 0 ? [] : instances),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}
