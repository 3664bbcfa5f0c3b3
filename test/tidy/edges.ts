import { posix } from "node:path";
import type { ScannedFile } from "./scan.ts";
import type { Finding } from "./finding.ts";

/**
 * Who may import whom: ARCHITECTURE.md as data. A right-hand side is a room, or one file; `types:` in front allows
 * `import type` alone. `model` and `lib` are open to every room of src but `lib` itself, and a room to its own files.
 */
const EDGES: Readonly<Record<string, readonly string[] | "everything">> = {
  lib: [],
  model: [],
  contract: [],
  portability: ["contract"],
  build: ["contract"],
  engines: [],
  "engines/*": ["src/engines/engine.ts"],
  edge: [],
  control: ["contract", "types:build", "types:src/engines/engine.ts"],
  wire: [],
  api: ["control", "wire"],
  git: ["control"],
  cli: ["contract", "portability", "types:wire"],
  dashboard: ["types:wire"],
  server: "everything",
  "bin/portside": ["cli"],
  "bin/portsided": ["server"],
  "bin/portside-edge": ["edge"],
  "bin/portside-lifecycle": ["build"],
  buildpacks: [],
  test: "everything",
  tools: "everything",
  bench: ["build", "tools"],
  examples: [],
};

/** Rooms that are not part of the program: they get neither `model` nor `lib` for nothing. */
const APART = new Set(["buildpacks", "examples"]);

/** A unit test may also use the fake engine, its room's `types:` edges as values, and the schemas that check answers. */
const UNIT_TEST_EXTRAS = ["engines/fake", "src/engines/engine.ts", "wire"];

/**
 * Packages a room may load. A room that is not listed loads none; `test`, `tools` and unit tests load any.
 * `lib` and `model` stay free of packages, `edge` has its one proxy client, `cli` nothing that makes its start slow.
 */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  contract: ["croner", "jsonc-parser", "smol-toml", "yaml"],
  portability: ["unbash"],
  build: ["smol-toml", "tar", "zod"],
  control: ["croner", "zod"],
  "engines/process": ["smol-toml", "zod"],
  edge: ["undici"],
  wire: ["zod"],
  api: ["@hono/node-server", "@hono/zod-openapi", "hono", "zod"],
  cli: ["tar"],
  server: ["@hono/node-server", "pino", "zod"],
};

/** The room a file belongs to: `control`, `engines` (its top files), `engines/process`, `bin/portside`, `test` …; `.` at the root. */
export function roomOf(path: string): string {
  const [first = "", second = "", third = ""] = path.split("/");
  if (first === "bin") return `bin/${second.replace(/\.ts$/, "")}`;
  if (first !== "src") return path.includes("/") ? first : ".";
  return second === "engines" && path.split("/").length > 3 ? `engines/${third}` : second;
}

/** Findings about imports of one file: unknown rooms, edges that are not in the table, `.js` for `.ts`, packages. */
export function checkEdges(file: ScannedFile): Finding[] {
  const room = roomOf(file.path);
  const found = (line: number, what: string): Finding => ({ rule: "edge", path: file.path, line, what });
  const allowed = EDGES[room] ?? EDGES[room.replace(/\/.*/, "/*")];
  if (allowed === undefined) return [found(1, `\`${room}\` is no room of the edges table`)];
  return file.imports.flatMap((imported) => {
    const { specifier, line, typeOnly } = imported;
    if (specifier.startsWith("node:")) return [];
    if (!specifier.startsWith("."))
      return packageAllowed(file.path, specifier) ? [] : [found(line, `${room} may not load the package ${specifier}`)];
    if (specifier.endsWith(".js") && file.path.endsWith(".ts")) return [found(line, `write ${specifier} with .ts`)];
    const target = resolveImport(file.path, specifier);
    return allowed === "everything" || edgeAllowed({ from: file.path, target, typeOnly, allowed })
      ? []
      : [found(line, `${room} may not import ${target}`)];
  });
}

/** Repository path that a relative import names. */
export function resolveImport(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier);
}

function edgeAllowed(edge: { from: string; target: string; typeOnly: boolean; allowed: readonly string[] }): boolean {
  const [room, targetRoom] = [roomOf(edge.from), roomOf(edge.target)];
  if (room === targetRoom) return true;
  if (targetRoom === "lib" || (targetRoom === "model" && room !== "lib")) return !APART.has(room);
  const unitTest = edge.from.startsWith("src/") && edge.from.endsWith(".test.ts");
  if (unitTest && UNIT_TEST_EXTRAS.some((name) => name === targetRoom || name === edge.target)) return true;
  return edge.allowed.some((entry) => {
    const name = entry.replace(/^types:/, "");
    const typesAlone = name !== entry && !unitTest;
    return (name === targetRoom || name === edge.target) && (edge.typeOnly || !typesAlone);
  });
}

function packageAllowed(path: string, specifier: string): boolean {
  if (path.endsWith(".test.ts") || path.startsWith("test/") || path.startsWith("tools/")) return true;
  const [scope = "", name = ""] = specifier.split("/");
  return (PACKAGES[roomOf(path)] ?? []).includes(scope.startsWith("@") ? `${scope}/${name}` : scope);
}

/** Import cycles, types counted: each as the sorted paths of the files that can reach each other. */
export function findCycles(files: readonly ScannedFile[]): string[][] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const state = {
    index: new Map<string, number>(),
    low: new Map<string, number>(),
    stack: [] as string[],
    cycles: [] as string[][],
  };
  const visit = (path: string): void => {
    const index = state.index.size;
    state.index.set(path, index);
    state.low.set(path, index);
    state.stack.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue;
      if (!state.index.has(target)) visit(target);
      if (state.stack.includes(target))
        state.low.set(path, Math.min(state.low.get(path) ?? 0, state.low.get(target) ?? 0));
    }
    if (state.low.get(path) !== index) return;
    const group = state.stack.splice(state.stack.indexOf(path));
    if (group.length > 1 || targets.get(path)?.includes(path)) state.cycles.push(group.toSorted());
  };
  for (const file of files) if (!state.index.has(file.path)) visit(file.path);
  return state.cycles;
}

function targetsOf(file: ScannedFile): string[] {
  return file.imports
    .filter((imported) => imported.specifier.startsWith("."))
    .map((imported) => resolveImport(file.path, imported.specifier));
}
