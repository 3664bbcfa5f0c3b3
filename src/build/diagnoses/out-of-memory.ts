import { firstMatch, type Diagnosis } from "./diagnosis.ts";

// V8's own words; a shell's about a killed child; npm's and make's about one that ended so.
const HEAP = /JavaScript heap out of memory|Allocation failed - process out of memory/;
const KILLED =
  /^(?:.*: )?Killed$|\bsignal: (?:9|killed)|code 137\b|Error 137\b|SIGKILL|^MemoryError\b|virtual memory exhausted|c\+\+: fatal error: Killed/;

/** The kernel killed something, or a program says that it ran out. */
export const outOfMemory: Diagnosis = {
  name: "out of memory",
  find({ lines, oomKillCount, memoryLimit }) {
    const heap = firstMatch(lines, HEAP);
    if (heap !== undefined && oomKillCount === 0)
      return {
        cause: "Node ran out of the heap it allows itself.",
        advice:
          "Raise it with `portside config:set NODE_OPTIONS=--max-old-space-size=2048`, below what builds may hold.",
        line: heap.line,
      };
    if (oomKillCount === 0) return undefined;
    const line = firstMatch(lines, KILLED)?.line;
    return {
      cause: `The build ran out of memory: it may hold ${memoryLimit}.`,
      advice: "Give builds more with PORTSIDE_BUILD_MEMORY, or let it use less (fewer parallel jobs).",
      ...(line === undefined ? {} : { line }),
    };
  },
};

/** As far as words can tell: something was killed, and this machine does not count whom. */
export const perhapsOutOfMemory: Diagnosis = {
  name: "perhaps out of memory",
  find({ lines, oomKillCount }) {
    const killed = firstMatch(lines, KILLED);
    if (killed === undefined || oomKillCount > 0) return undefined;
    return {
      cause: "A program of the build was killed, which mostly means that memory ran out.",
      advice: "Look at the machine's free memory, and give the build more or let it use less.",
      line: killed.line,
    };
  },
};
