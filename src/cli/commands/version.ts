import type { CommandContext } from "../command.ts";
import { readVersion } from "../version.ts";

/** `portside version`. */
export async function run({ screen }: CommandContext): Promise<number> {
  const version = readVersion();
  const node = process.version;
  screen.result({ portside: version, node }, () => [`portside ${version} (node ${node})`]);
  return 0;
}
