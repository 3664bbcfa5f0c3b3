import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { readNamedText } from "../../input-text.ts";
import { printDocument } from "../../output/document.ts";

/** `portside inspect:app-json`: defaults filled in; with `--environment` the value for that environment (D73). */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [file = "-"] = input.arguments;
  const procfile = input.texts.get("procfile");
  const environment = input.texts.get("environment");
  if (file === "-" && procfile === "-")
    throw usageError("Standard input cannot be both app.json and the Procfile.", "Name a file for one of them.");
  const raw = await readNamedText(context, file);
  const types = procfile === undefined ? {} : await processTypes(await readNamedText(context, procfile));
  const { parseAppJson } = await import("../../../contract/app-json.ts");
  return printDocument(context, parseAppJson(raw, { ...types, ...(environment === undefined ? {} : { environment }) }));
}

/** With errors in the Procfile nobody can say which types it lacks. */
async function processTypes(raw: string): Promise<{ readonly procfile?: readonly string[] }> {
  const { parseProcfile } = await import("../../../contract/procfile.ts");
  const { value, diagnostics } = parseProcfile(raw);
  const isBroken = diagnostics.some(({ severity }) => severity === "error");
  return isBroken ? {} : { procfile: value.map((entry) => entry.name) };
}
