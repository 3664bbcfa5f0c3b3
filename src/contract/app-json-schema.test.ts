import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { appJsonSchema, appJsonSchemaText, CODES_BEYOND_SCHEMA } from "./app-json-schema.ts";
import { appJsonFile, parseAppJson } from "./app-json.ts";
import { EXAMPLES } from "./examples/examples.ts";
import { parseJsonDocument } from "./json-document.ts";
import { APP_JSON_DIALECT } from "./json-place.ts";
import { anything } from "./json-reader.ts";
import type { JsonSchema } from "./json-schema.ts";
import { parseProcfile } from "./procfile.ts";

type Case = { readonly id: string; readonly input: string; readonly procfile?: string };

const CASES = JSON.parse(
  readFileSync(new URL("../../test/cases/app-json.json", import.meta.url), "utf8"),
) as readonly Case[];

const validate = new Ajv2020({ allErrors: true }).compile(appJsonSchema());

/** Findings of a code that a schema expresses, but for this one. */
const BEYOND_SCHEMA_CASES: Readonly<Record<string, string>> = {
  "app-json.autoscaling-min-above-max": "two numbers are compared",
};

/** The value a schema sees: of a duplicate key the last, without comments. `undefined`: the text is no JSON at all. */
function valueOf(input: string): { readonly value: unknown } | undefined {
  const document = parseJsonDocument(input.replace(/^\uFEFF/, ""));
  if (!document.ok) return undefined;
  const report = (): void => undefined;
  if (document.root === undefined) return { value: {} };
  return { value: anything.read({ node: document.root, pointer: "", report, dialect: APP_JSON_DIALECT }) };
}

const counts = { valid: 0, refused: 0, beyond: 0, syntax: 0 };

for (const { id, input, procfile } of CASES) {
  test(`§3 the schema agrees with the parser about ${id}`, () => {
    const types = procfile === undefined ? {} : { procfile: parseProcfile(procfile).value.map((entry) => entry.name) };
    const { diagnostics } = parseAppJson(input, types);
    const errors = diagnostics.filter((d) => d.severity === "error");
    const seen = valueOf(input);
    if (seen === undefined) {
      counts.syntax += 1;
      return assert.equal(errors[0]?.code, "APP_SYNTAX");
    }
    const isValid = validate(seen.value);
    if (errors.length === 0) {
      counts.valid += 1;
      return assert.ok(isValid, JSON.stringify(validate.errors));
    }
    if (errors.every((d) => CODES_BEYOND_SCHEMA.includes(d.code)) || BEYOND_SCHEMA_CASES[id] !== undefined) {
      counts.beyond += 1;
      return assert.ok(isValid, JSON.stringify(validate.errors));
    }
    counts.refused += 1;
    return assert.ok(!isValid, JSON.stringify(errors));
  });
}

test("§3 the cases tried all four", () => {
  assert.ok(
    counts.valid >= 40 && counts.refused >= 20 && counts.beyond >= 3 && counts.syntax >= 3,
    JSON.stringify(counts),
  );
});

/** What the rulings add to the cases; `false`: parser and schema refuse it. */
const FILES: readonly [text: string, isValid: boolean][] = [
  ['{"env": {"A": "a\\u0000b"}}', false],
  ['{"env": {"A": null}}', false],
  ['{"env": {"A-B": "x"}}', false],
  ['{"env": {"PORTSIDE_X": "x"}}', false],
  ['{"env": {"PORTSIDE": "x", "__proto__": "y"}}', true],
  ['{"formation": {"release": {"quantity": 0}}}', true],
  ['{"formation": {"release": {"quantity": 1}}}', false],
  ['{"formation": {"web": {"quantity": 1.0, "resources": {"cpu": 0}}}}', false],
  ['{"formation": {"web": {"quantity": 1.0, "resources": {"memory": "512"}}}}', false],
  ['{"formation": {"w": {"autoscaling": {"triggers": {"a": {"type": "disk"}}}}}}', false],
  ['{"formation": {"w": {"autoscaling": {"triggers": [{"name": "x"}]}}}}', false],
  ['{"buildpacks": [{"url": "HTTPS://x/y"}, {"url": "a/b"}]}', true],
  ['{"buildpacks": [{"url": "nodejs"}]}', false],
  ['{"buildpacks": [{}]}', false],
  ['{"addons": [" "]}', false],
  ['{"scripts": {"test": {"command": " "}}}', false],
  ['{"scripts": {"test": {"command": "a\\u0000"}}}', false],
  ['{"cron": [{"command": "a"}]}', false],
  ['{"cron": [{"command": " ", "schedule": "@daily"}]}', false],
  ['{"healthchecks": {"w": [{"path": "/", "listening": false, "uptime": 0}]}}', true],
  ['{"healthchecks": {"w": [{"path": "/", "listening": true}]}}', false],
  ['{"healthchecks": {"w": [{"uptime": 0}]}}', false],
  ['{"healthchecks": {"w": [{"command": []}]}}', false],
  ['{"healthchecks": {"w": [{"path": "/", "port": 65536}]}}', false],
  ['{"healthchecks": {"w": [{"path": "/", "httpHeaders": [{"name": "A"}]}]}}', false],
  ['{"environments": {"x": {"env": {"A": 1}}}}', false],
  ['{"environments": {"x": {"environments": 5, "unknown": null}}, "$schema": null, "unknown": 1}', true],
  ["[]", false],
];

