import type { CommandContext, CommandInput } from "../../command.ts";
import { readNamedText } from "../../input-text.ts";
import { printDocument } from "../../output/document.ts";

/** `portside inspect:project-toml`: schema 0.1, 0.2 or 0.3 in one shape. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const raw = await readNamedText(context, input.arguments[0] ?? "-");
  const { parseProjectToml } = await import("../../../contract/project-toml.ts");
  return printDocument(context, parseProjectToml(raw));
}
