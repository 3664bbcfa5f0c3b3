import { visible } from "./text.ts";
import type { CheckFinding } from "../check/check-report.ts";

const LEVELS = { error: "error", warning: "warning", info: "notice" } as const;

/**
 * A finding as a workflow command, which GitHub shows beside the line: `::error file=…,line=…,col=…,title=…::…`.
 * `file` is the path from the root of the repository.
 */
export function githubCommand(finding: CheckFinding, file: string): string {
  const { severity, line, column, code, platform, message, hint } = finding;
  const title = platform === undefined ? code : `${code} (${platform})`;
  const places = { file, line: String(line), col: String(column), title };
  const properties = Object.entries(places).map(([name, value]) => `${name}=${escapeProperty(value)}`);
  const text = [visible(message), visible(hint), `See ${finding.docs}`].filter((part) => part !== "").join("\n");
  return `::${LEVELS[severity]} ${properties.join(",")}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(visible(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