for (const [text, isValid] of FILES) {
  test(`§3 schema and parser ${isValid ? "accept" : "refuse"} ${text}`, () => {
    assert.equal(validate(valueOf(text)?.value), isValid, JSON.stringify(validate.errors));
    assert.equal(!parseAppJson(text).diagnostics.some((d) => d.severity === "error"), isValid);
  });
}

for (const { key, text } of EXAMPLES.filter((example) => example.file === "app.json"))
  test(`§3 the schema accepts the example of ${key}`, () =>
    assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors)));

test("schema/app.json is the schema (write it anew with `node tools/generate-schema.ts`)", () =>
  assert.equal(readFileSync(new URL("../../schema/app.json", import.meta.url), "utf8"), appJsonSchemaText()));

function inner(schema: JsonSchema): readonly JsonSchema[] {
  return [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(schema.additionalProperties === undefined ? [] : [schema.additionalProperties]),
    ...(schema.anyOf ?? []),
  ];
}

test("§3 every key that the parser knows is explained, and every section has an example", () => {
  const { $schema: _schema, ...sections } = appJsonFile().schema.properties ?? {};
  let seen = 0;
  const check = (schema: JsonSchema, where: string): void => {
    for (const [key, member] of Object.entries(schema.properties ?? {})) {
      assert.match(member.description ?? "", /^\S.*\.$/, `${where}.${key}`);
      seen += 1;
    }
    for (const one of inner(schema)) check(one, where);
  };
  for (const [key, schema] of Object.entries(sections)) check({ properties: { [key]: schema } }, key);
  assert.ok(seen > 60, `${seen}`);
  const { $defs, properties = {} } = appJsonSchema();
  for (const [key, schema] of Object.entries({ ...$defs, environments: properties["environments"] ?? {} }))
    assert.ok((schema.examples?.length ?? 0) > 0, key);
});

/** The least entry of each section, and where its default-filled value lies. */
const DEFAULTS: readonly [text: string, section: string, at: readonly (string | number)[]][] = [
  ['{"env": {"A": {}}}', "env", ["env", "A"]],
  ['{"cron": [{"command": "a", "schedule": "@daily"}]}', "cron", ["cron", 0]],
  ['{"healthchecks": {"w": [{"path": "/"}]}}', "healthchecks", ["healthchecks", "w", 0]],
  ['{"formation": {"w": {"autoscaling": {}}}}', "formation", ["formation", "w", "autoscaling"]],
];

for (const [text, section, at] of DEFAULTS) {
  test(`§3 the defaults that the schema tells about ${section} are those the parser fills in`, () => {
    const value = at.reduce<unknown>((part, key) => Reflect.get(Object(part), key), parseAppJson(text).value);
    const found = new Map<string, unknown>();
    const collect = (schema: JsonSchema): void => {
      for (const [key, member] of Object.entries(schema.properties ?? {}))
        if (member.default !== undefined) found.set(key, member.default);
      for (const one of inner(schema)) collect(one);
    };
    collect(appJsonSchema().$defs[section] ?? {});
    found.delete("metadata");
    assert.ok(found.size >= 2);
    assert.partialDeepStrictEqual(value, Object.fromEntries(found));
  });
}
