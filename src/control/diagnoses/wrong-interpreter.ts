import { lastMatch, type Diagnosis } from "./diagnosis.ts";

/** A script's first line names a program that is not there. */
export const wrongInterpreter: Diagnosis = {
  id: "wrong-interpreter",
  find: ({ exit, lines, script }) => {
    if (exit?.code !== 126 && exit?.code !== 127) return undefined;
    const said = lastMatch(lines, /bad interpreter|required file not found|not found|No such file/);
    const [, named] = /^#!\s*(\S+(?:\s+\S+)?)/.exec(script?.firstLine ?? "") ?? [];
    const isNamed = script?.isExecutable === true && named !== undefined;
    if (said === undefined || !(isNamed || /bad interpreter|required file not found/.test(said.line))) return undefined;
    const file = script === undefined ? "a script" : `\`${script.path}\``;
    return {
      problem: `${file} asks for an interpreter that is not there${named === undefined ? "" : `: \`${named}\``}`,
      advice: "Correct its first line (`#!/usr/bin/env bash`), or install that program.",
      seen: said.line,
    };
  },
};
