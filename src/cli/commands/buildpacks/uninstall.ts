import type { InstalledBuildpacksView } from "../../../wire/buildpacks.ts";
import type { CommandContext, CommandInput } from "../../command.ts";

/** `portside buildpacks:uninstall`. */
export async function run({ client, screen, signal }: CommandContext, input: CommandInput): Promise<number> {
  const [name = ""] = input.arguments;
  const path = `/v1/buildpacks/${encodeURIComponent(name)}`;
  const { buildpacks } = await client.send<InstalledBuildpacksView>("DELETE", path, { signal });
  screen.result(buildpacks, () => buildpacks.map(({ id, version }) => `Removed ${id}@${version}`));
  return 0;
}
