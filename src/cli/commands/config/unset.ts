import { changeConfig } from "../../config-change.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";

/** `portside config:unset`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.arguments.some((name) => name.includes("="))) {
    throw usageError("`config:unset` takes names only.", "Write for example `portside config:unset GREETING`.");
  }
  return changeConfig(context, input, {
    verb: "unset",
    values: Object.fromEntries(input.arguments.map((name) => [name, null])),
  });
}
