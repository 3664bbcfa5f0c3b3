import { PLATFORM_NAMES, PLATFORMS } from "../src/portability/platforms.ts";
import { checkPortability } from "../src/portability/check-portability.ts";
import type { ExampleFiles, Rule } from "../src/portability/rule.ts";
import { RULES } from "../src/portability/rules.ts";

const GENERATED = "<!-- Generated from src/portability/rules by tools/generate-portability-docs.ts -->";

const FAMILIES: readonly (readonly [prefix: string, title: string])[] = [
  ["PF", "Procfile"],
  ["AJ", "app.json"],
  ["DF", "Dockerfile"],
  ["RT", "While the app runs"],
  ["FS", "Files side by side"],
];

/** The pages of docs/reference/portability, by file name: one a rule, and the index. */
export function portabilityPages(): ReadonlyMap<string, string> {
  return new Map([["README.md", indexPage()], ...RULES.map((rule) => [`${rule.code}.md`, rulePage(rule)] as const)]);
}

function indexPage(): string {
  const titles = PLATFORM_NAMES.map((name) => `| \`${name}\` | ${PLATFORMS[name].about} |`);
  return [
    GENERATED,
    "",
    "# Portability rules",
    "",
    "`portside check --for PLATFORM` tells what another platform would do with the same files. `error`: it does not work there. `warning`: it",
    "works differently. `info`: good to know. An app that runs the same everywhere gives nothing.",
    "",
    "| platform | is |",
    "|---|---|",
    ...titles,
    ...FAMILIES.flatMap(([prefix, title]) => familyTable(prefix, title)),
    "",
    "E error · W warning · I info · – never reported there.",
    "",
  ].join("\n");
}

function familyTable(prefix: string, title: string): readonly string[] {
  const rows = RULES.filter(({ code }) => code.startsWith(prefix)).map((rule) => {
    const marks = PLATFORM_NAMES.map((name) => rule.severity[name]?.slice(0, 1).toUpperCase() ?? "–");
    return `| [${rule.code}](${rule.code}.md) | ${rule.title} | ${marks.join(" | ")} |`;
  });
  return [
    "",
    `## ${title}`,
    "",
    `| rule | about | ${PLATFORM_NAMES.join(" | ")} |`,
    `|---|---|${PLATFORM_NAMES.map(() => "---|").join("")}`,
    ...rows,
  ];
}

function rulePage(rule: Rule): string {
  const severities = PLATFORM_NAMES.flatMap((name) => {
    const severity = rule.severity[name];
    return severity === undefined ? [] : [`| \`${name}\` | ${severity} |`];
  });
  return [
    GENERATED,
    "",
    `# ${rule.code}: ${rule.title}`,
    "",
    "| platform | severity |",
    "|---|---|",
    ...severities,
    "",
    "## Why",
    "",
    rule.why,
    "",
    "## What to do",
    "",
    rule.fix,
    "",
    ...examplePart(rule),
    "[All rules](README.md)",
    "",
  ].join("\n");
}

function examplePart({ code, check }: Rule): readonly string[] {
  if (check.from === "elsewhere")
    return ["## When it is found", "", `Never from files alone: it needs ${check.needs}.`, ""];
  const { platform, files, fixed } = check.example;
  const findings = checkPortability(new Map(Object.entries(files)), platform).filter(
    (finding) => finding.code === code,
  );
  const shown = findings.flatMap(({ file, line, column, severity, message, hint }) => [
    `${file}:${line}:${column} ${severity} ${code}: ${message}`,
    `  ${hint}`,
  ]);
  return [
    "## Example",
    "",
    ...fileBlocks(files),
    `\`portside check --for ${platform}\` says:`,
    "",
    "```text",
    ...shown,
    "```",
    "",
    "Mended:",
    "",
    ...fileBlocks(fixed),
  ];
}

const LANGUAGES: Readonly<Record<string, string>> = { json: "json", toml: "toml", yml: "yaml" };

function fileBlocks(files: ExampleFiles): readonly string[] {
  return Object.entries(files).flatMap(([path, text]) => {
    const ending = path.split(".").at(-1) ?? "";
    const language = path === "Dockerfile" ? "dockerfile" : (LANGUAGES[ending] ?? "text");
    return [`\`${path}\``, "", `\`\`\`${language}`, text.trimEnd(), "```", ""];
  });
}
