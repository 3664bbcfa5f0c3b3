import { hasFailedByItself, lastMatch, type Diagnosis } from "./diagnosis.ts";

const SAID =
  /\bnot a (?:tty|terminal)\b|inappropriate ioctl for device|requires? (?:an? )?(?:interactive )?(?:tty|terminal)|no (?:controlling )?(?:tty|terminal)|setRawMode is not a function|must be run (?:in|from) a terminal|TERM environment variable not set/i;

/** It wants to talk to somebody at a terminal; a service has none. */
export const needsTty: Diagnosis = {
  id: "needs-tty",
  find: (evidence) => {
    const said = lastMatch(evidence.lines, SAID);
    if (said === undefined || !hasFailedByItself(evidence)) return undefined;
    return {
      problem: "it needs a terminal, and services have none",
      advice:
        "Start it without its interactive mode (often a flag like `--no-interactive` or `--yes`, or the variable CI=1).",
      seen: said.line,
    };
  },
};
