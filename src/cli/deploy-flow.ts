import { accessSync, constants, statSync } from "node:fs";
import { basename, join } from "node:path";
import { appNameFrom, parseAppPath, type AppName } from "../model/app.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { DeployRequest } from "../wire/apps.ts";
import { givenApp, realFolder } from "./app-choice.ts";
import type { CommandContext, CommandInput } from "./command.ts";
import { askForMissingConfig } from "./missing-config.ts";
import { runOperation, type Ending } from "./run-operation.ts";
import { provideSource } from "./source-upload.ts";

/** What to deploy. `takeOver`: the user named the app, so an app of that name from another folder is replaced. */
export type DeployTarget = {
  readonly directory: string;
  readonly app: AppName;
  readonly takeOver: boolean;
  /** `--path`: the app's directory inside the folder, from now on. */
  readonly path?: string;
  /** `--buildpack`: for this deploy alone. */
  readonly buildpacks?: readonly string[];
};

/**
 * Checks that the folder can be read and finds the app's name: the given one, else that of the app's directory.
 * E_SOURCE_UNREADABLE, E_APP_NAME, E_APP_PATH.
 */
export function deployTarget(folder: string, input: CommandInput): DeployTarget {
  const given = givenApp(input);
  const directory = realFolder(folder);
  checkReadable(directory);
  const path = givenPath(input, directory);
  const named = basename(join(directory, path ?? "."));
  const app = given ?? appNameFrom(named);
  if (app === undefined) throw new PortsideError("E_APP_NAME", { name: named });
  const buildpacks = input.lists.get("buildpack");
  return {
    ...{ directory, app, takeOver: given !== undefined },
    ...(path === undefined ? {} : { path }),
    ...(buildpacks === undefined ? {} : { buildpacks }),
  };
}

function givenPath(input: CommandInput, directory: string): string | undefined {
  const raw = input.texts.get("path");
  if (raw === undefined) return undefined;
  const path = parseAppPath(raw);
  const refuse = (problem: string): PortsideError => new PortsideError("E_APP_PATH", { path: raw, problem });
  if (path === undefined) throw refuse("that is no path inside the folder");
  const isThere = statSync(join(directory, path), { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isThere) throw refuse(`${directory} has no such directory`);
  return path;
}

function checkReadable(path: string): void {
  const unreadable = (problem: string, cause?: unknown): PortsideError =>
    new PortsideError("E_SOURCE_UNREADABLE", { path, problem }, { cause });
  try {
    if (!statSync(path).isDirectory()) throw unreadable("it is not a folder");
    accessSync(path, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof PortsideError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw unreadable(
      code === "ENOENT" ? "there is no such folder" : code === "EACCES" ? "permission denied" : String(error),
      error,
    );
  }
}

/**
 * Hands the folder's content to the server, starts the deploy and follows it to its end; asks for missing config on a
 * terminal and tries once more.
 */
export async function deployFolder(context: CommandContext, target: DeployTarget, engine: string): Promise<Ending> {
  const ending = await deployOnce(context, target, engine);
  return (await askForMissingConfig(context, target, ending)) ? deployOnce(context, target, engine) : ending;
}

async function deployOnce(context: CommandContext, target: DeployTarget, engine: string): Promise<Ending> {
  const { screen } = context;
  screen.live((frame) => `  ${screen.style.cyan(frame)} source`);
  try {
    const manifest = await provideSource(context, target.directory);
    const { directory: origin, takeOver, path, buildpacks } = target;
    const body: DeployRequest = {
      ...{ source: manifest.digest, origin, takeOver },
      ...(path === undefined ? {} : { path }),
      ...(buildpacks === undefined ? {} : { buildpacks: [...buildpacks] }),
    };
    return await runOperation(context, {
      app: target.app,
      what: `${engine} engine`,
      method: "POST",
      path: `/v1/apps/${target.app}/deploys`,
      body,
    });
  } finally {
    screen.live(undefined);
  }
}
