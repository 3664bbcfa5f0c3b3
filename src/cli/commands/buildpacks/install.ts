import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { BuildpackInstall, InstalledBuildpacksView } from "../../../wire/buildpacks.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { visible } from "../../output/text.ts";

/** The server's own limits for fetching end before. */
const INSTALL_LIMIT_MS = 1_200_000;

/** `portside buildpacks:install`. What is a path here becomes an absolute one: the server stands elsewhere. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal, environment } = context;
  const [source = ""] = input.arguments;
  const path = resolve(environment.userDirectory, source);
  const isPath = !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(source) && (/^\.{0,2}\//.test(source) || existsSync(path));
  const body: BuildpackInstall = { reference: isPath ? path : source };
  screen.live((frame) => `  ${screen.style.cyan(frame)} ${visible(source)}`);
  try {
    const request = { body, signal, answerLimitMs: INSTALL_LIMIT_MS };
    const { buildpacks } = await client.send<InstalledBuildpacksView>("POST", "/v1/buildpacks", request);
    screen.live(undefined);
    screen.result(buildpacks, () => buildpacks.map(({ id, version }) => `Installed ${id}@${version}`));
  } finally {
    screen.live(undefined);
  }
  return 0;
}
