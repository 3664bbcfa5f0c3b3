import { DIAGNOSTICS } from "../../model/diagnostic-registry.ts";
import type { SarifRule } from "../output/sarif.ts";
import type { CheckFinding } from "./check-report.ts";

/** What the codes of these findings mean, by code: from the registry, or from the rules of the portability check. */
export async function describeRules(findings: readonly CheckFinding[]): Promise<ReadonlyMap<string, SarifRule>> {
  const rules = new Map<string, SarifRule>();
  const titles = findings.some(({ platform }) => platform !== undefined)
    ? await ruleTitles()
    : new Map<string, string>();
  for (const { code, severity } of findings) {
    const known = Object.hasOwn(DIAGNOSTICS, code) ? DIAGNOSTICS[code as keyof typeof DIAGNOSTICS] : undefined;
    const title = titles.get(code);
    if (known !== undefined) rules.set(code, { code, about: known.about, severity: known.severity });
    else if (title !== undefined && !rules.has(code)) rules.set(code, { code, about: `${title}.`, severity });
  }
  return rules;
}

async function ruleTitles(): Promise<ReadonlyMap<string, string>> {
  const { RULES } = await import("../../portability/rules.ts");
  return new Map(RULES.map(({ code, title }) => [code, title]));
}
