/** What is known about a failed build. */
export type BuildEvidence = {
  /** The last lines of its output, some hundreds, without what says which buildpack said them. */
  readonly lines: readonly string[];
  /** Processes the kernel killed for want of memory. */
  readonly oomKillCount: number;
  /** What the build's processes could hold together, in words. */
  readonly memoryLimit: string;
  /** A file of the app whose path differs from this absolute one in upper and lower case alone; relative to the app. */
  readonly findOtherCase: (path: string) => string | undefined;
};

/** What was found: the cause in one sentence, what to do in another, and the line that told it. */
export type Finding = { readonly cause: string; readonly advice: string; readonly line?: string };

/** One common cause of a failed build. `find` gives nothing when it is not this one. */
export type Diagnosis = { readonly name: string; readonly find: (evidence: BuildEvidence) => Finding | undefined };

/** The first line that fits, with what the pattern caught. */
export function firstMatch(
  lines: readonly string[],
  pattern: RegExp,
): { readonly line: string; readonly groups: readonly string[] } | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) return { line, groups: match.slice(1).map((group) => group ?? "") };
  }
  return undefined;
}
