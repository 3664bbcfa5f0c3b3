import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { EXAMPLES, findExample } from "./examples/examples.ts";
import { exampleManual, fileManuals } from "./file-manual.ts";

const FOLDER = new URL("../../docs/reference/files/", import.meta.url);

test("docs/reference/files/ is what the examples and parsers say (write it anew with `node tools/generate-file-docs.ts`)", () => {
  const pages = fileManuals();
  assert.deepEqual(readdirSync(FOLDER).toSorted(), [...pages.keys()].toSorted());
  for (const [name, text] of pages) assert.equal(readFileSync(new URL(name, FOLDER), "utf8"), text, name);
});

test("every example stands on its page as it is", () => {
  for (const example of EXAMPLES)
    assert.ok(fileManuals().get(example.page)?.includes(exampleManual(example)), example.key);
});

test("a manual has the keys with values, defaults and meanings", () => {
  const manual = exampleManual(findExample("app.json cron") ?? assert.fail());
  assert.match(manual, /^## app\.json cron: commands on a schedule\n/);
  assert.match(manual, /```json\n\{\n {2}"cron": \[/);
  const row =
    '| `cron[].concurrency_policy` | `allow`, `forbid`, `replace`, else `"allow"` | What happens while an earlier run goes on. |';
  assert.ok(manual.includes(row), manual);
  const formation = exampleManual(findExample("app.json formation") ?? assert.fail());
  assert.ok(formation.includes("| `formation.*.quantity` | whole number, 0 or more |"), formation);
});
