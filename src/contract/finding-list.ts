import { DIAGNOSTICS, type DiagnosticCode } from "../model/diagnostic-registry.ts";
import { compareDiagnostics, type Diagnostic } from "../model/diagnostic.ts";
import { diagnose, type Finding } from "./diagnose.ts";

/** So many errors, and so many other findings, are given of one file; a file that is no such file at all has one a line. */
export const FINDINGS_MAX = 1_000;

/** A text that may be worked out late: beyond the limit it is not asked for. */
export type LateText = string | (() => string);

/** A finding about the list's file. */
export type ListedFinding = Omit<Finding, "file" | "message" | "hint"> & {
  readonly message: LateText;
  readonly hint: LateText;
};

type More = { count: number; readonly line: number; readonly column: number };

/**
 * Collects what is found in one file, up to `FINDINGS_MAX` errors and as many warnings. What is beyond is counted, and told by one
 * closing finding of the same severity (`FILE_MORE_ERRORS`, `FILE_MORE_WARNINGS`), so that a file with errors stays one with errors.
 */
export class FindingList {
  readonly #file: string;
  readonly #kept: Diagnostic[] = [];
  readonly #keptCounts = { error: 0, other: 0 };
  readonly #more: { error?: More; other?: More } = {};

  constructor(file: string) {
    this.#file = file;
  }

  add(finding: ListedFinding): void {
    const kind = kindOf(finding.code);
    const { line, column } = finding;
    const more = this.#more[kind];
    if (more !== undefined) more.count += 1;
    else if (this.#keptCounts[kind] === FINDINGS_MAX) this.#more[kind] = { count: 1, line, column };
    else {
      const text = { message: textOf(finding.message), hint: textOf(finding.hint) };
      this.#kept.push(diagnose({ ...finding, ...text, file: this.#file }));
      this.#keptCounts[kind] += 1;
    }
  }

  hasErrors(): boolean {
    return this.#keptCounts.error > 0;
  }

  /** All of them by line and column; those of one place as they were added. */
  diagnostics(): readonly Diagnostic[] {
    const closing = [
      this.#closing("FILE_MORE_ERRORS", "error", this.#more.error),
      this.#closing("FILE_MORE_WARNINGS", "warning", this.#more.other),
    ];
    return [...this.#kept, ...closing.flat()].toSorted(compareDiagnostics);
  }

  #closing(code: DiagnosticCode, what: string, more: More | undefined): Diagnostic[] {
    if (more === undefined) return [];
    const { line, column } = more;
    const message = `The file has ${more.count} more ${what}${more.count === 1 ? "" : "s"} than are shown.`;
    const hint = "Correct the first ones, then check the file again.";
    return [diagnose({ code, file: this.#file, line, column, message, hint })];
  }
}

function textOf(text: LateText): string {
  return typeof text === "string" ? text : text();
}

function kindOf(code: DiagnosticCode): "error" | "other" {
  return DIAGNOSTICS[code].severity === "error" ? "error" : "other";
}
