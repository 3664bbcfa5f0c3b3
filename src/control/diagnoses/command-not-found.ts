import { lastMatch, type Diagnosis } from "./diagnosis.ts";

const SAID = /(?:^|[\s'‘`"])([\w@./+-]+)['’"]?: (?:command not found|not found|No such file or directory)/;

/** Nobody knows the program that the command names. */
export const commandNotFound: Diagnosis = {
  id: "command-not-found",
  find: ({ exit, lines }) => {
    if (exit?.code !== 127) return undefined;
    const said = lastMatch(lines, SAID);
    const name = said?.match[1];
    return {
      problem:
        name === undefined ? "its command was not found (exit code 127)" : `the command \`${name}\` was not found`,
      advice:
        "Correct the command in the Procfile, or let the build install the program (a dependency of the app, or a buildpack).",
      ...(said === undefined ? {} : { seen: said.line }),
    };
  },
};
