import { parse, stringify, TomlError } from "smol-toml";
import type * as z from "zod";

/** A document of the Buildpack API that is not what its rules say. The message names the document and the place in it. */
export class DocumentError extends Error {
  constructor(document: string, problem: string) {
    super(`${document}: ${problem}`);
    this.name = "DocumentError";
  }
}

/** The document as a plain table. Large integers stay exact. Throws `DocumentError`, with line and column. */
export function parseTable(text: string, document: string): Record<string, unknown> {
  try {
    // A key like `__proto__` is an attack or a mistake in each of these documents.
    return { ...parse(text, { integersAsBigInt: "asNeeded", unsafeKeyBehaviour: "throw" }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [problem = "invalid TOML"] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new DocumentError(document, `line ${error.line}, column ${error.column}: ${problem}`);
  }
}

/** The document checked against its schema. Throws `DocumentError` that names the first key that does not fit. */
export function parseDocument<T>(schema: z.ZodType<T>, text: string, document: string): T {
  const result = schema.safeParse(parseTable(text, document));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
  throw new DocumentError(document, `${place}${issue?.message ?? "does not fit its schema"}`);
}

/** TOML text of a table. Keys whose value is `undefined` are left out; an empty table gives an empty text. */
export function formatDocument(table: Readonly<Record<string, unknown>>): string {
  return stringify(table).trim() === "" ? "" : stringify(table);
}
