import type { RestartRequest } from "../../../wire/apps.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { runOperation } from "../../run-operation.ts";
import { concludeOperation } from "../../operation-outcome.ts";
import { parseWhich } from "../../which.ts";

/** `portside ps:start`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [which] = input.arguments;
  const body: RestartRequest = which === undefined ? {} : parseWhich(which);
  const app = await chooseApp(context, input);
  const path = `/v1/apps/${app}/starts`;
  const ending = await runOperation(context, { app, what: `start ${which ?? "all"}`, method: "POST", path, body });
  await concludeOperation(context, ending, {
    app,
    done: () => "Started",
    unchanged: `${app} has nothing to start`,
    showUrl: false,
  });
  return 0;
}
