import { judgePath, parseIgnoreFile, type IgnoreRule, type IgnoreVerdict } from "./ignore-file.ts";

/** Read in every directory; the rules of a deeper one come later and so win. */
export const GIT_IGNORE = ".gitignore";

/** Read at the root only, after every `.gitignore`, in this order: the last one has the last word. */
const ROOT_IGNORES = [".slugignore", ".portsideignore"] as const;

/** All ignore files read so far at one place of the walk: `depth` is how many segments their directory has. */
export type Selection = {
  readonly rootRules: readonly (readonly IgnoreRule[])[];
  readonly gitRules: readonly { readonly depth: number; readonly rules: readonly IgnoreRule[] }[];
};

/** Nothing read yet. */
export const SELECT_ALL: Selection = { rootRules: [], gitRules: [] };

/** The ignore files that count in a directory; `isRoot` for the source's own. */
export function ignoreFileNames(isRoot: boolean): readonly string[] {
  return isRoot ? [GIT_IGNORE, ...ROOT_IGNORES] : [GIT_IGNORE];
}

/** The selection inside a directory, with its ignore files added. `texts` by name. */
export function enterDirectory(selection: Selection, depth: number, texts: ReadonlyMap<string, string>): Selection {
  if (texts.size === 0) return selection;
  const git = texts.get(GIT_IGNORE);
  const rootTexts = depth === 0 ? ROOT_IGNORES.flatMap((name) => texts.get(name) ?? []) : [];
  return {
    rootRules: [...selection.rootRules, ...rootTexts.map(parseIgnoreFile)],
    gitRules: git === undefined ? selection.gitRules : [...selection.gitRules, { depth, rules: parseIgnoreFile(git) }],
  };
}

/** `hasPackageJson`: whether one lies beside the entry. */
export type Candidate = {
  readonly segments: readonly string[];
  readonly isDirectory: boolean;
  readonly hasPackageJson: boolean;
};

/**
 * Whether an entry is no part of the source. No ignore file can bring back `.git`, `.portside`, and `node_modules` beside a
 * package.json (the build makes those); `.env` is left out only where an ignore file says so.
 */
export function isLeftOut(selection: Selection, candidate: Candidate): boolean {
  const name = candidate.segments.at(-1) ?? "";
  if (name === ".git" || name === ".portside") return true;
  if (name === "node_modules" && candidate.hasPackageJson) return true;
  return verdict(selection, candidate) === "ignored";
}

function verdict(selection: Selection, { segments, isDirectory }: Candidate): IgnoreVerdict | undefined {
  for (const rules of selection.rootRules.toReversed()) {
    const said = judgePath(rules, segments, isDirectory);
    if (said !== undefined) return said;
  }
  for (const { depth, rules } of selection.gitRules.toReversed()) {
    const said = judgePath(rules, segments.slice(depth), isDirectory);
    if (said !== undefined) return said;
  }
  return undefined;
}
