import type { SettingsView } from "../../wire/settings.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";

/** `portside tests`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const { tests } = await client.get<SettingsView>(`/v1/apps/${app}/settings`, signal);
  screen.result({ tests }, () => [`Deploys of ${app} run ${tests ? "its" : "no"} tests`]);
  return 0;
}
