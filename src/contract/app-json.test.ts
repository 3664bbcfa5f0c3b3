import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Diagnostic } from "../model/diagnostic.ts";
import { parseAppJson } from "./app-json.ts";
import { parseProcfile } from "./procfile.ts";

type ExpectedDiagnostic = Partial<Diagnostic> & { readonly suggestion?: string };
type Case = {
  readonly id: string;
  readonly input: string;
  readonly procfile?: string;
  readonly environment?: string;
  readonly expect: {
    readonly valid: boolean;
    readonly diagnostics: readonly ExpectedDiagnostic[];
    readonly value?: unknown;
    readonly absent?: readonly string[];
  };
};

const CASES = JSON.parse(
  readFileSync(new URL("../../test/cases/app-json.json", import.meta.url), "utf8"),
) as readonly Case[];

test("§3 there are cases to run", () => assert.ok(CASES.length >= 97));

for (const { id, input, procfile, environment, expect } of CASES) {
  test(`§3 ${id}`, () => {
    const types = procfile === undefined ? {} : { procfile: parseProcfile(procfile).value.map((entry) => entry.name) };
    const { value, diagnostics } = parseAppJson(input, {
      ...types,
      ...(environment === undefined ? {} : { environment }),
    });
    assert.equal(!diagnostics.some((d) => d.severity === "error"), expect.valid);
    assert.equal(diagnostics.length, expect.diagnostics.length, JSON.stringify(diagnostics, null, 1));
    for (const [index, { suggestion, ...expected }] of expect.diagnostics.entries()) {
      const found = diagnostics[index];
      assert.partialDeepStrictEqual(found, expected);
      if (suggestion !== undefined) assert.ok(`${found?.message} ${found?.hint}`.includes(suggestion));
    }
    if (expect.value !== undefined) assertPartial(value, expect.value, "");
    for (const pointer of expect.absent ?? []) assert.equal(at(value, pointer), undefined, pointer);
  });
}

/** Only the keys given are compared; lists must have the same length. */
function assertPartial(actual: unknown, expected: unknown, where: string): void {
  if (typeof expected !== "object" || expected === null) return assert.deepEqual(actual, expected, where);
  assert.ok(typeof actual === "object" && actual !== null, where);
  if (Array.isArray(expected)) assert.equal((actual as unknown[]).length, expected.length, where);
  for (const [key, value] of Object.entries(expected))
    assertPartial(Reflect.get(actual, key), value, `${where}/${key}`);
}

function at(value: unknown, pointer: string): unknown {
  return pointer
    .slice(1)
    .split("/")
    .reduce<unknown>(
      (inner, token) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, token) : undefined),
      value,
    );
}
