import { hasFailedByItself, type Diagnosis } from "./diagnosis.ts";

const SAID = /\bEADDRINUSE\b|address already in use|port (?:\d+ )?(?:is )?already in use/i;

/** It wanted a port that somebody else has: mostly a fixed one instead of its own. */
export const portInUse: Diagnosis = {
  id: "port-in-use",
  find: (evidence) => {
    const said = evidence.lines.filter((line) => SAID.test(line));
    const [first] = said;
    if (first === undefined || !hasFailedByItself(evidence)) return undefined;
    // Of several lines about it not every one names the port.
    const named = said.find((line) => portIn(line) !== undefined) ?? first;
    return {
      problem: `${portIn(named) ?? "the port it wanted"} is in use already`,
      advice:
        "Listen on the port that the environment variable PORT names, once: it is the app's own, and no other is.",
      seen: named,
    };
  },
};

function portIn(line: string): string | undefined {
  const [, port] = /(?:[:\s(]|port )(\d{2,5})\)?(?:\D|$)/i.exec(line.replace(/\[Errno \d+\]/, "")) ?? [];
  return port === undefined ? undefined : `port ${port}`;
}
