import { localDateTime } from "../../lib/local-time.ts";
import type { ReleaseList } from "../../wire/apps.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { formatTable } from "../output/table.ts";

/** `portside releases`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const { releases } = await client.get<ReleaseList>(`/v1/apps/${app}/releases`, signal);
  const columns = [{ title: "RELEASE" }, { title: "STATUS" }, { title: "CREATED" }, { title: "DESCRIPTION" }];
  const rows = releases.map((release) => [
    `v${release.number}`,
    release.status,
    localDateTime(Date.parse(release.createdAt)),
    release.description,
  ]);
  screen.result(releases, () =>
    rows.length === 0 ? [`${app} has no release yet`] : formatTable(screen.style, columns, rows),
  );
  return 0;
}
