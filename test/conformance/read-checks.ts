import assert from "node:assert/strict";
import { parseAppJson } from "../../src/contract/app-json.ts";
import type { HealthCheck } from "../../src/model/app-contract.ts";

/** Checks as app.json's parser gives them, defaults filled in. `text` is the JSON list of one process type. */
export function readAppJsonChecks(text: string): readonly HealthCheck[] {
  const { value, diagnostics } = parseAppJson(`{"healthchecks": {"web": ${text}}}`);
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  return value.healthchecks?.["web"] ?? [];
}
