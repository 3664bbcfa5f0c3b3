import { DIAGNOSTICS } from "../src/model/diagnostic-registry.ts";
import { ERRORS } from "../src/model/error-registry.ts";

/** The text of docs/reference/errors.md: every code Portside can end an operation with or report about a file. */
export function errorsPage(): string {
  const errors = Object.entries(ERRORS).map(([code, { status, exit, text, hint }]) =>
    row([`\`${code}\``, status, exit, text, hint]),
  );
  const findings = Object.entries(DIAGNOSTICS).map(([code, { severity, about }]) =>
    row([`\`${code}\``, severity, about]),
  );
  return [
    "<!-- Generated from src/model/error-registry.ts and src/model/diagnostic-registry.ts by tools/generate-error-docs.ts -->",
    "",
    "# Errors and findings",
    "",
    "A code keeps its meaning for ever. `{…}` stands for what is filled in.",
    "",
    "## Errors",
    "What stops an operation, a request or a command. API answers carry the HTTP status and the code (`application/problem+json`);",
    "a command ends with the exit status.",
    "",
    "| code | HTTP | exit | what it says | what to do |",
    "|---|---|---|---|---|",
    ...errors,
    "",
    "## Findings in an app's files",
    "Reported with file, line and column before anything is built. An `error` stops the deploy, a `warning` does not.",
    "",
    "| code | severity | about |",
    "|---|---|---|",
    ...findings,
    "",
  ].join("\n");
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}
