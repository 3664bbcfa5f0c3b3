import type { BuildSettingsView } from "../../wire/buildpacks.ts";
import { chooseApp } from "../app-choice.ts";
import { listLines } from "../buildpack-list.ts";
import type { CommandContext, CommandInput } from "../command.ts";

/** `portside buildpacks`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await chooseApp(context, input);
  const settings = await context.client.get<BuildSettingsView>(`/v1/apps/${app}/buildpacks`, context.signal);
  context.screen.result(settings, () => listLines(app, settings));
  return 0;
}
