import type { CommandContext, CommandInput } from "../../command.ts";
import { CliError } from "../../failure.ts";
import { parseOperationNumber, watchOperation } from "../../operation-watch.ts";

/** `portside operations:cancel`: waits for the previous state; that the operation ends as cancelled is what was asked for. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const id = parseOperationNumber(input);
  await context.client.send("POST", `/v1/operations/${id}/cancellation`, { signal: context.signal });
  try {
    return await watchOperation(context, id);
  } catch (error) {
    if (!(error instanceof CliError) || error.report.code !== "E_CANCELLED") throw error;
    context.screen.line("  Cancelled; the previous state is back");
    return 0;
  }
}
