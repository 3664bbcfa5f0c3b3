import { firstMatch, type Diagnosis } from "./diagnosis.ts";

const MISSING = [
  /Cannot find module '(\/[^']+)' imported from/,
  /Could not (?:load|resolve) "?(\/[^\s"(]+)"?/,
  /ENOENT: no such file or directory, open '(\/[^']+)'/,
  /Can't resolve '(\.{1,2}\/[^']+)' in '(\/[^']+)'/,
  /Could not resolve "(\.{1,2}\/[^"]+)" from "([^"]+)"/,
  /Cannot find module '(\.{1,2}\/[^']+)'/,
];
const REQUIRED_BY = /^- (\/.+)$/;

/** A file is imported by a name that differs in case from the real one: fine on macOS and Windows, not on Linux. */
export const caseSensitiveImport: Diagnosis = {
  name: "case-sensitive import",
  find({ lines, findOtherCase }) {
    for (const pattern of MISSING) {
      const found = firstMatch(lines, pattern);
      if (found === undefined) continue;
      const [name = "", from = firstMatch(lines, REQUIRED_BY)?.groups[0] ?? ""] = found.groups;
      const path = name.startsWith("/") ? name : `${directoryOf(from)}/${name}`;
      const real = findOtherCase(path);
      if (real === undefined) continue;
      return {
        cause: `\`${name}\` is imported, but the file is called \`${real}\`: on Linux upper and lower case differ.`,
        advice: "Write the import as the file is called (after a rename: `git mv`), and commit it.",
        line: found.line,
      };
    }
    return undefined;
  },
};

/** `in '/app/src'` names a directory, `from "src/a.js"` and a require stack name a file. */
function directoryOf(from: string): string {
  return /\.\w+$/.test(from) ? from.replace(/\/[^/]*$/, "") : from;
}
