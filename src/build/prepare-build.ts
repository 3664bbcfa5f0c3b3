import { mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { secret, type Secret } from "../lib/secret.ts";
import { copyTree } from "../lib/tree.ts";
import type { AppContract } from "../model/app-contract.ts";
import type { Source } from "../model/source.ts";
import { writePlatformDirectory } from "./environment.ts";
import { selectProjectFiles } from "./buildpack-sources/project-files.ts";
import type { BuildContext } from "./run-buildpack.ts";

/** What of a request the files of a build are made from. */
type Prepared = {
  readonly source: Source;
  readonly appPath?: string;
  readonly contract: AppContract;
  readonly env: Readonly<Record<string, Secret>>;
  readonly sourceVersion: string;
};

/** Makes the build's directories: the app's files, a copy of the source; scratch; the platform directory with the variables. */
export async function prepare(request: Prepared, { directories, signal }: BuildContext): Promise<void> {
  for (const name of ["home", "tmp"]) mkdirSync(join(directories.scratch, name), { recursive: true, mode: 0o700 });
  mkdirSync(directories.layers, { recursive: true });
  const { projectToml } = request.contract;
  // The whole source, also when the app lies in a part of it: workspaces need their root.
  const root = resolve(directories.app, relative(request.appPath ?? ".", "."));
  await copyTree(request.source.directory, root, { mode: "copy", signal });
  if (projectToml !== undefined) await selectProjectFiles(directories.app, projectToml, signal);
  const declared = (projectToml?.env ?? []).map(({ name, value }) => [name, secret(value)] as const);
  writePlatformDirectory(directories.platform, {
    env: { ...Object.fromEntries(declared), ...request.env, SOURCE_VERSION: secret(request.sourceVersion) },
    procfile: request.contract.procfile,
  });
}
