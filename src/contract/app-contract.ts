import { isUtf8 } from "node:buffer";
import { lstat, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../lib/files.ts";
import type { AppContract } from "../model/app-contract.ts";
import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import { hasErrors, type Diagnostic, type Parsed } from "../model/diagnostic.ts";
import { parseAppJson } from "./app-json.ts";
import { diagnose } from "./diagnose.ts";
import { parseProcfile } from "./procfile.ts";

const FILE_BYTES_MAX = 1_048_576;

/** `undefined` when there is no such file; a diagnostic when it cannot be read as text. */
type FileReading =
  | { readonly text: string | undefined; readonly diagnostic?: undefined }
  | { readonly text?: undefined; readonly diagnostic: Diagnostic };

/**
 * Reads what a source says about itself: `Procfile`, `app.json`, `project.toml` and `.aptible.yml` at its root, none of which is
 * required. Findings in the order of these files. Never throws for what the files hold or are. Contract §1.
 */
export async function readAppContract(directory: string): Promise<Parsed<AppContract>> {
  const [procfileReading, appJsonReading, projectTomlReading, aptibleReading] = await Promise.all([
    readContractFile(directory, "Procfile", "PROC_INVALID_LINE"),
    readContractFile(directory, "app.json", "APP_SYNTAX"),
    readContractFile(directory, "project.toml", "PROJ_SYNTAX"),
    readContractFile(directory, ".aptible.yml", "APT_SYNTAX"),
  ]);
  const procfile = parseReading(procfileReading, (raw) => parseProcfile(raw), []);
  // A type whose line is wrong is known all the same: with errors in the Procfile nobody can say what it lacks (D72).
  const isKnown = procfileReading.text !== undefined && !hasErrors(procfile.diagnostics);
  const types = isKnown ? { procfile: procfile.value.map((entry) => entry.name) } : {};
  const appJson = parseReading(appJsonReading, (raw) => parseAppJson(raw, types), {});
  const projectToml = await parseRareReading(projectTomlReading, async (raw) =>
    (await import("./project-toml.ts")).parseProjectToml(raw),
  );
  const aptible = await parseRareReading(aptibleReading, async (raw) =>
    (await import("./aptible-yml.ts")).parseAptibleYml(raw),
  );
  const hasProcfile = procfileReading.diagnostic !== undefined || procfileReading.text !== undefined;
  return {
    value: {
      procfile: procfile.value,
      hasProcfile,
      appJson: appJson.value,
      ...(projectToml.value === undefined ? {} : { projectToml: projectToml.value }),
      ...(aptible.value === undefined ? {} : { aptible: aptible.value }),
    },
    diagnostics: [procfile, appJson, projectToml, aptible].flatMap((parsed) => parsed.diagnostics),
  };
}

function parseReading<T>(reading: FileReading, parse: (raw: string) => Parsed<T>, absent: T): Parsed<T> {
  if (reading.diagnostic !== undefined) return { value: absent, diagnostics: [reading.diagnostic] };
  return reading.text === undefined ? { value: absent, diagnostics: [] } : parse(reading.text);
}

/** Most apps have neither file, and their parsers take tens of milliseconds to load. */
async function parseRareReading<T>(
  reading: FileReading,
  parse: (raw: string) => Promise<Parsed<T>>,
): Promise<Parsed<T | undefined>> {
  if (reading.diagnostic !== undefined) return { value: undefined, diagnostics: [reading.diagnostic] };
  return reading.text === undefined ? { value: undefined, diagnostics: [] } : await parse(reading.text);
}

async function readContractFile(directory: string, file: string, code: DiagnosticCode): Promise<FileReading> {
  const path = join(directory, file);
  const refuse = (message: string, hint: string, line = 1): FileReading => ({
    diagnostic: diagnose({ code, file, line, column: 1, message, hint }),
  });
  try {
    const status = await stat(path);
    if (status.isDirectory()) return refuse(`\`${file}\` is a folder, but must be a file.`, "Rename the folder.");
    if (!status.isFile()) return refuse(`\`${file}\` is no regular file.`, "Replace it by a file.");
    if (status.size > FILE_BYTES_MAX) return refuse(`\`${file}\` is larger than 1 MiB.`, "Make it shorter.");
    const bytes = await readFile(path);
    if (!isUtf8(bytes))
      return refuse(`\`${file}\` is not UTF-8 text.`, "Save the file as UTF-8.", firstBrokenLine(bytes));
    return { text: bytes.toString("utf8") };
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR"))
      return refuse(`\`${file}\` cannot be read${systemCode(error)}.`, "Check the file and its permissions.");
    return (await isLink(path))
      ? refuse(`\`${file}\` is a link to nothing.`, "Replace it by a file.")
      : { text: undefined };
  }
}

/** No byte of a longer UTF-8 sequence is a line feed, so each line can be judged alone. */
function firstBrokenLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0, end = bytes.indexOf(10); end !== -1; start = end + 1, end = bytes.indexOf(10, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return line;
    line += 1;
  }
  return line;
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
}
