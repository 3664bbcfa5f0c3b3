/** Whether a path relative to the app matches. */
export type PathMatch = (path: string) => boolean;

type Item = { readonly kind: "star" } | { readonly kind: "one"; readonly fits: (character: string) => boolean };

/**
 * Compiles a pattern by the rules of Go's `filepath.Match`, which slices use: `*` and `?` never match `/`, `[a-c]`, `[^a]`,
 * a backslash escapes, no `**`, no `[!a]`, and a `]` right after the `[` is an error. A match takes at most the product of
 * both lengths. `undefined` for a malformed pattern. cnb.md §8.3.
 */
export function compileGoMatch(pattern: string): PathMatch | undefined {
  const items = readItems(Array.from(pattern));
  return items === undefined ? undefined : (path) => matches(items, Array.from(path));
}

function readItems(characters: readonly string[]): Item[] | undefined {
  const items: Item[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") items.push({ kind: "star" });
    else if (character === "?") items.push({ kind: "one", fits: (found) => found !== "/" });
    else if (character === "[") {
      const set = readSet(characters, at + 1);
      if (set === undefined) return undefined;
      items.push({ kind: "one", fits: set.fits });
      at = set.end;
    } else {
      if (character === "\\") at += 1;
      const wanted = characters[at];
      if (wanted === undefined) return undefined;
      items.push({ kind: "one", fits: (found) => found === wanted });
    }
  }
  return items;
}

/** Reads a set from behind its `[`. */
function readSet(
  characters: readonly string[],
  start: number,
): { readonly fits: (character: string) => boolean; readonly end: number } | undefined {
  const isNegated = characters[start] === "^";
  const ranges: [from: string, to: string][] = [];
  let at = isNegated ? start + 1 : start;
  while (characters[at] !== "]" || ranges.length === 0) {
    const from = readMember(characters, at);
    if (from === undefined) return undefined;
    const to = characters[from.end + 1] === "-" ? readMember(characters, from.end + 2) : from;
    if (to === undefined) return undefined;
    ranges.push([from.character, to.character]);
    at = to.end + 1;
  }
  const fits = (found: string): boolean =>
    ranges.some(([from, to]) => code(from) <= code(found) && code(found) <= code(to)) !== isNegated;
  return { fits, end: at };
}

/** Go refuses a bare `-` or `]` as a member. */
function readMember(
  characters: readonly string[],
  at: number,
): { readonly character: string; readonly end: number } | undefined {
  const isEscaped = characters[at] === "\\";
  const character = characters[isEscaped ? at + 1 : at];
  if (character === undefined || (!isEscaped && (character === "-" || character === "]"))) return undefined;
  return { character, end: isEscaped ? at + 1 : at };
}

function code(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Goes back to the last star only; a star never passes a `/`, so a `/` behind it ends the going back. */
function matches(items: readonly Item[], path: readonly string[]): boolean {
  let at = 0;
  let wanted = 0;
  let back: { readonly item: number; readonly at: number } | undefined;
  while (at < path.length) {
    const item = items[wanted];
    const found = path[at] ?? "";
    if (item?.kind === "star") {
      wanted += 1;
      back = { item: wanted, at };
    } else if (item?.fits(found) === true) {
      at += 1;
      wanted += 1;
    } else if (back !== undefined && path[back.at] !== "/") {
      back = { item: back.item, at: back.at + 1 };
      at = back.at;
      wanted = back.item;
    } else return false;
  }
  return items.slice(wanted).every(({ kind }) => kind === "star");
}
