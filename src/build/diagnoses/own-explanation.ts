import type { Diagnosis } from "./diagnosis.ts";

const MARKED = /^\s*! ?(.*)$/;
const LINES_MAX = 6;

/** What a buildpack of ours says itself: its last lines, marked with `!`; the first is the cause, the rest is advice. */
export const ownExplanation: Diagnosis = {
  name: "the buildpack's own words",
  find({ lines }) {
    const marked: string[] = [];
    for (const line of lines.toReversed()) {
      const match = MARKED.exec(line);
      if (match === null || marked.length === LINES_MAX) break;
      marked.unshift((match[1] ?? "").trim());
    }
    const [cause, ...advice] = marked.filter((text) => text !== "");
    if (cause === undefined || advice.length === 0) return undefined;
    return { cause: cause.replace(/^./, (letter) => letter.toUpperCase()), advice: advice.join(" ") };
  },
};
