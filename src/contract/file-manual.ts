import { appJsonFile } from "./app-json.ts";
import { APTIBLE_SCHEMA } from "./aptible-yml.ts";
import type { Example } from "./examples/example.ts";
import { EXAMPLES } from "./examples/examples.ts";
import type { JsonSchema } from "./json-schema.ts";

const INDEX = "README.md";
const FENCES: Readonly<Record<string, string>> = {
  "app.json": "json",
  "project.toml": "toml",
  ".aptible.yml": "yaml",
  ".env": "sh",
};

/** The manual of a file or key, in Markdown: what it is about, the example, and a table of the keys in it. */
export function exampleManual(example: Example): string {
  const { title, about, text, file } = example;
  const rows = keysOf(example);
  const table = rows.length === 0 ? [] : ["", "| key | value | meaning |", "|---|---|---|", ...rows];
  return ["## " + title, "", about, "", "```" + (FENCES[file] ?? ""), text.trimEnd(), "```", ...table, ""].join("\n");
}

/** The pages of `docs/reference/files/` by name, and their index. */
export function fileManuals(): ReadonlyMap<string, string> {
  const pages = Map.groupBy(EXAMPLES, (example) => example.page);
  const texts = new Map<string, string>();
  for (const [page, examples] of pages) {
    const [first] = examples;
    const heading = [GENERATED, "", `# ${first?.file ?? page}`, ""].join("\n");
    texts.set(page, `${heading}\n${examples.map(exampleManual).join("\n")}`);
  }
  const rows = EXAMPLES.map(({ key, page, title }) => `| \`${key}\` | [${title.replace(/^[^:]*: /, "")}](${page}) |`);
  const index = [
    GENERATED,
    "",
    "# Files of an app",
    "",
    INDEX_TEXT,
    "",
    "| file, key | about |",
    "|---|---|",
    ...rows,
    "",
  ];
  return texts.set(INDEX, index.join("\n"));
}

const GENERATED = "<!-- Generated from src/contract/examples/ and the parsers by tools/generate-file-docs.ts -->";
const INDEX_TEXT =
  "What Portside reads in an app's folder. No file is required. `portside docs KEY` prints the same pages; the schema of app.json is in `schema/app.json`.";

function keysOf({ key, file, text, under }: Example): string[] {
  if (file === ".aptible.yml") return rowsOf(APTIBLE_SCHEMA, "");
  if (file !== "app.json") return [];
  const sections = appJsonFile().schema.properties ?? {};
  if (key === file) return Object.entries(sections).flatMap(([name, section]) => row(name, section));
  const keys = Object.keys(JSON.parse(text) as object);
  // The keys of an environment are those of the file.
  if (keys.includes("environments")) return row("environments", sections["environments"] ?? {});
  const rows = rowsOf({ properties: Object.fromEntries(keys.map((name) => [name, sections[name] ?? {}])) }, "");
  if (under !== undefined) return rows.filter((one) => one.startsWith(`| \`${under}`));
  const elsewhere = EXAMPLES.flatMap((example) => (example.under === undefined ? [] : [`| \`${example.under}.`]));
  return rows.filter((one) => !elsewhere.some((start) => one.startsWith(start)));
}

/** A row for each key of an object, of the objects in its lists and maps, and of all forms a value may have. */
function rowsOf(schema: JsonSchema, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, member]) => {
    const name = path === "" ? key : `${path}.${key}`;
    return [...row(name, member), ...rowsOf(member, name)];
  });
  const inner = [
    ...own,
    ...(schema.items === undefined ? [] : rowsOf(schema.items, `${path}[]`)),
    ...(schema.additionalProperties === undefined ? [] : rowsOf(schema.additionalProperties, `${path}.*`)),
    ...(schema.anyOf ?? []).flatMap((form) => rowsOf(form, path)),
  ];
  // What a list and a map of the same things have in common is told once.
  return [
    ...new Map(inner.toReversed().map((one) => [one.replace(/^.*?([\w$-]+)` \|/, "$1"), one])).values(),
  ].toReversed();
}

function row(name: string, schema: JsonSchema): string[] {
  const { description, default: standard } = schema;
  if (description === undefined) return [];
  const otherwise = standard === undefined ? "" : `, else \`${JSON.stringify(standard)}\``;
  return [`| \`${name}\` | ${valueOf(schema)}${otherwise} | ${description} |`];
}

function valueOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(", ");
  const forms = schema.type === undefined ? (schema.anyOf ?? []) : [];
  if (forms.length > 0) return [...new Set(forms.map(valueOf))].join(" or ");
  if (schema.type === "array") return `list of ${schema.items === undefined ? "values" : valueOf(schema.items)}`;
  if (schema.type === "integer") return `whole number${boundsOf(schema)}`;
  return (schema.type === undefined ? undefined : TYPE_NAMES[schema.type]) ?? "any value";
}

const TYPE_NAMES: Readonly<Partial<Record<NonNullable<JsonSchema["type"]>, string>>> = {
  object: "object",
  string: "text",
  number: "number",
  boolean: "`true` or `false`",
};

function boundsOf({ minimum, maximum }: JsonSchema): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? `, ${minimum} or more` : `, ${minimum} to ${maximum}`;
}
