import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { RULES } from "../src/portability/rules.ts";
import { portabilityPages } from "./portability-pages.ts";

const folder = new URL("../docs/reference/portability/", import.meta.url);

test("docs/reference/portability is equal to the rules (write it anew with `node tools/generate-portability-docs.ts`)", () => {
  const pages = portabilityPages();
  assert.deepEqual(readdirSync(folder).toSorted(), [...pages.keys()].toSorted());
  for (const [name, text] of pages) assert.equal(readFileSync(new URL(name, folder), "utf8"), text, name);
});

test("every rule has a page that the index leads to, and its example shows the finding", () => {
  const pages = portabilityPages();
  const index = pages.get("README.md") ?? "";
  for (const { code, check } of RULES) {
    assert.ok(index.includes(`[${code}](${code}.md)`), code);
    const page = pages.get(`${code}.md`) ?? "";
    assert.ok(page.startsWith("<!-- Generated") && page.includes(`# ${code}: `), code);
    if (check.from === "files")
      assert.match(page, new RegExp(`^\\S+:\\d+:\\d+ (?:error|warning|info) ${code}: `, "m"), code);
  }
});
