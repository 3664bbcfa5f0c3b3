import type { DiagnosticCode, Severity } from "./diagnostic-registry.ts";

/**
 * One finding about one place in a file. Written by contract (and portability). Read by control, API and CLI.
 * Stored with the operation, as an event. Contract §1.
 */
export type Diagnostic = {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** Path relative to the source root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units; a byte-order mark counts as nothing (D3). */
  readonly column: number;
  /** One sentence. Never holds a config value. */
  readonly message: string;
  /** What to do about it, as an action. */
  readonly hint: string;
  /** JSON pointer, for findings inside app.json. */
  readonly path?: string;
  /** The first line this one contradicts, for duplicates and collisions. */
  readonly otherLine?: number;
};

/** What every parser returns: a value that is as complete as the input allowed, and all findings in file order. */
export type Parsed<T> = { readonly value: T; readonly diagnostics: readonly Diagnostic[] };

/** Whether the operation must stop. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** File order, then line, then column: the order everything is shown in. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
