import { lastMatch, type Diagnosis } from "./diagnosis.ts";

const SAID =
  /JavaScript heap out of memory|java\.lang\.OutOfMemoryError|\bMemoryError\b|NoMemoryError|std::bad_alloc|Cannot allocate memory|runtime: out of memory|Allowed memory size of \d+ bytes exhausted/;

/** The kernel, a limit or the language's own heap ended it for lack of memory. */
export const outOfMemory: Diagnosis = {
  id: "out-of-memory",
  find: ({ exit, lines }) => {
    if (exit === undefined) return undefined;
    const said = lastMatch(lines, SAID);
    if (exit.outOfMemory !== true && said === undefined) return undefined;
    return {
      problem: "it ran out of memory",
      advice: "Give it more memory, start fewer workers or threads, or look for what grows.",
      ...(said === undefined ? {} : { seen: said.line }),
    };
  },
};
