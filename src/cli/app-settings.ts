import type { SettingsPatch } from "../wire/settings.ts";
import type { OperationView } from "../wire/operations.ts";
import { chooseApp } from "./app-choice.ts";
import type { CommandContext, CommandInput } from "./command.ts";

/** Changes an app's settings and says `done` with its name. They hold at once. */
export async function changeSettings(
  context: CommandContext,
  input: CommandInput,
  change: { readonly body: SettingsPatch; readonly done: (app: string) => string },
): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const { body } = change;
  const operation = await client.send<OperationView>("PATCH", `/v1/apps/${app}/settings`, { body, signal });
  screen.result(operation, () => [`${change.done(app)} (operation ${operation.id})`]);
  return 0;
}
