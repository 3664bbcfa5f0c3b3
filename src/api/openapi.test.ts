import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as z from "zod";
import { createHarness } from "./testing/harness.ts";

const operation = z.looseObject({
  summary: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  "x-access": z.string(),
  parameters: z
    .array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean().optional() }))
    .default([]),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});
const document = z.looseObject({
  openapi: z.literal("3.1.0"),
  info: z.object({ title: z.string(), version: z.string() }),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
});

async function readDocument(): Promise<z.infer<typeof document>> {
  return document.parse(await (await createHarness().ask("GET /openapi.json", { trusted: false })).json());
}

test("every route is in the OpenAPI document with its right, its parameters and the form of its problems", async () => {
  const { paths } = await readDocument();
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const { routes } = createHarness();
  assert.deepEqual(documented.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort());
  for (const { method, path, access } of routes) {
    const found = paths[path]?.[method.toLowerCase()];
    assert.equal(found?.["x-access"], access);
    assert.deepEqual(found?.security, access === "public" ? [] : [{ token: [] }]);
    assert.ok(found?.responses["default"], `${method} ${path}`);
    const named = found?.parameters
      .filter((parameter) => parameter.in === "path" && parameter.required === true)
      .map(({ name }) => name);
    assert.deepEqual(
      named,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
    );
  }
});

test("every reference of the OpenAPI document leads somewhere, and nothing lies around unused", async () => {
  const whole = await readDocument();
  const text = JSON.stringify(whole);
  const used = new Set([...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference));
  assert.ok(used.size > 10);
  for (const reference of used) {
    const parts = String(reference).split("/");
    const target = parts
      .slice(1)
      .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], whole);
    assert.ok(parts[0] === "#" && target !== undefined, String(reference));
  }
  for (const name of Object.keys(whole.components.schemas)) assert.ok(used.has(`#/components/schemas/${name}`), name);
  assert.ok(whole.components.securitySchemes["token"]);
});

test("docs/reference/api.md shows exactly the routes there are", () => {
  const { routes } = createHarness();
  const page = readFileSync(new URL("../../docs/reference/api.md", import.meta.url), "utf8");
  const shown = page.split("\n").filter((line) => /^\| (?:GET|HEAD|POST|PUT|PATCH|DELETE) /.test(line));
  const rows = routes.map(({ method, path, access, summary }) => `| ${method} \`${path}\` | ${access} | ${summary} |`);
  assert.deepEqual(shown, rows, `The table should be:\n${rows.join("\n")}\n`);
});

test("/schema/app.json is the schema it was given, for anybody (contract §3)", async () => {
  const response = await createHarness().ask("GET /schema/app.json", { trusted: false });
  assert.deepEqual([response.status, await response.json()], [200, { title: "app.json" }]);
});
