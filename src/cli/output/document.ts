import type { CommandContext } from "../command.ts";
import { safeJsonDocument } from "./text.ts";

/** Prints a JSON document whether `--json` was given or not, for commands whose reader is a program. Gives exit status 0. */
export function printDocument({ screen }: CommandContext, value: unknown): number {
  screen.raw(`${safeJsonDocument(value)}\n`);
  return 0;
}
