import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../../lib/exec.ts";
import { readTextIfExists } from "../../lib/files.ts";
import type { Digest } from "../../model/source.ts";
import { toBuildpack, type Buildpack } from "../buildpack-registry.ts";
import { DocumentError } from "../files/toml-document.ts";
import { invalid } from "./reference.ts";
import type { StoredTree, TreeStore } from "./tree-store.ts";

/** A buildpack with the digest of its content. */
export type LocatedBuildpack = { readonly buildpack: Buildpack; readonly digest: Digest };

/** Makes a CNB of a classic buildpack: `wrap TREE TARGET NAME`, a program of `buildpacks/classic`. */
export type ClassicWrapper = { readonly program: string; readonly basePath: string };

const WRAP_LIMIT_MS = 60_000;

/**
 * The directory in `root` that is a buildpack: `root` itself, or the only one inside it, as archives of a repository have.
 * Throws E_BUILDPACK_INVALID when there is none.
 */
export function findBuildpackRoot(root: string, reference: string): string {
  if (kindOf(root) !== undefined) return root;
  const [only, ...more] = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.name !== "pax_global_header",
  );
  if (only?.isDirectory() === true && more.length === 0 && kindOf(join(root, only.name)) !== undefined)
    return join(root, only.name);
  throw invalid(
    reference,
    "it holds neither a buildpack.toml nor a bin/compile",
    "Name the directory or archive that has one of them at its top.",
  );
}

function kindOf(directory: string): "cnb" | "classic" | undefined {
  if (existsSync(join(directory, "buildpack.toml"))) return "cnb";
  return existsSync(join(directory, "bin/compile")) ? "classic" : undefined;
}

/**
 * Takes the buildpack in a directory into the store; a classic one (bin/compile, no buildpack.toml) is wrapped first.
 * The directory is moved or left, as `mode` says. Throws E_BUILDPACK_INVALID. cnb.md §2, §15.
 */
export async function takeBuildpack(
  directory: string,
  store: TreeStore,
  options: {
    readonly reference: string;
    /** Names a classic buildpack. */
    readonly name: string;
    readonly mode: "move" | "copy";
    readonly classic: ClassicWrapper;
    /** What the package calls it. */
    readonly expected?: { readonly id: string; readonly version: string };
    readonly signal: AbortSignal;
  },
): Promise<LocatedBuildpack> {
  const { reference, mode, signal } = options;
  const root = findBuildpackRoot(directory, reference);
  if (kindOf(root) === "cnb") {
    assertExpected(parseTree(root, reference), reference, options.expected);
    const tree = mode === "move" ? await store.keep(root, signal) : await store.keepCopy(root, signal);
    return readStored(tree, reference);
  }
  return store.withStaging(async (staging) => {
    const target = join(staging, "wrapped");
    await wrapClassic(root, target, options);
    return readStored(await store.keep(target, signal), reference);
  });
}

function assertExpected(
  found: Buildpack,
  reference: string,
  expected: Pick<Buildpack, "id" | "version"> = found,
): void {
  if (found.id === expected.id && found.version === expected.version) return;
  const problem = `what it calls ${expected.id}@${expected.version} is ${found.id}@${found.version}`;
  throw invalid(reference, problem, "Pack it anew.");
}

/** The buildpack of a stored tree. Throws E_BUILDPACK_INVALID. */
export function readStored(tree: StoredTree, reference: string): LocatedBuildpack {
  return { buildpack: parseTree(tree.directory, reference), digest: tree.digest };
}

function parseTree(directory: string, reference: string): Buildpack {
  try {
    const text = readTextIfExists(join(directory, "buildpack.toml")) ?? "";
    const buildpack = toBuildpack(text, directory, "buildpack.toml");
    assertPrograms(buildpack, reference);
    return buildpack;
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw invalid(reference, error.message, "Correct it, or use another version of the buildpack.");
  }
}

/** A composite has an order instead of programs of its own. */
function assertPrograms(buildpack: Buildpack, reference: string): void {
  if (buildpack.order.length > 0) return;
  for (const program of ["detect", "build"]) {
    const stat = statSync(join(buildpack.directory, "bin", program), { throwIfNoEntry: false });
    if (stat?.isFile() === true && (stat.mode & 0o111) !== 0) continue;
    const problem = stat?.isFile() === true ? `its bin/${program} is not executable` : `it has no bin/${program}`;
    throw invalid(reference, problem, "Correct the buildpack: each has an executable bin/detect and bin/build.");
  }
}

async function wrapClassic(
  tree: string,
  target: string,
  options: {
    readonly reference: string;
    readonly name: string;
    readonly classic: ClassicWrapper;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { program, basePath } = options.classic;
  const done = await exec([program, tree, target, options.name], {
    cwd: tree,
    env: { PATH: basePath },
    limitMs: WRAP_LIMIT_MS,
    signal: options.signal,
  });
  options.signal.throwIfAborted();
  if (done.exitCode === 0) return;
  const said = done.stderr.trim().split("\n").at(-1) ?? "";
  throw invalid(
    options.reference,
    said.replace(/^ERROR: /, "") || "it cannot be wrapped",
    "Use another version of it.",
  );
}
