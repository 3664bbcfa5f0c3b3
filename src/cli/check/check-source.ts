import { parse as parsePath } from "node:path/posix";
import { hasErrors, type Diagnostic } from "../../model/diagnostic.ts";
import type { Finding } from "../../portability/finding.ts";
import type { Platform } from "../../portability/platforms.ts";
import { countSeverities, type CheckFinding, type CheckReport, type PlatformSummary } from "./check-report.ts";
import { CONTRACT_FILES, readSourceTexts, type SourceTexts } from "./source-texts.ts";

/**
 * Reads what the check of these platforms looks at. Without a platform: what Portside itself has rules for.
 * E_FILE_UNREADABLE when there is no such folder.
 */
export async function readForCheck(folder: string, platforms: readonly Platform[]): Promise<SourceTexts> {
  if (platforms.length === 0) return readSourceTexts(folder, CONTRACT_FILES);
  const { PORTABILITY_FILES } = await import("../../portability/source-files.ts");
  const paths = [...new Set<string>([...CONTRACT_FILES, ...PORTABILITY_FILES])];
  const source = readSourceTexts(folder, paths);
  const dockerfile = await appPackDockerfile(source.texts.get("apppack.toml"));
  return dockerfile === undefined || paths.includes(dockerfile)
    ? source
    : readSourceTexts(folder, [...paths, dockerfile]);
}

/** `build.dockerfile` of apppack.toml, when it names a file inside the folder. */
async function appPackDockerfile(raw: string | undefined): Promise<string | undefined> {
  if (raw === undefined) return undefined;
  const { parseTomlDocument } = await import("../../contract/toml-document.ts");
  const document = parseTomlDocument(raw);
  if (!document.ok || document.root.kind !== "object") return undefined;
  const build = document.root.members.find((member) => member.key === "build")?.node;
  const path = build?.kind === "object" ? build.members.find((member) => member.key === "dockerfile")?.node : undefined;
  if (path?.kind !== "text" || path.value === "" || parsePath(path.value).root !== "") return undefined;
  return path.value.split("/").includes("..") ? undefined : path.value;
}

/** Portside's findings about all files, and what each platform would do differently. Never throws for what files hold. */
export async function checkSource(source: SourceTexts, platforms: readonly Platform[]): Promise<CheckReport> {
  const own = await contractFindings(source);
  const others = platforms.length === 0 ? [] : await platformFindings(source, platforms);
  return {
    texts: source.texts,
    findings: inFileOrder([...own, ...others], source),
    platforms: await summarize(platforms, others),
    isUnreadable: source.refusals.length > 0,
  };
}

async function contractFindings({ texts, refusals }: SourceTexts): Promise<readonly CheckFinding[]> {
  const found = await parseAll(texts);
  // A parser may have said the same about its line, with more knowledge (D72).
  const isTold = (refusal: Diagnostic): boolean =>
    found.some(({ severity, file, line }) => severity === "error" && file === refusal.file && line === refusal.line);
  const untold = refusals.filter((refusal) => !isTold(refusal));
  return [...untold, ...found].map((diagnostic) => ({ ...diagnostic, docs: "docs/reference/errors.md" }));
}

/** Each parser is loaded only for a file that is there. */
async function parseAll(texts: ReadonlyMap<string, string>): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  const procfile = texts.get("Procfile");
  let types: { readonly procfile?: readonly string[] } = {};
  if (procfile !== undefined) {
    const { parseProcfile } = await import("../../contract/procfile.ts");
    const { value, diagnostics } = parseProcfile(procfile);
    found.push(...diagnostics);
    // With errors in the Procfile nobody can say which types it lacks.
    if (!hasErrors(diagnostics)) types = { procfile: value.map((entry) => entry.name) };
  }
  const appJson = texts.get("app.json");
  if (appJson !== undefined) {
    const { parseAppJson } = await import("../../contract/app-json.ts");
    found.push(...parseAppJson(appJson, types).diagnostics);
  }
  for (const [path, load] of Object.entries(PARSERS)) {
    const raw = texts.get(path);
    if (raw !== undefined) found.push(...(await load())(raw));
  }
  return found;
}

type LoadedParser = (raw: string) => readonly Diagnostic[];
const PARSERS: Readonly<Record<string, () => Promise<LoadedParser>>> = {
  "project.toml": async () => {
    const { parseProjectToml } = await import("../../contract/project-toml.ts");
    return (raw) => parseProjectToml(raw).diagnostics;
  },
  ".aptible.yml": async () => {
    const { parseAptibleYml } = await import("../../contract/aptible-yml.ts");
    return (raw) => parseAptibleYml(raw).diagnostics;
  },
  ".env": async () => {
    const { parseDotenv } = await import("../../contract/dotenv.ts");
    return (raw) => parseDotenv(raw).diagnostics;
  },
};

async function platformFindings(source: SourceTexts, platforms: readonly Platform[]): Promise<readonly CheckFinding[]> {
  const { checkPortability } = await import("../../portability/check-portability.ts");
  return platforms
    .flatMap((platform) => checkPortability(source.texts, platform))
    .map((finding: Finding) => ({ ...finding, docs: `docs/reference/portability/${finding.code}.md` }));
}

async function summarize(
  platforms: readonly Platform[],
  findings: readonly CheckFinding[],
): Promise<readonly PlatformSummary[]> {
  if (platforms.length === 0) return [];
  const { PLATFORMS } = await import("../../portability/platforms.ts");
  return platforms.map((platform) => {
    const own = findings.filter((finding) => finding.platform === platform);
    const { errors, warnings, infos } = countSeverities(own);
    return { platform, title: PLATFORMS[platform].title, breaks: errors, differs: warnings, notes: infos };
  });
}

/** The order of reading, then line, then column; what stands at one place stays as it came. */
function inFileOrder(findings: readonly CheckFinding[], { texts, refusals }: SourceTexts): readonly CheckFinding[] {
  const paths = [...CONTRACT_FILES, ...texts.keys(), ...refusals.map((refusal) => refusal.file)];
  const rank = new Map([...new Set<string>(paths)].map((path, index) => [path, index]));
  const rankOf = ({ file }: CheckFinding): number => rank.get(file) ?? rank.size;
  return findings.toSorted((a, b) => rankOf(a) - rankOf(b) || a.line - b.line || a.column - b.column);
}
