import type { CommandContext, CommandInput } from "../../command.ts";
import { printDocument } from "../../output/document.ts";

/** `portside inspect:command`: the argument list in each mode, or why there is none. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { planCommand } = await import("../../../contract/command.ts");
  return printDocument(context, planCommand(input.arguments[0] ?? ""));
}
