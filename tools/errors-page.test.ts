import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DIAGNOSTICS } from "../src/model/diagnostic-registry.ts";
import { ERRORS } from "../src/model/error-registry.ts";
import { errorsPage } from "./errors-page.ts";

test("docs/reference/errors.md is equal to the registries (write it anew with `npm run docs`)", () => {
  assert.equal(readFileSync(new URL("../docs/reference/errors.md", import.meta.url), "utf8"), errorsPage());
});

test("every code has exactly one row", () => {
  const shown = [...errorsPage().matchAll(/^\| `([A-Z_0-9]+)` \|/gm)].map((match) => match[1]);
  assert.deepEqual(shown, [...Object.keys(ERRORS), ...Object.keys(DIAGNOSTICS)]);
});
