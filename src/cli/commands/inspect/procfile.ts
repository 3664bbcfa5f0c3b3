import { closest } from "../../../lib/similar.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { readNamedText } from "../../input-text.ts";
import { printDocument } from "../../output/document.ts";

/** `portside inspect:procfile`: as Portside reads it, or with `--dialect` as another platform's parser does. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [file = "-"] = input.arguments;
  const dialect = input.texts.get("dialect");
  const readAs = dialect === undefined ? readAsPortside : await dialectReader(dialect);
  return printDocument(context, await readAs(await readNamedText(context, file)));
}

type TextReader = (raw: string) => Promise<unknown>;

async function readAsPortside(raw: string): Promise<unknown> {
  const { parseProcfile } = await import("../../../contract/procfile.ts");
  const { value, diagnostics } = parseProcfile(raw);
  return { entries: value, diagnostics };
}

async function dialectReader(name: string): Promise<TextReader> {
  const { DIALECT_NAMES, isDialect, readProcfileAs } = await import("../../../portability/dialects/dialects.ts");
  if (isDialect(name)) {
    // The same shape as without a dialect; what a platform's parser does has none of our codes.
    return async (raw) => {
      const { entries, error } = readProcfileAs(name, raw);
      return { entries, error: error !== null, ...(error === null ? {} : { reason: error }), diagnostics: [] };
    };
  }
  const near = closest(name, DIALECT_NAMES);
  const hint = near === undefined ? `Use one of ${DIALECT_NAMES.join(", ")}.` : `Did you mean \`${near}\`?`;
  throw usageError(`There is no dialect \`${name}\`.`, hint);
}
