import type { RestartRequest } from "../../../wire/apps.ts";
import type { OperationView } from "../../../wire/operations.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { followOperation } from "../../follow-operation.ts";
import { concludeOperation } from "../../operation-outcome.ts";
import { operationHeading } from "../../output/operation-view.ts";

/** `portside ps:restart`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const [which] = input.arguments;
  const body = which === undefined ? {} : parseWhich(which);
  const app = await chooseApp(context, input);
  const operation = await client.send<OperationView>("POST", `/v1/apps/${app}/restarts`, { body, signal });
  const ending = await followOperation(context, operation, operationHeading(screen, app, `restart ${which ?? "all"}`));
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
