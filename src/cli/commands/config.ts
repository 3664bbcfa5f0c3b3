import type { ConfigView } from "../../wire/apps.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { formatFacts } from "../output/table.ts";

/** `portside config`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const { values } = await client.get<ConfigView>(`/v1/apps/${app}/config`, signal);
  const entries = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  screen.result(Object.fromEntries(entries), () =>
    entries.length === 0 ? [`${app} has no config variable`] : formatFacts(screen.style, entries),
  );
  return 0;
}
