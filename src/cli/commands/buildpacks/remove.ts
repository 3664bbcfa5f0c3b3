import { assertPlace, changeBuildpacks } from "../../buildpack-list.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { visible } from "../../output/text.ts";

/** `portside buildpacks:remove`. */
export function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [reference] = input.arguments;
  if ((reference === undefined) === (input.texts.get("index") === undefined))
    throw usageError("Name the buildpack, or its place with --index.", "Run `portside buildpacks` for the list.");
  return changeBuildpacks(context, input, (list, index) => {
    const place = index ?? list.indexOf(reference ?? "");
    if (place === -1)
      throw usageError(`${visible(reference ?? "")} is not in the list.`, "Run `portside buildpacks` for the list.");
    assertPlace(list, place);
    return list.toSpliced(place, 1);
  });
}
