import type { AppList, AppView } from "../../wire/apps.ts";
import type { CommandContext } from "../command.ts";
import { formatTable } from "../output/table.ts";

/** `portside apps`. */
export async function run({ client, screen, signal, environment }: CommandContext): Promise<number> {
  const { apps } = await client.get<AppList>("/v1/apps", signal);
  screen.result(apps, () =>
    apps.length === 0
      ? [`There is no app yet. Deploy one with \`${environment.program} up DIR\`.`]
      : formatTable(
          screen.style,
          [{ title: "APP" }, { title: "RELEASE" }, { title: "SERVING" }, { title: "URL" }],
          apps.map(row),
        ),
  );
  return 0;
}

function row(app: AppView): string[] {
  return [app.name, app.release === null ? "–" : `v${app.release}`, serving(app), app.url ?? "–"];
}

/** `web 2/2, worker 0/1`: instances that serve, of those there should be. */
export function serving(app: AppView): string {
  const types = Object.entries(app.formation).filter(([type, count]) => count > 0 || (app.serving[type] ?? 0) > 0);
  return types.length === 0
    ? "–"
    : types.map(([type, count]) => `${type} ${app.serving[type] ?? 0}/${count}`).join(", ");
}
