import { firstMatch, type Diagnosis } from "./diagnosis.ts";

const NPM = /(?:Required|required): \{\s*"?(?:node|npm)"?:\s*['"]([^'"]+)['"]/;
const OTHERS = [
  /The engine "(?:node|npm|yarn|pnpm)" is incompatible with this module\. Expected version "([^"]+)"/,
  /ERR_PNPM_UNSUPPORTED_ENGINE\S*\s+(.*)/,
  /requires a different Python: .* not in '([^']+)'/,
  /EBADENGINE\b(.*)/,
];

/** A dependency, or the app, wants another version of its language. */
export const wrongEngine: Diagnosis = {
  name: "wrong engine",
  find({ lines }) {
    const isError = lines.some((line) => /npm (?:error|ERR!) code EBADENGINE/.test(line));
    const found = isError
      ? (firstMatch(lines, NPM) ?? firstMatch(lines, /npm (?:error|ERR!) code EBADENGINE/))
      : OTHERS.slice(0, 3).reduce<ReturnType<typeof firstMatch>>(
          (known, one) => known ?? firstMatch(lines, one),
          undefined,
        );
    if (found === undefined) return undefined;
    const wanted = found.groups[0]?.trim() ?? "";
    return {
      cause: `The version that runs is not the one that is asked for${wanted === "" ? "" : ` (${wanted})`}.`,
      advice:
        "Name a version that fits everything in `engines` of package.json (or .python-version), or update the dependency.",
      line: found.line,
    };
  },
};
