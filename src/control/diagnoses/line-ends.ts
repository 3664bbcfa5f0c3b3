import { lastMatch, type Diagnosis } from "./diagnosis.ts";

/** A script was saved with Windows line ends: the carriage return becomes part of the interpreter's name. */
export const lineEnds: Diagnosis = {
  id: "line-ends",
  find: ({ exit, lines, script }) => {
    if (exit === undefined) return undefined;
    const said = lastMatch(lines, /\\r'?|\r|\^M|\$'\\r'/);
    const isCarried = script !== undefined && /^#!.*\r$/.test(script.firstLine);
    if (!isCarried && !(said !== undefined && /not found|No such file|bad interpreter|required file/.test(said.line)))
      return undefined;
    return {
      problem: `${script === undefined ? "a script" : `\`${script.path}\``} has Windows line ends (CRLF)`,
      advice:
        "Save it with LF line ends (`sed -i 's/\\r$//' FILE`), and keep git from changing them with `* text eol=lf` in .gitattributes.",
      ...(said === undefined ? {} : { seen: said.line }),
    };
  },
};
