import type { StopRequest } from "../../../wire/apps.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { runOperation } from "../../run-operation.ts";
import { concludeOperation } from "../../operation-outcome.ts";
import { parseWhich } from "../../which.ts";

/** `portside ps:stop`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [which = ""] = input.arguments;
  const body: StopRequest = parseWhich(which);
  const app = await chooseApp(context, input);
  const path = `/v1/apps/${app}/stops`;
  const ending = await runOperation(context, { app, what: `stop ${which}`, method: "POST", path, body });
  await concludeOperation(context, ending, {
    app,
    done: () => "Stopped",
    unchanged: `${which} does not run`,
    showUrl: false,
  });
  return 0;
}
