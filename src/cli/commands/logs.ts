import type { LogLines } from "../../wire/logs.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { followLogs, logPath, printLogLine } from "../follow-logs.ts";
import { parseWholeNumber } from "../whole-number.ts";

const LINES_DEFAULT = 100;
const LINES_MAX = 10_000;

/** `portside logs`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const rawNum = input.texts.get("num");
  const num = rawNum === undefined ? LINES_DEFAULT : parseWholeNumber(rawNum, "--num", { min: 0, max: LINES_MAX });
  const ps = input.texts.get("ps");
  const app = await chooseApp(context, input);
  const selection = { app, num, ...(ps === undefined ? {} : { ps }) };
  if (input.switches.has("tail")) {
    await followLogs(context, selection);
    return 0;
  }
  const { lines } = await context.client.get<LogLines>(logPath(selection, false), context.signal);
  for (const line of lines) printLogLine(context, line, false);
  return 0;
}
