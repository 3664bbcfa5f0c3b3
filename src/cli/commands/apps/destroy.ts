import { checkAppName, givenApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { runOperation } from "../../run-operation.ts";
import { concludeOperation } from "../../operation-outcome.ts";

/** `portside apps:destroy`: the app is always named, never guessed. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, signal } = context;
  const [positional] = input.arguments;
  const app = positional === undefined ? givenApp(input) : checkAppName(positional);
  if (app === undefined)
    throw usageError("`portside apps:destroy` needs the app's NAME.", "See `portside help apps:destroy`.");
  // An unknown app is told before anything is asked.
  await client.get(`/v1/apps/${app}`, signal);
  await confirm(context, input, app);
  const ending = await runOperation(context, {
    app,
    what: "destroy",
    method: "DELETE",
    path: `/v1/apps/${app}`,
  });
  await concludeOperation(context, ending, {
    app,
    done: () => "Destroyed",
    unchanged: `${app} is gone already`,
    showUrl: false,
  });
  return 0;
}

async function confirm({ ask, screen }: CommandContext, input: CommandInput, app: string): Promise<void> {
  const given = input.texts.get("confirm");
  if (given === app) return;
  if (given !== undefined)
    throw usageError(`--confirm says \`${given}\`, but the app is \`${app}\`.`, "Nothing was destroyed.");
  if (ask === undefined) throw usageError(`Destroying \`${app}\` needs a confirmation.`, `Add \`--confirm ${app}\`.`);
  screen.line(`This removes ${app}, its releases, its config and its logs, and cannot be undone.`);
  const answer = await ask(`Type ${app} to destroy it: `);
  if (answer.trim() !== app) throw usageError("The name typed is not the app's.", "Nothing was destroyed.");
}
