import { firstMatch, type Diagnosis } from "./diagnosis.ts";

const PROGRAM =
  /^(?:sh|\/bin\/sh|bash): (?:line )?\d+: ([@\w./-]+): (?:command )?not found$|^sh: ([@\w./-]+): not found$|ERR_PNPM_.*spawn ([\w-]+) ENOENT|error Command "([\w-]+)" not found/;
const MODULE =
  /Cannot find (?:module|package) '([^./'][^']*)'|Module not found: Error: Can't resolve '([^./'][^']*)'|ModuleNotFoundError: No module named '([\w.]+)'/;

/** A build script needs a program or package that was not installed: it stands in no list, or among those for development. */
export const missingBuildDependency: Diagnosis = {
  name: "missing build dependency in production mode",
  find({ lines }) {
    const found = firstMatch(lines, PROGRAM) ?? firstMatch(lines, MODULE);
    if (found === undefined) return undefined;
    const what = found.groups.find((group) => group !== "") ?? "a program";
    return {
      cause: `\`${what}\` is not installed where the build needs it.`,
      advice: `If it is a package, list it in the app's dependencies; if it is listed for development only, move it to \`dependencies\` or build with \`portside config:set NPM_CONFIG_PRODUCTION=false\`.`,
      line: found.line,
    };
  },
};
