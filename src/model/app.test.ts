import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAppPath } from "./app.ts";

test("contract §1: the app's directory in its source", () => {
  const paths = ["services/api", "./services/api/", "a", "a b/ü", ".hidden", "..a", "a/b/c/d"];
  assert.deepEqual(paths.map(parseAppPath), [
    "services/api",
    "services/api",
    "a",
    "a b/ü",
    ".hidden",
    "..a",
    "a/b/c/d",
  ]);
  for (const root of [".", "./", "", "././"]) assert.equal(parseAppPath(root), "", root);
});

test("security rule 10: what could mean another place is none", () => {
  const refused = [
    "..",
    "../a",
    "a/..",
    "a/../b",
    "/",
    "/etc",
    "a//b",
    "a/./b",
    "a\0b",
    "a\nb",
    "a\\b",
    "a".repeat(2000),
  ];
  for (const path of refused) assert.equal(parseAppPath(path), undefined, JSON.stringify(path.slice(0, 20)));
});
