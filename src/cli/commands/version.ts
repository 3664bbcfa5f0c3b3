import { readFileSync } from "node:fs";
import type { CommandContext } from "../command.ts";

/** `portside version`. */
export async function run({ screen }: CommandContext): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const node = process.version;
  screen.result({ portside: version, node }, () => [`portside ${version} (node ${node})`]);
  return 0;
}
