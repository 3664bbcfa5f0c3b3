import type { CommandContext, CommandInput } from "../../command.ts";
import { parseOperationNumber, watchOperation } from "../../operation-watch.ts";

/** `portside operations:follow`. */
export function run(context: CommandContext, input: CommandInput): Promise<number> {
  return watchOperation(context, parseOperationNumber(input));
}
