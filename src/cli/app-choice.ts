import { realpathSync } from "node:fs";
import { hasCode } from "../lib/files.ts";
import { parseAppName, type AppName } from "../model/app.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { AppList, AppView } from "../wire/apps.ts";
import type { CommandContext, CommandInput } from "./command.ts";
import { usageError } from "./failure.ts";

/** The name given with `--app`, checked; `undefined` without the flag. E_APP_NAME. */
export function givenApp(input: CommandInput): AppName | undefined {
  const raw = input.texts.get("app");
  return raw === undefined ? undefined : checkAppName(raw);
}

/** The checked name. E_APP_NAME. */
export function checkAppName(raw: string): AppName {
  const name = parseAppName(raw);
  if (name === undefined) throw new PortsideError("E_APP_NAME", { name: raw });
  return name;
}

/**
 * The app a command is about: `--app`, else the one deployed from the folder the user stands in, else the only one.
 * Throws a usage error that lists the apps when that leaves a choice.
 */
export async function chooseApp(context: CommandContext, input: CommandInput): Promise<AppName> {
  const given = givenApp(input);
  if (given !== undefined) return given;
  const { apps } = await context.client.get<AppList>("/v1/apps", context.signal);
  const folder = realFolder(context.environment.userDirectory);
  const own = apps.filter((app) => app.origin === folder);
  const [only, ...others] = own.length > 0 ? own : apps;
  if (only === undefined)
    throw usageError("There is no app yet.", `Deploy one with \`${context.environment.program} up DIR\`.`);
  if (others.length > 0) throw ambiguous([only, ...others], own.length > 0);
  return checkAppName(only.name);
}

function ambiguous(apps: readonly AppView[], isSameFolder: boolean): Error {
  const names = apps.map((app) => app.name).join(", ");
  const why = isSameFolder
    ? "Several apps were deployed from this folder"
    : "No app was deployed from this folder, and there are several";
  return usageError(`${why}: ${names}.`, "Say which with `--app NAME`.");
}

/** The folder's true path, without links; the path as given where there is no such folder. */
export function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EACCES")) return path;
    throw error;
  }
}
