import assert from "node:assert/strict";
import { test } from "node:test";
import { closest } from "./similar.ts";

const CASES: readonly [word: string, candidates: readonly string[], expected: string | undefined][] = [
  ["formatoin", ["env", "formation"], "formation"],
  ["Env", ["name", "env"], "env"],
  ["quanity", ["quantity", "size"], "quantity"],
  ["helthchecks", ["healthchecks"], "healthchecks"],
  ["deplyo", ["destroy", "deploy"], "deploy"],
  ["lgos", ["ps", "logs"], "logs"],
  ["x-internal", ["env", "cron", "formation"], undefined],
  ["a", ["b", "env"], undefined],
  ["", ["ps", "env"], undefined],
  ["ps", [], undefined],
  ["x".repeat(100_000), ["env"], undefined],
];

for (const [word, candidates, expected] of CASES) {
  test(`closest(${word.slice(0, 20)}) is ${expected}`, () => assert.equal(closest(word, candidates), expected));
}
