import { changeSettings } from "../../app-settings.ts";
import type { CommandContext, CommandInput } from "../../command.ts";

/** `portside tests:on`. */
export function run(context: CommandContext, input: CommandInput): Promise<number> {
  return changeSettings(context, input, { body: { tests: true }, done: (app) => `Deploys of ${app} run its tests` });
}
