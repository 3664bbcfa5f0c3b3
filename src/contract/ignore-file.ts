import { compileGlob, type Glob } from "./glob-segment.ts";

/** One line of an ignore file. `segments` match a path below the file's directory; `"**"` stands for any number of directories. */
export type IgnoreRule = {
  readonly isNegated: boolean;
  readonly isDirectoryOnly: boolean;
  /** Compared with the last part of the path alone, at any depth. */
  readonly isBaseNameOnly: boolean;
  readonly segments: readonly (Glob | "**")[];
};

/** What a file's last matching rule says. */
export type IgnoreVerdict = "ignored" | "kept";

/**
 * Reads the lines of a `.gitignore`, `.slugignore` or `.portsideignore`, all with git's pattern language.
 * In file order; a pattern that can match nothing gives no rule. Never throws.
 */
export function parseIgnoreFile(raw: string): readonly IgnoreRule[] {
  const text = raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
  return text.split(/\r?\n/).flatMap((line) => parseLine(line) ?? []);
}

/**
 * What the rules say about a path, given as its segments below the ignore file's directory: the last match counts.
 * `undefined` when none matches. A directory that is ignored must not be entered: nothing inside it can come back.
 */
export function judgePath(
  rules: readonly IgnoreRule[],
  segments: readonly string[],
  isDirectory: boolean,
): IgnoreVerdict | undefined {
  const found = rules.findLast((rule) => (isDirectory || !rule.isDirectoryOnly) && matches(rule, segments));
  if (found === undefined) return undefined;
  return found.isNegated ? "kept" : "ignored";
}

function matches(rule: IgnoreRule, segments: readonly string[]): boolean {
  return matchesFrom(rule.segments, rule.isBaseNameOnly ? segments.slice(-1) : segments);
}

function parseLine(line: string): IgnoreRule | undefined {
  if (line.startsWith("#")) return undefined;
  const trimmed = dropTrailingSpaces(line);
  const isNegated = trimmed.startsWith("!");
  const parts = splitAtSlashes(isNegated ? trimmed.slice(1) : trimmed);
  const isDirectoryOnly = parts.length > 1 && parts.at(-1) === "";
  if (isDirectoryOnly) parts.pop();
  const isBaseNameOnly = parts.length === 1;
  if (parts.length > 1 && parts[0] === "") parts.shift();
  const segments = compileSegments(parts, isBaseNameOnly);
  return segments === undefined ? undefined : { isNegated, isDirectoryOnly, isBaseNameOnly, segments };
}

function compileSegments(parts: readonly string[], isBaseNameOnly: boolean): (Glob | "**")[] | undefined {
  const segments: (Glob | "**")[] = [];
  for (const [index, part] of parts.entries()) {
    const isAnyDepth = part === "**" && !isBaseNameOnly;
    if (isAnyDepth) segments.push("**");
    // A `/**` at the end stands for what is inside a directory, not for the directory.
    const glob = !isAnyDepth ? compileGlob(part) : index === parts.length - 1 ? compileGlob("*") : "none";
    if (glob === undefined) return undefined;
    if (glob !== "none") segments.push(glob);
  }
  return segments.length === 0 ? undefined : segments;
}

/** Spaces at the end of a line count only after a backslash. */
function dropTrailingSpaces(line: string): string {
  let end = 0;
  for (let index = 0; index < line.length; index += 1) {
    if (line[index] === " ") continue;
    if (line[index] === "\\") index += 1;
    end = Math.min(index + 1, line.length);
  }
  return line.slice(0, end);
}

/** An escaped slash is a slash; every other escape is left for the glob. */
function splitAtSlashes(pattern: string): string[] {
  const parts = [""];
  for (let index = 0; index < pattern.length; index += 1) {
    const isEscape = pattern[index] === "\\" && index + 1 < pattern.length;
    const unit =
      isEscape && pattern[index + 1] !== "/"
        ? pattern.slice(index, index + 2)
        : (pattern[index + (isEscape ? 1 : 0)] ?? "");
    if (isEscape) index += 1;
    if (unit === "/") parts.push("");
    else parts.push(`${parts.pop() ?? ""}${unit}`);
  }
  return parts;
}

/** Goes back to the last `**` only, so the work is at most the product of both lengths. */
function matchesFrom(pattern: readonly (Glob | "**")[], path: readonly string[]): boolean {
  let at = 0;
  let wanted = 0;
  let lastAnyDepth = -1;
  let resumeAt = 0;
  while (at < path.length) {
    const part = pattern[wanted];
    if (part === "**") {
      lastAnyDepth = wanted;
      resumeAt = at;
      wanted += 1;
    } else if (part !== undefined && part(path[at] ?? "")) {
      at += 1;
      wanted += 1;
    } else if (lastAnyDepth !== -1) {
      resumeAt += 1;
      at = resumeAt;
      wanted = lastAnyDepth + 1;
    } else return false;
  }
  return pattern.slice(wanted).every((part) => part === "**");
}
