import { assertNew, assertPlace, changeBuildpacks } from "../../buildpack-list.ts";
import type { CommandContext, CommandInput } from "../../command.ts";

/** `portside buildpacks:set`. */
export function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [reference = ""] = input.arguments;
  return changeBuildpacks(context, input, (list, place = 0) => {
    if (list[place] === reference) return list;
    assertNew(list, reference);
    // One behind the last is where a list grows, as on Heroku.
    assertPlace(list, place, list.length);
    return list.toSpliced(place, 1, reference);
  });
}
