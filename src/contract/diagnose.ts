import { DIAGNOSTICS, type DiagnosticCode } from "../model/diagnostic-registry.ts";
import type { Diagnostic } from "../model/diagnostic.ts";

/** A finding before its severity is known; the registry has that. */
export type Finding = Omit<Diagnostic, "severity" | "code"> & { readonly code: DiagnosticCode };

/** The finding with the registry's severity. */
export function diagnose(finding: Finding): Diagnostic {
  return { ...finding, severity: DIAGNOSTICS[finding.code].severity };
}
