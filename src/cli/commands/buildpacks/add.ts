import { assertNew, assertPlace, changeBuildpacks } from "../../buildpack-list.ts";
import type { CommandContext, CommandInput } from "../../command.ts";

/** `portside buildpacks:add`. */
export function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [reference = ""] = input.arguments;
  return changeBuildpacks(context, input, (list, place = list.length) => {
    assertNew(list, reference);
    assertPlace(list, place, list.length);
    return list.toSpliced(place, 0, reference);
  });
}
