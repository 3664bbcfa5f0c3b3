import type { KnownBuildpacksView, KnownBuildpackView } from "../../../wire/buildpacks.ts";
import type { CommandContext } from "../../command.ts";
import { formatTable } from "../../output/table.ts";
import { visible } from "../../output/text.ts";

/** `portside buildpacks:installed`. */
export async function run({ client, screen, signal }: CommandContext): Promise<number> {
  const { buildpacks } = await client.get<KnownBuildpacksView>("/v1/buildpacks", signal);
  const columns = [{ title: "ID" }, { title: "VERSION" }, { title: "FROM" }, { title: "ALSO KNOWN AS" }];
  screen.result(buildpacks, () => formatTable(screen.style, columns, buildpacks.map(row)));
  return 0;
}

function row({ id, version, installed, aliases }: KnownBuildpackView): string[] {
  const names = aliases.filter((alias) => !alias.includes("://"));
  return [id, version, installed === null ? "Portside" : visible(installed.from), names.map(visible).join(", ") || "–"];
}
