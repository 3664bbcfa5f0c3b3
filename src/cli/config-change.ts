import type { ConfigPatch } from "../wire/apps.ts";
import { chooseApp } from "./app-choice.ts";
import type { CommandContext, CommandInput } from "./command.ts";
import { runOperation } from "./run-operation.ts";
import { concludeOperation } from "./operation-outcome.ts";

/** Changes config variables (null unsets) in one release and follows it. `verb` stands in the heading, before the names. */
export async function changeConfig(
  context: CommandContext,
  input: CommandInput,
  change: { readonly verb: string; readonly values: ConfigPatch["values"] },
): Promise<number> {
  const app = await chooseApp(context, input);
  const body: ConfigPatch = { values: change.values };
  const names = Object.keys(change.values).join(", ");
  const ending = await runOperation(context, {
    app,
    what: `${change.verb} ${names}`,
    method: "PATCH",
    path: `/v1/apps/${app}/config`,
    body,
  });
  await concludeOperation(context, ending, {
    app,
    done: (v) => `Released ${v}`,
    unchanged: `${app} has that config already`,
    showUrl: false,
  });
  return 0;
}
