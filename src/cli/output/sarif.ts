import type { CheckFinding } from "../check/check-report.ts";
import type { Severity } from "../../model/diagnostic-registry.ts";

/** What a rule of the log is about; `docs` is the page below the root of Portside's own repository. */
export type SarifRule = { readonly code: string; readonly about: string; readonly severity: Severity };

/** What the log is about. `fileOf` gives the path from the root of the repository. */
export type SarifRequest = {
  readonly version: string;
  readonly findings: readonly CheckFinding[];
  readonly rules: ReadonlyMap<string, SarifRule>;
  readonly fileOf: (finding: CheckFinding) => string;
  readonly exitCode: number;
};

const LEVELS = { error: "error", warning: "warning", info: "note" } as const;

/**
 * A SARIF 2.1.0 log with one run: rules that have a result, results in file order. Help texts name the page relative to `docs/`;
 * `helpUri` must be absolute in SARIF, and where somebody's copy of the pages lies is not known here.
 */
export function sarifLog({ version, findings, rules, fileOf, exitCode }: SarifRequest): unknown {
  const pages = new Map(findings.map((finding) => [finding.code, finding.docs]));
  const codes = [...pages.keys()];
  const described = codes.map((code) => describeRule(code, rules.get(code), pages.get(code) ?? ""));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "portside", semanticVersion: version, rules: described } },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: exitCode !== 2, exitCode }],
        results: findings.map((finding) => ({
          ruleId: finding.code,
          ruleIndex: codes.indexOf(finding.code),
          level: LEVELS[finding.severity],
          message: { text: [finding.message, finding.hint].filter((text) => text !== "").join(" ") },
          locations: [{ physicalLocation: locationOf(finding, fileOf(finding)) }],
          ...(finding.platform === undefined ? {} : { properties: { tags: [finding.platform] } }),
        })),
      },
    ],
  };
}

function describeRule(code: string, rule: SarifRule | undefined, docs: string): unknown {
  const page = docs.replace(/^docs\//, "");
  return {
    id: code,
    ...(rule === undefined ? {} : { shortDescription: { text: rule.about } }),
    help: { text: `See ${page} in Portside's documentation.`, markdown: `See [${page}](${page}).` },
    ...(rule === undefined ? {} : { defaultConfiguration: { level: LEVELS[rule.severity] } }),
  };
}

function locationOf({ line, column }: CheckFinding, file: string): unknown {
  const uri = file.split("/").map(encodeURIComponent).join("/");
  return { artifactLocation: { uri, uriBaseId: "%SRCROOT%" }, region: { startLine: line, startColumn: column } };
}
