import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const SHARED = new URL("../../../shared/cases/", import.meta.url);

for (const name of readdirSync(new URL("../../test/cases/", import.meta.url))) {
  const shared = new URL(name, SHARED);
  const skip = existsSync(shared) ? false : `there is no ${shared.pathname} to compare with`;
  test(`the copy of ${name} is equal to the shared one`, { skip }, () => {
    const copy = readFileSync(new URL(`../../test/cases/${name}`, import.meta.url), "utf8");
    assert.equal(copy, readFileSync(shared, "utf8"));
  });
}
