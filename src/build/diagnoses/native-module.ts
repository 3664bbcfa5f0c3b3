import { firstMatch, type Diagnosis } from "./diagnosis.ts";

const MISSING = [
  [/gyp ERR! stack Error: not found: (make)/, "make"],
  [/(?:\/bin\/sh: \d+: |sh: \d+: |: )(g\+\+|gcc|cc|c\+\+|make|cmake): (?:command )?not found/, undefined],
  [/make: (g\+\+|gcc|cc|c\+\+): No such file or directory/, undefined],
  [/error: command '([\w+./-]*(?:gcc|cc|g\+\+))' failed: No such file or directory/, undefined],
  [/(?:unable to execute|error: command) '?([\w-]*gcc)'?: No such file/, undefined],
  [/gyp ERR! find Python|Could not find any Python installation to use/, "Python 3"],
  [/Microsoft Visual C\+\+ .* is required|fatal error: (Python\.h): No such file/, "Python's headers (python3-dev)"],
  [/fatal error: ([\w/.-]+\.h): No such file or directory/, undefined],
] as const;

/** A package with native code had to be compiled, and this machine has not what that takes. */
export const nativeModule: Diagnosis = {
  name: "native module without compiler",
  find({ lines }) {
    for (const [pattern, known] of MISSING) {
      const found = firstMatch(lines, pattern);
      if (found === undefined) continue;
      const what = known ?? found.groups.find((group) => group !== "") ?? "a compiler";
      return {
        cause: `A dependency has to be compiled, and ${what} is not here.`,
        advice:
          "Install a compiler on this machine (Debian: `apt install build-essential python3`), or use a version of the package that is ready built.",
        line: found.line,
      };
    }
    return undefined;
  },
};
