import { checkPortability } from "../check-portability.ts";
import { PLATFORM_NAMES, type Platform } from "../platforms.ts";

/** Texts by path, as a test writes them. */
export type TestFiles = Readonly<Record<string, string>>;

/** What a platform says about these files: `PF001@2` for the Procfile, `AJ001@app.json:2` for others, in the order given. */
export function shownFindings(files: TestFiles, platform: Platform): string {
  return checkPortability(new Map(Object.entries(files)), platform)
    .map(({ code, file, line }) => `${code}@${file === "Procfile" ? "" : `${file}:`}${line}`)
    .join(" ");
}

/** The same for every platform that has something to say. */
export function findingsByPlatform(files: TestFiles): Readonly<Partial<Record<Platform, string>>> {
  const entries = PLATFORM_NAMES.map((platform) => [platform, shownFindings(files, platform)] as const);
  return Object.fromEntries(entries.filter(([, shown]) => shown !== ""));
}
