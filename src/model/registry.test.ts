import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DIAGNOSTICS } from "./diagnostic-registry.ts";
import { ERRORS, PortsideError, type ErrorEntry } from "./error-registry.ts";

const REPAIR = "Run `node tools/generate-error-docs.ts`.";

/** The rows of the page's tables as cells, without heads and rulers. */
function readDocsRows(): readonly (readonly string[])[] {
  const page = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  );
}

test("docs/reference/errors.md says what the registries say", () => {
  const errors = Object.entries<ErrorEntry>(ERRORS).map(([code, { status, exit, text, hint }]) => [
    `\`${code}\``,
    `${status}`,
    `${exit}`,
    text,
    hint,
  ]);
  const diagnostics = Object.entries(DIAGNOSTICS).map(([code, { severity, about }]) => [
    `\`${code}\``,
    severity,
    about,
  ]);
  assert.deepEqual(readDocsRows(), [...errors, ...diagnostics], REPAIR);
});

test("the registries are not empty", () => {
  assert.ok(Object.keys(ERRORS).length > 20);
  assert.ok(Object.keys(DIAGNOSTICS).length > 20);
});

/** 1 refused or failed, 2 wrong usage, 4 live but a hook failed, 70 a defect of ours, 130 interrupted. */
const EXIT_STATUSES: readonly number[] = [1, 2, 4, 70, 130];

for (const [code, entry] of Object.entries<ErrorEntry>(ERRORS)) {
  test(`${code} has a family, true statuses, a sentence and a hint`, () => {
    assert.match(code, /^E_[A-Z]+(?:_[A-Z]+)*$/);
    assert.ok(entry.status >= 400 && entry.status <= 599 && Number.isInteger(entry.status));
    assert.ok(EXIT_STATUSES.includes(entry.exit));
    for (const sentence of [entry.text, entry.hint])
      assert.match(sentence, /^(?:\{\w+\}|[^\s{].*[.!?]|\{\w+\}.*[.!?])$/);
  });
}

for (const [code, entry] of Object.entries(DIAGNOSTICS)) {
  test(`${code} has a family, a severity and a meaning`, () => {
    assert.match(code, /^(?:PROC|APP|ENV|PROJ|APT|CMD|FILE)_[A-Z]+(?:_[A-Z]+)*$/);
    assert.ok(["error", "warning", "info"].includes(entry.severity));
    assert.match(entry.about, /^\S.*\.$/);
  });
}

test("an error fills in its text and hint, and leaves what it was not given", () => {
  const error = new PortsideError("E_ENV_MISSING", { names: "A, B", example: "A=…" });
  assert.equal(error.message, "Required config is missing: A, B.");
  assert.equal(error.hint, "Set it with `portside config:set A=… --app {app}`, then deploy again.");
});
