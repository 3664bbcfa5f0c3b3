import type { Severity } from "../model/diagnostic-registry.ts";
import type { Platform } from "./platforms.ts";

/** One place where a platform does something else than Portside with the same files. Reference page "The rules". */
export type Finding = {
  /** Family and number, as in `PF007`; also the name of its documentation page. */
  readonly code: string;
  /** `error`: does not work there. `warning`: works differently. `info`: good to know. */
  readonly severity: Severity;
  readonly platform: Platform;
  /** Path from the source root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units; a byte-order mark counts as nothing. */
  readonly column: number;
  /** One sentence. Never holds the value of a config variable. */
  readonly message: string;
  /** What to do about it, as an action. */
  readonly hint: string;
};

/** A finding before its rule adds code, severity and platform. */
export type Spot = Pick<Finding, "file" | "line" | "column" | "message" | "hint">;

/** File, line, column, code: the order findings are given in. */
export function compareFindings(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : Number(a.code > b.code));
}
