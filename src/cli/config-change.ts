import type { ConfigPatch } from "../wire/apps.ts";
import type { OperationView } from "../wire/operations.ts";
import { chooseApp } from "./app-choice.ts";
import type { CommandContext, CommandInput } from "./command.ts";
import { followOperation } from "./follow-operation.ts";
import { concludeOperation } from "./operation-outcome.ts";
import { operationHeading } from "./output/operation-view.ts";

/** Changes config variables (null unsets) in one release and follows it. `verb` stands in the heading, before the names. */
export async function changeConfig(
  context: CommandContext,
  input: CommandInput,
  change: { readonly verb: string; readonly values: ConfigPatch["values"] },
): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const body: ConfigPatch = { values: change.values };
  const operation = await client.send<OperationView>("PATCH", `/v1/apps/${app}/config`, { body, signal });
  const names = Object.keys(change.values).join(", ");
  const ending = await followOperation(context, operation, operationHeading(screen, app, `${change.verb} ${names}`));
  await concludeOperation(context, ending, {
    app,
    done: (v) => `Released ${v}`,
    unchanged: `${app} has that config already`,
    showUrl: false,
  });
  return 0;
}
