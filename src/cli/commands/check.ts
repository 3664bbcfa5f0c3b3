import type { FixedFile } from "../../contract/fix/fix-plan.ts";
import { countSeverities, exitOf, type CheckReport } from "../check/check-report.ts";
import { readCheckRequest, type CheckRequest } from "../check/check-request.ts";
import { checkSource, readForCheck } from "../check/check-source.ts";
import type { SourceTexts } from "../check/source-texts.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { checkLines } from "../output/check-lines.ts";
import { safeJsonDocument, visibleLine } from "../output/text.ts";

/** What `--fix` came to. `links`: files left alone because they are links. */
type FixOutcome = { readonly files: readonly FixedFile[]; readonly links: readonly string[] };

/** `portside check`: needs no server. Exit 1 on errors, 2 when a file could not be read. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const request = await readCheckRequest(context, input);
  const source = await readForCheck(request.folder, request.platforms);
  const fixed = request.fix === "no" ? undefined : await fixFiles(request, source);
  const report = await checkSource(request.fix === "apply" ? withFixes(source, fixed) : source, request.platforms);
  const exit = exitOf(report, request.isStrict);
  if (fixed !== undefined && request.format === "lines") await showFixes(context, request, fixed);
  await show(context, request, { report, fixed, exit });
  return exit;
}

/** A file with NUL is none that anybody wrote on purpose: it is left alone. */
async function fixFiles(request: CheckRequest, source: SourceTexts): Promise<FixOutcome> {
  const [{ planFixes }, { splitLinks, writeFixed }] = await Promise.all([
    import("../../contract/fix/fix-plan.ts"),
    import("../check/apply-fixes.ts"),
  ]);
  const broken = new Set(source.refusals.map((refusal) => refusal.file));
  const texts = [...source.texts].filter(([path]) => !broken.has(path));
  const outcome = splitLinks(request.folder, planFixes(new Map(texts)));
  if (request.fix === "apply") writeFixed(request.folder, outcome.files);
  return outcome;
}

function withFixes(source: SourceTexts, fixed: FixOutcome | undefined): SourceTexts {
  const after = (fixed?.files ?? []).map((file) => [file.path, file.after] as const);
  return { ...source, texts: new Map([...source.texts, ...after]) };
}

async function showFixes(
  { screen }: CommandContext,
  request: CheckRequest,
  { files, links }: FixOutcome,
): Promise<void> {
  const { unifiedDiff } = await import("../output/unified-diff.ts");
  const { style } = screen;
  const paint = { "+": style.green, "-": style.red, "@": style.cyan };
  for (const { path, before, after } of files) {
    for (const line of unifiedDiff(request.uriOf(path), before, after)) {
      const sign = line[0];
      const shown = visibleLine(line);
      screen.line(sign === "+" || sign === "-" || sign === "@" ? paint[sign](shown) : shown);
    }
  }
  for (const link of links) screen.line(`${request.pathOf(link)} is a link, so it was left as it is.`);
  const count = files.reduce((sum, file) => sum + file.fixes.length, 0);
  const what = `${count} ${count === 1 ? "place" : "places"}`;
  if (count === 0) screen.line("Nothing to fix that is certain.", "");
  else if (request.fix === "show") screen.line("", `${what} would be fixed; nothing was written.`, "");
  else screen.line("", `${style.green("✓")} fixed ${what}.`, "");
}

type Result = { readonly report: CheckReport; readonly fixed: FixOutcome | undefined; readonly exit: number };

async function show(context: CommandContext, request: CheckRequest, { report, fixed, exit }: Result): Promise<void> {
  const { screen } = context;
  const canvas = { style: screen.style, columns: screen.columns };
  switch (request.format) {
    case "lines":
      return screen.line(...checkLines({ canvas, pathOf: request.pathOf }, report));
    case "json":
      return screen.result(jsonReport(request, report, fixed), () => []);
    case "github":
      return showGithub(context, request, report);
    case "sarif":
      return screen.raw(`${safeJsonDocument(await sarifReport(request, report, exit))}\n`);
  }
}

function jsonReport({ fix }: CheckRequest, report: CheckReport, fixed: FixOutcome | undefined): unknown {
  return {
    files: [...report.texts.keys()],
    diagnostics: report.findings,
    platforms: report.platforms,
    summary: countSeverities(report.findings),
    ...(fixed === undefined
      ? {}
      : { fixes: fixed.files.map(({ path, fixes }) => ({ path, fixes })), applied: fix === "apply" }),
  };
}

async function showGithub({ screen }: CommandContext, request: CheckRequest, report: CheckReport): Promise<void> {
  const { githubCommand } = await import("../output/github-commands.ts");
  screen.line(...report.findings.map((finding) => githubCommand(finding, request.uriOf(finding.file))));
}

async function sarifReport(request: CheckRequest, report: CheckReport, exitCode: number): Promise<unknown> {
  const [{ sarifLog }, { describeRules }, { readVersion }] = await Promise.all([
    import("../output/sarif.ts"),
    import("../check/rule-descriptions.ts"),
    import("../version.ts"),
  ]);
  const { findings } = report;
  const rules = await describeRules(findings);
  return sarifLog({ version: readVersion(), findings, rules, fileOf: ({ file }) => request.uriOf(file), exitCode });
}
