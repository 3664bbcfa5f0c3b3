import type { AppName } from "../model/app.ts";
import type { BuildpackSetting, BuildSettingsView } from "../wire/buildpacks.ts";
import { chooseApp } from "./app-choice.ts";
import type { CommandContext, CommandInput } from "./command.ts";
import { usageError } from "./failure.ts";
import { visible } from "./output/text.ts";
import { parseWholeNumber } from "./whole-number.ts";

/** The list as text: one line a buildpack, numbered as --index counts. */
export function listLines(app: AppName, { buildpacks, path }: BuildSettingsView): string[] {
  const lines =
    buildpacks.length === 0
      ? [`No buildpack is set for ${app}: its files or detection decide.`]
      : buildpacks.map((reference, index) => `${index + 1}. ${visible(reference)}`);
  return path === "" ? lines : [...lines, `The app lies in ${visible(path)}.`];
}

/**
 * Changes the app's list and shows it. `change` gets the list as it is and the place of --index, counted from 0 and
 * `undefined` without the flag.
 */
export async function changeBuildpacks(
  context: CommandContext,
  input: CommandInput,
  change: (list: readonly string[], place: number | undefined) => readonly string[],
): Promise<number> {
  const { client, screen, signal } = context;
  const rawIndex = input.texts.get("index");
  const place = rawIndex === undefined ? undefined : parseWholeNumber(rawIndex, "--index", { min: 1, max: 50 }) - 1;
  const app = await chooseApp(context, input);
  const path = `/v1/apps/${app}/buildpacks`;
  const before = await client.get<BuildSettingsView>(path, signal);
  const body: BuildpackSetting = { buildpacks: [...change(before.buildpacks, place)] };
  const after = await client.send<BuildSettingsView>("PUT", path, { body, signal });
  screen.result(after, () => [...listLines(app, after), "It counts from the next deploy on."]);
  return 0;
}

/** Throws a usage error when the list has no such place. */
export function assertPlace(list: readonly string[], place: number, max = list.length - 1): void {
  if (place <= max) return;
  throw usageError(
    `There is no place ${place + 1}: the list has ${list.length}.`,
    "Run `portside buildpacks` for the list.",
  );
}

/** Throws a usage error when the list has the reference already. */
export function assertNew(list: readonly string[], reference: string): void {
  if (list.includes(reference))
    throw usageError(`${visible(reference)} is in the list already.`, "Run `portside buildpacks` for the list.");
}
