/** A link of a source: its path and its target, both with `/`. */
export type SourceLink = { readonly path: string; readonly target: string };

// Linux gives up after as many.
const HOPS_MAX = 40;

/**
 * The link that points outside its tree: by an absolute target or its own `..`, else by what it leads through.
 * Looks at the links alone, never at a disk. A link to nothing, or in a circle, stays inside. Of several the first.
 */
export function findEscapingLink(links: readonly SourceLink[]): SourceLink | undefined {
  const targets = new Map(links.map((link) => [link.path, link.target]));
  return links.find(leavesByText) ?? links.find((link) => leavesThroughLinks(link, targets));
}

function leavesByText(link: SourceLink): boolean {
  if (link.target.startsWith("/")) return true;
  const parts = [...link.path.split("/").slice(0, -1), ...link.target.split("/")];
  let depth = 0;
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    depth += part === ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

/** Walks as the kernel does: `..` is the parent of where a link led, not of where it stands. */
function leavesThroughLinks(link: SourceLink, targets: ReadonlyMap<string, string>): boolean {
  const todo = link.path.split("/");
  const reached: string[] = [];
  let hops = 0;
  for (let part = todo.shift(); part !== undefined; part = todo.shift()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (reached.pop() === undefined) return true;
      continue;
    }
    const target = targets.get([...reached, part].join("/"));
    if (target === undefined) {
      reached.push(part);
      continue;
    }
    hops += 1;
    if (hops > HOPS_MAX) return false;
    if (target.startsWith("/")) return true;
    todo.unshift(...target.split("/"));
  }
  return false;
}
