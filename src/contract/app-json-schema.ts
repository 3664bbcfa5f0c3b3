import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import { appJsonFile } from "./app-json.ts";
import { EXAMPLES } from "./examples/examples.ts";
import type { JsonSchema } from "./json-schema.ts";

/** A JSON Schema document with the sections as definitions, so that `environments` can use them again. */
export type SchemaDocument = JsonSchema & {
  readonly $schema: string;
  readonly $defs: Readonly<Record<string, JsonSchema>>;
};

/** Findings that no schema can express: it sees neither the text nor the Procfile, and knows no calendar. */
export const CODES_BEYOND_SCHEMA: readonly DiagnosticCode[] = [
  "APP_FORMATION_UNKNOWN_TYPE",
  "APP_CRON_SCHEDULE",
  "APP_CRON_TIMEZONE",
];

/**
 * The JSON Schema (draft 2020-12) of app.json, from the readers that parse it, with the manual's examples. It accepts what the parser reads
 * without an error, and more only where no schema can say it: schedules, time zones, the size of a value in bytes, `max_quantity` below
 * `min_quantity`, the Procfile's types. Published as `schema/app.json`. Contract §3.
 */
export function appJsonSchema(): SchemaDocument {
  const { $schema: anything = {}, environments = {}, ...sections } = appJsonFile().schema.properties ?? {};
  const defs = Object.entries(sections).map(([key, schema]): [string, JsonSchema] => {
    const examples = examplesOf(key);
    return [key, examples.length === 0 ? schema : { ...schema, examples }];
  });
  const properties = Object.fromEntries(Object.keys(sections).map((key) => [key, { $ref: `#/$defs/${key}` }]));
  const environment: JsonSchema = { type: "object", properties };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "app.json",
    description: "What an app says about itself to Portside.",
    type: "object",
    properties: {
      $schema: anything,
      ...properties,
      environments: { ...environments, additionalProperties: environment, examples: examplesOf("environments") },
    },
    $defs: Object.fromEntries(defs),
  };
}

/** What the examples of single keys hold under this one; that of `environments` has others only to be replaced. */
function examplesOf(key: string): unknown[] {
  const parts = EXAMPLES.filter((example) => example.file === "app.json" && example.key !== "app.json");
  return parts.flatMap(({ text }) => {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const isAbout = Object.hasOwn(value, key) && (key === "environments" || !Object.hasOwn(value, "environments"));
    return isAbout ? [value[key]] : [];
  });
}

/** The schema as the text of `schema/app.json`. */
export function appJsonSchemaText(): string {
  return `${JSON.stringify(appJsonSchema(), undefined, 2)}\n`;
}
