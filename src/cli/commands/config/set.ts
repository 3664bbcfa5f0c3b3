import { changeConfig } from "../../config-change.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";

/** `portside config:set`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const entries = input.arguments.map((raw) => {
    const equals = raw.indexOf("=");
    // The word may be a value typed without its name, so it is not repeated in the message.
    if (equals < 1)
      throw usageError(
        "Each variable is written NAME=VALUE.",
        "Write for example `portside config:set GREETING=hello`; quote a value with blanks.",
      );
    return [raw.slice(0, equals), raw.slice(equals + 1)] as const;
  });
  return changeConfig(context, input, { verb: "set", values: Object.fromEntries(entries) });
}
