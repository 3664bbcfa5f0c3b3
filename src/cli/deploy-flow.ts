import { accessSync, constants, statSync } from "node:fs";
import { basename } from "node:path";
import { appNameFrom, type AppName } from "../model/app.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { DeployRequest } from "../wire/apps.ts";
import { realFolder } from "./app-choice.ts";
import type { CommandContext } from "./command.ts";
import { askForMissingConfig } from "./missing-config.ts";
import { runOperation, type Ending } from "./run-operation.ts";
import { provideSource } from "./source-upload.ts";

/** What to deploy. `takeOver`: the user named the app, so an app of that name from another folder is replaced. */
export type DeployTarget = { readonly directory: string; readonly app: AppName; readonly takeOver: boolean };

/** Checks that the folder can be read and finds the app's name: the given one, else the folder's. E_SOURCE_UNREADABLE, E_APP_NAME. */
export function deployTarget(path: string, given: AppName | undefined): DeployTarget {
  const directory = realFolder(path);
  checkReadable(directory);
  const app = given ?? appNameFrom(basename(directory));
  if (app === undefined) throw new PortsideError("E_APP_NAME", { name: basename(directory) });
  return { directory, app, takeOver: given !== undefined };
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
    const body: DeployRequest = { source: manifest.digest, origin: target.directory, takeOver: target.takeOver };
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
