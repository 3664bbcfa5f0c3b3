import type { CommandContext, CommandInput } from "../../command.ts";
import { readNamedText } from "../../input-text.ts";
import { printDocument } from "../../output/document.ts";

/** `portside inspect:dotenv`: the variables with their values. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const raw = await readNamedText(context, input.arguments[0] ?? "-");
  const { parseDotenv } = await import("../../../contract/dotenv.ts");
  const { value, diagnostics } = parseDotenv(raw);
  return printDocument(context, {
    vars: Object.fromEntries(value.map(({ name, value: text }) => [name, text])),
    diagnostics,
  });
}
