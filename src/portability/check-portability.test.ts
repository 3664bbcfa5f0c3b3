import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkPortability } from "./check-portability.ts";
import type { Finding } from "./finding.ts";
import { PLATFORM_NAMES, type Platform } from "./platforms.ts";
import { RULES } from "./rules.ts";

type Case = {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly platform: Platform;
  readonly expect: { readonly codes: readonly Pick<Finding, "code" | "severity" | "file" | "line">[] };
};

const CASES = JSON.parse(
  readFileSync(new URL("../../test/cases/portability.json", import.meta.url), "utf8"),
) as readonly Case[];

/** `PF001 error Procfile:2`, sorted, so that findings compare as a set. */
function shown(findings: Case["expect"]["codes"]): readonly string[] {
  return findings.map(({ code, severity, file, line }) => `${code} ${severity} ${file}:${line}`).toSorted();
}

test("there are cases for every platform", () => {
  assert.ok(CASES.length >= 413);
  assert.deepEqual(new Set(CASES.map(({ platform }) => platform)), new Set(PLATFORM_NAMES));
});

for (const { id, files, platform, expect } of CASES) {
  test(id, () => {
    assert.deepEqual(shown(checkPortability(new Map(Object.entries(files)), platform)), shown(expect.codes));
  });
}

for (const { code, severity, check } of RULES) {
  if (check.from !== "files") continue;
  const { platform, files, fixed } = check.example;
  const codesOf = (source: typeof files): ReadonlySet<string> =>
    new Set(checkPortability(new Map(Object.entries(source)), platform).map((finding) => finding.code));
  test(`${code}: the documented example gives it, the mended one does not`, () => {
    assert.ok(severity[platform] !== undefined);
    assert.ok(codesOf(files).has(code));
    assert.ok(!codesOf(fixed).has(code));
  });
}

test("rules are unique, in order, and each speaks for a platform", () => {
  const codes = RULES.map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
  assert.equal(codes.length, 45);
  assert.ok(RULES.every(({ severity }) => Object.keys(severity).length > 0));
});
