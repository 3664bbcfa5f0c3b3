import { changeBuildpacks } from "../../buildpack-list.ts";
import type { CommandContext, CommandInput } from "../../command.ts";

/** `portside buildpacks:clear`. */
export function run(context: CommandContext, input: CommandInput): Promise<number> {
  return changeBuildpacks(context, input, () => []);
}
