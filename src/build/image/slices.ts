import { posix } from "node:path";
import { compileGoMatch, type PathMatch } from "./go-match.ts";
import { ImageError } from "./image-error.ts";
import { fromBinary, type LayerEntry } from "./layer-entries.ts";

/** A part of the app in a layer of its own, as a buildpack asked for it. */
export type Slice = { readonly paths: readonly string[] };

/**
 * Distributes the app's entries (the app's directory first, sorted) over the slices, in order; last comes what no slice took.
 * A list has the parents of what it holds, up to the app's directory; one that took nothing is empty. A matched directory
 * takes all it holds, an earlier slice wins, links are taken and never followed, nothing outside of the app can be taken.
 * Throws `ImageError` for a malformed pattern. cnb.md §8.3.
 */
export function sliceApp(app: readonly LayerEntry[], slices: readonly Slice[]): readonly (readonly LayerEntry[])[] {
  const root = app[0]?.name ?? "";
  const taken = new Set<string>();
  const parts = slices.map(({ paths }) => {
    const fresh = matchSlice(app, { root, paths, taken });
    for (const name of fresh) taken.add(name);
    return withParents(app, fresh, root);
  });
  markEmptied(app, taken);
  return [...parts, app.filter(({ name }) => !taken.has(name))];
}

function matchSlice(
  app: readonly LayerEntry[],
  slice: { readonly root: string; readonly paths: readonly string[]; readonly taken: ReadonlySet<string> },
): Set<string> {
  const matches = slice.paths.map((pattern) => compilePattern(pattern, fromBinary(slice.root)));
  const matched = new Set<string>();
  for (const { name } of app) {
    // Parents come before what they hold.
    if (matched.has(posix.dirname(name)) || matches.some((match) => match(fromBinary(name)))) matched.add(name);
  }
  return new Set([...matched].filter((name) => !slice.taken.has(name)));
}

/**
 * A pattern is joined to the app's directory and cleaned, as Go does, before it is compared: `../workspace/x` is inside. One that
 * stays outside matches nothing, not even the app's directory itself.
 */
function compilePattern(pattern: string, root: string): PathMatch {
  const whole = posix.join(root, pattern).replace(/(?<=.)\/$/, "");
  const isInside = whole === root || whole.startsWith(`${root}/`);
  const match = compileGoMatch(isInside ? whole.slice(root.length) : whole);
  if (match === undefined) throw new ImageError(`the slice path \`${pattern}\` is not a pattern`);
  return (path) => isInside && match(path.slice(root.length));
}

function withParents(app: readonly LayerEntry[], fresh: ReadonlySet<string>, root: string): LayerEntry[] {
  const wanted = new Set(fresh);
  for (const name of fresh) {
    for (let up = name; up !== root && up.length > root.length;) wanted.add((up = posix.dirname(up)));
  }
  return app.filter(({ name }) => wanted.has(name));
}

/** A directory whose content the slices took whole is not left over, unless it was empty from the start. */
function markEmptied(app: readonly LayerEntry[], taken: Set<string>): void {
  const left = new Map<string, { total: number; taken: number }>();
  // Children come after their parents, so backwards each directory is judged when all it holds was.
  for (const { name, kind } of app.toReversed()) {
    const own = left.get(name);
    if (kind === "directory" && own !== undefined && own.total === own.taken) taken.add(name);
    const parent = posix.dirname(name);
    const count = left.get(parent) ?? { total: 0, taken: 0 };
    left.set(parent, { total: count.total + 1, taken: count.taken + (taken.has(name) ? 1 : 0) });
  }
}
