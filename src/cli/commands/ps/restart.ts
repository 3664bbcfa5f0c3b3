import type { RestartRequest } from "../../../wire/apps.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { runOperation } from "../../run-operation.ts";
import { concludeOperation } from "../../operation-outcome.ts";

/** `portside ps:restart`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [which] = input.arguments;
  const body = which === undefined ? {} : parseWhich(which);
  const app = await chooseApp(context, input);
  const ending = await runOperation(context, {
    app,
    what: `restart ${which ?? "all"}`,
    method: "POST",
    path: `/v1/apps/${app}/restarts`,
    body,
  });
  await concludeOperation(context, ending, {
    app,
    done: () => "Restarted",
    unchanged: `${app} has nothing to restart`,
    showUrl: false,
  });
  return 0;
}

function parseWhich(raw: string): RestartRequest {
  const match = /^([A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)(?:\.([1-9]\d{0,5}))?$/.exec(raw);
  if (match === null)
    throw usageError(`\`${raw}\` is neither a process type nor an instance.`, "Write for example `web` or `web.1`.");
  const [, type = "", number] = match;
  return number === undefined ? { type } : { type, number: Number(number) };
}
