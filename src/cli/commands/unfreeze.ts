import type { SettingsView } from "../../wire/settings.ts";
import { chooseApp } from "../app-choice.ts";
import { changeSettings } from "../app-settings.ts";
import type { CommandContext, CommandInput } from "../command.ts";

/** `portside unfreeze`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const { freeze } = await client.get<SettingsView>(`/v1/apps/${app}/settings`, signal);
  if (freeze !== null)
    return changeSettings(context, input, { body: { freeze: null }, done: (name) => `${name} is not frozen any more` });
  screen.result(null, () => [`${app} is not frozen`]);
  return 0;
}
