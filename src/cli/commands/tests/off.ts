import { changeSettings } from "../../app-settings.ts";
import type { CommandContext, CommandInput } from "../../command.ts";

/** `portside tests:off`. */
export function run(context: CommandContext, input: CommandInput): Promise<number> {
  return changeSettings(context, input, { body: { tests: false }, done: (app) => `Deploys of ${app} run no tests` });
}
