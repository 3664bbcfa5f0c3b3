import fc from "fast-check";
import { appJsonSchema } from "../../src/contract/app-json-schema.ts";
import type { JsonSchema } from "../../src/contract/json-schema.ts";

const TEXTS = [
  "",
  " ",
  "a",
  "web",
  "@daily",
  "0 3 * * *",
  "512M",
  "./x",
  "a/b",
  "Europe/Paris",
  "\0",
  "from=builder",
  "é😀",
];
const WORD = fc.constantFrom(...TEXTS);
const NUMBER = fc.constantFrom(0, 1, 2, 70_000, -1, 0.5, 1e99);
const LEAF = fc.oneof(WORD, NUMBER, fc.boolean(), fc.constant([]), fc.constant({}), fc.constant([""]));
const FREE_KEYS = ["web", "worker", "release", "A", "B", "PORT", "a-b", "__proto__", "constructor", "x"];

/** Values that mostly fit the schema, so that what lies deep is reached, with a wrong one or an unknown key here and there. */
export function shaped(schema: JsonSchema, defs: Readonly<Record<string, JsonSchema>> = {}): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 24, arbitrary: fitting(schema, defs) }, { weight: 1, arbitrary: LEAF });
}

function fitting(schema: JsonSchema, defs: Readonly<Record<string, JsonSchema>>): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return shaped(defs[schema.$ref.replace("#/$defs/", "")] ?? {}, defs);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.type === "object" && schema.properties !== undefined) return members(schema, defs);
  if (schema.type === "object") return map(schema.additionalProperties ?? {}, defs);
  if (schema.type === "array") return fc.array(shaped(schema.items ?? {}, defs), { maxLength: 3 });
  if (schema.type === "string") return WORD;
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type !== undefined) return NUMBER;
  return schema.anyOf === undefined ? LEAF : fc.oneof(...schema.anyOf.map((form) => shaped(form, defs)));
}

function members({ properties = {}, required = [] }: JsonSchema, defs: Readonly<Record<string, JsonSchema>>) {
  const optional = Object.entries(properties).map(([key, schema]) => {
    const value = shaped(schema, defs).map((one): [string, unknown][] => [[key, one]]);
    const odds = required.includes(key) ? 9 : 1;
    return fc.oneof({ weight: odds, arbitrary: value }, { weight: 1, arbitrary: fc.constant([]) });
  });
  const unknown = fc.oneof(
    { weight: 19, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: LEAF.map((value): [string, unknown][] => [["nam", value]]) },
  );
  return fc.tuple(...optional, unknown).map((entries) => Object.fromEntries(entries.flat()));
}

function map(schema: JsonSchema, defs: Readonly<Record<string, JsonSchema>>) {
  const entry = fc.tuple(fc.constantFrom(...FREE_KEYS), shaped(schema, defs));
  return fc.array(entry, { maxLength: 3 }).map((entries) => Object.fromEntries(entries));
}

const { $defs, ...file } = appJsonSchema();

/** Values of the shape of app.json. */
export const APP_JSON_SHAPE: fc.Arbitrary<unknown> = fitting(file, $defs);

const TEXT: JsonSchema = { type: "string" };
const NAME: JsonSchema = { enum: ["A", "B", "a-b", "NODE_ENV"] };
const LISTS: JsonSchema = { type: "array", items: TEXT };
const SCRIPT = {
  type: "object",
  properties: { api: TEXT, shell: TEXT, inline: TEXT },
  required: ["api", "inline"],
} as const;
const BUILDPACK = {
  type: "object",
  properties: { id: TEXT, version: TEXT, uri: TEXT, script: SCRIPT },
  required: ["id"],
} as const;
const GROUP: JsonSchema = { type: "array", items: BUILDPACK };
const ENV: JsonSchema = {
  type: "array",
  items: { type: "object", properties: { name: NAME, value: TEXT }, required: ["name", "value"] },
};
const LICENSES: JsonSchema = { type: "array", items: { type: "object", properties: { type: TEXT, uri: TEXT } } };
const PROJECT = { id: TEXT, name: TEXT, version: TEXT, authors: LISTS, "source-url": TEXT, licenses: LICENSES };
const ADDITION: JsonSchema = { type: "object", properties: { group: GROUP } };
const BUILD = { builder: TEXT, include: LISTS, exclude: LISTS };

/** Values of the shape of project.toml, of any schema version. */
export const PROJECT_TOML_SHAPE: fc.Arbitrary<unknown> = fitting(
  {
    type: "object",
    required: ["_", "io"],
    properties: {
      _: {
        type: "object",
        required: ["schema-version"],
        properties: { "schema-version": { enum: ["0.1", "0.2", "0.2", "0.2", "0.3", "0.4"] }, ...PROJECT },
      },
      io: {
        type: "object",
        required: ["buildpacks"],
        properties: {
          buildpacks: {
            type: "object",
            properties: {
              ...BUILD,
              group: GROUP,
              pre: ADDITION,
              post: ADDITION,
              build: { type: "object", properties: { env: ENV } },
              env: { type: "object", properties: { build: ENV } },
            },
          },
        },
      },
      project: { type: "object", properties: PROJECT },
      build: { type: "object", properties: { ...BUILD, buildpacks: GROUP, env: ENV } },
      metadata: { type: "object", additionalProperties: TEXT },
    },
  },
  {},
);
