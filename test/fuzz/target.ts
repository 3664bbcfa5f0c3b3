import assert from "node:assert/strict";
import type fc from "fast-check";

/** What a fuzz target found out about one input: where its findings stand, and what a terminal would be shown. */
export type Finding = {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
};

/**
 * A parser under test. `parse` is what is timed; `check` looks at its result and throws when it breaks a promise; `tokens` are the
 * pieces that inputs are made of beside those of the corpus. `shaped`: texts that are nearly right. `share` of a thousand runs.
 */
export type Target = {
  readonly name: string;
  readonly share: number;
  readonly tokens: readonly string[];
  readonly shaped?: fc.Arbitrary<string>;
  readonly parse: (raw: string) => unknown;
  readonly check: (raw: string, result: never) => void;
};

/** Builds a target whose check knows what its parser gives. */
export function target<T>(spec: {
  readonly name: string;
  readonly share: number;
  readonly tokens: readonly string[];
  readonly shaped?: fc.Arbitrary<string>;
  readonly parse: (raw: string) => T;
  readonly check: (raw: string, result: T) => void;
}): Target {
  return spec;
}

/** Every place lies in the file, every text is a sentence without control characters. A byte-order mark counts nothing (D3). */
export function assertFindings(raw: string, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const lines = (raw.startsWith("\uFEFF") ? raw.slice(1) : raw).split("\n");
  for (const finding of findings) {
    const line = lines[finding.line - 1];
    assert.ok(line !== undefined, `line ${finding.line} of ${lines.length}: ${JSON.stringify(finding)}`);
    assert.ok(
      Number.isInteger(finding.column) && finding.column >= 1 && finding.column <= line.length + 1,
      `column ${finding.column} of ${line.length}: ${JSON.stringify(finding)}`,
    );
    const text = `${finding.message} ${finding.hint}`;
    assert.ok(/[.?]$/.test(finding.message) && /[.?]$/.test(finding.hint), text);
    assert.ok(!/\p{Cc}/u.test(text) && text.isWellFormed(), JSON.stringify(text));
  }
}
