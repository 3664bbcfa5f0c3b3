import type { RollbackRequest } from "../../wire/apps.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { parseRelease } from "../release-number.ts";
import { runOperation } from "../run-operation.ts";
import { concludeOperation } from "../operation-outcome.ts";

/** `portside rollback`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [raw] = input.arguments;
  const body: RollbackRequest = raw === undefined ? {} : { release: parseRelease(raw) };
  const app = await chooseApp(context, input);
  const target = body.release === undefined ? "the release before" : `v${body.release}`;
  const ending = await runOperation(context, {
    app,
    what: `rollback to ${target}`,
    method: "POST",
    path: `/v1/apps/${app}/rollbacks`,
    body,
  });
  await concludeOperation(context, ending, {
    app,
    done: (v) => `Rolled back as ${v}`,
    unchanged: `${app} runs that release already`,
    showUrl: false,
  });
  return 0;
}
