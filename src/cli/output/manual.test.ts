import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS } from "../command-table.ts";
import { manualPages, overview } from "./manual.ts";
import { styleFor } from "./style.ts";

const FOLDER = new URL("../../../docs/reference/cli/", import.meta.url);

test("docs/reference/cli is what tools/generate-cli-docs.ts writes", () => {
  const pages = manualPages(COMMANDS);
  assert.deepEqual(readdirSync(FOLDER).toSorted(), [...pages.keys()].toSorted());
  for (const [name, text] of pages) assert.equal(readFileSync(new URL(name, FOLDER), "utf8"), text, name);
});

test("help fits a terminal of 100 columns and names every command", () => {
  const lines = overview(styleFor(false), COMMANDS);
  assert.ok(lines.every((line) => line.length <= 100));
  for (const { name } of COMMANDS)
    assert.ok(
      lines.some((line) => line.startsWith(`  ${name} `)),
      name,
    );
});
