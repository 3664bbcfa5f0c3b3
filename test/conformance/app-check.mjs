// The program `app-check` of cases/healthchecks.json: ends as APP_SCRIPT says, one run after the other.
import { appendFileSync, readFileSync } from "node:fs";

const { commandExitCodes = [0], commandOutput = "", commandRunsMs = 0 } = JSON.parse(process.env.APP_SCRIPT);
const runs = `${process.env.TMPDIR}/app-check-runs`;
appendFileSync(runs, "x");
const index = Math.min(readFileSync(runs, "utf8").length, commandExitCodes.length) - 1;
if (commandOutput !== "") console.log(commandOutput);
setTimeout(() => process.exit(commandExitCodes[index]), commandRunsMs);
