import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { hasCode } from "../lib/files.ts";
import { DocumentError } from "./files/toml-document.ts";
import { applyEnvAction, type EnvAction } from "../model/launch-plan.ts";

/** Names and values of a process; nothing in it is inherited. */
export type Environment = Readonly<Record<string, string>>;

/** What one file of an `env` directory does to a variable. */
export type EnvOperation = {
  readonly name: string;
  readonly action: EnvAction;
  readonly value: string;
  readonly delimiter: string;
};

/** A layer's directory that joins a path variable. */
export type RootDirectory<Name extends string> = { readonly name: Name; readonly directory: string };

/** Path variables a layer joins at launch. */
export type LaunchPathName = "PATH" | "LD_LIBRARY_PATH";
/** Path variables a layer joins in later builds. */
export type BuildPathName = LaunchPathName | "LIBRARY_PATH" | "CPATH" | "PKG_CONFIG_PATH";

const BUILD_ROOTS: readonly RootDirectory<BuildPathName>[] = [
  { directory: "bin", name: "PATH" },
  { directory: "lib", name: "LD_LIBRARY_PATH" },
  { directory: "lib", name: "LIBRARY_PATH" },
  { directory: "include", name: "CPATH" },
  { directory: "pkgconfig", name: "PKG_CONFIG_PATH" },
];
const LAUNCH_ROOTS: readonly RootDirectory<LaunchPathName>[] = [
  { directory: "bin", name: "PATH" },
  { directory: "lib", name: "LD_LIBRARY_PATH" },
];

/** Root directories the layer has, for later builds. Absolute. cnb.md §6.2. */
export function buildRootDirectories(layer: string): readonly RootDirectory<BuildPathName>[] {
  return existing(layer, BUILD_ROOTS);
}

/** Root directories the layer has, for the processes at launch. Absolute. cnb.md §6.2. */
export function launchRootDirectories(layer: string): readonly RootDirectory<LaunchPathName>[] {
  return existing(layer, LAUNCH_ROOTS);
}

function existing<Name extends string>(layer: string, roots: readonly RootDirectory<Name>[]): RootDirectory<Name>[] {
  return roots
    .map(({ name, directory }) => ({ name, directory: join(layer, directory) }))
    .filter(({ directory }) => statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true);
}

const ACTIONS: Readonly<Record<string, EnvAction>> = {
  override: "override",
  default: "default",
  append: "append",
  prepend: "prepend",
};

/**
 * The operations of an `env` directory, in byte order of the file names; empty when there is no such directory.
 * Values are the files' content, byte for byte; those behind links too, but for links that leave `within`: `DocumentError`.
 * `bare` is what a name without suffix means. Unknown suffixes are ignored, directories too. cnb.md §6.2.
 */
export function readEnvDirectory(
  directory: string,
  bare: EnvAction = "override",
  within?: string,
): readonly EnvOperation[] {
  const files = new Map(readFiles(directory, within));
  return [...files].flatMap(([file, value]) => {
    const dot = file.indexOf(".");
    const name = dot < 0 ? file : file.slice(0, dot);
    const suffix = dot < 0 ? undefined : file.slice(dot + 1);
    const action = suffix === undefined ? bare : ACTIONS[suffix];
    if (name === "" || action === undefined) return [];
    return [{ name, action, value, delimiter: files.get(`${name}.delim`) ?? "" }];
  });
}

/** Linux takes no longer string into an environment (MAX_ARG_STRLEN). */
const VALUE_BYTES_MAX = 128 * 1024;

/**
 * Name and content of each file of a directory, links to files included, in byte order. With `within`, a link that leaves that
 * directory is a `DocumentError`: whoever made it would read with our rights (decision 0011).
 */
export function readFiles(directory: string, within?: string): readonly (readonly [name: string, content: string])[] {
  return fileNames(directory).map((name) => {
    const path = join(directory, name);
    if (within !== undefined) checkStays(path, within);
    const content = readFileSync(path, "utf8");
    if (within !== undefined && content.includes("\0")) throw new DocumentError(shownPath(path), "it holds a NUL");
    return [name, content] as const;
  });
}

function shownPath(path: string): string {
  return `file \`${basename(dirname(path))}/${basename(path)}\``;
}

function checkStays(path: string, within: string): void {
  const name = shownPath(path);
  if (!realpathSync(path).startsWith(`${realpathSync(within)}${sep}`)) {
    throw new DocumentError(name, "it is a link out of the layers directory");
  }
  if (statSync(path).size > VALUE_BYTES_MAX) throw new DocumentError(name, "it is larger than a variable can be");
}

/** Names of the files of a directory, links to files included, in byte order; empty when it does not exist. */
export function fileNames(directory: string): readonly string[] {
  return names(directory).filter((name) => isOf(join(directory, name), "isFile"));
}

/** Names of the directories in a directory, links to directories included, in byte order; empty when it does not exist. */
export function directoryNames(directory: string): readonly string[] {
  return names(directory).filter((name) => isOf(join(directory, name), "isDirectory"));
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function isOf(path: string, kind: "isFile" | "isDirectory"): boolean {
  return statSync(path, { throwIfNoEntry: false })?.[kind]() === true;
}

/** The environment after the operations, in order. */
export function applyEnvOperations(environment: Environment, operations: readonly EnvOperation[]): Environment {
  const next: Record<string, string> = { ...environment };
  for (const operation of operations) next[operation.name] = applyEnvAction(next[operation.name] ?? "", operation);
  return next;
}

/** The environment with a directory in front of a path variable. */
export function prependPath(environment: Environment, name: string, directory: string): Environment {
  const old = environment[name] ?? "";
  return { ...environment, [name]: old === "" ? directory : `${directory}:${old}` };
}

/**
 * What later buildpacks see of one buildpack's build layers: root directories of all, then `env/` and `env.build/` of each,
 * layers in the order given (alphabetical). cnb.md §5.2, §6.2.
 */
export function applyBuildLayers(environment: Environment, layers: readonly string[], within?: string): Environment {
  let next = environment;
  for (const { name, directory } of layers.flatMap(buildRootDirectories)) next = prependPath(next, name, directory);
  for (const layer of layers) {
    next = applyEnvOperations(next, readEnvDirectory(join(layer, "env"), "override", within));
    next = applyEnvOperations(next, readEnvDirectory(join(layer, "env.build"), "override", within));
  }
  return next;
}
