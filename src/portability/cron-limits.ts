import type { JsonNode } from "../contract/json-document.ts";
import { shownText } from "../contract/shown-text.ts";
import { memberOf, textOf } from "./app-json-text.ts";
import { readShell } from "./shell-syntax.ts";

/** What Dokku's scheduler does not do with an entry of `cron`; nothing when it takes all of it. Reference page §6.3. */
export function findCronLimits(entry: JsonNode): { readonly message: string; readonly hint: string } | undefined {
  if (entry.kind !== "object") return undefined;
  const command = textOf(memberOf(entry, "command", true)?.node) ?? "";
  const schedule = textOf(memberOf(entry, "schedule", true)?.node) ?? "";
  const piece = shellPiece(command);
  if (piece !== undefined) {
    const message = `Dokku runs cron commands without a shell and does not understand \`${shownText(piece)}\`.`;
    return { message, hint: "Move the command into a script." };
  }
  if (memberOf(entry, "timezone", true) !== undefined || /^\s*(?:CRON_)?TZ=/.test(schedule)) {
    const message = "Dokku knows no time zone of an entry: its schedules use the server's.";
    return { message, hint: "Write the schedule in the server's time zone, and leave `timezone` out." };
  }
  if (/^\s*@every\b/.test(schedule))
    return {
      message: "Dokku puts `@every` into a crontab, which does not know it.",
      hint: "Write five fields, as in `*/5 * * * *`.",
    };
  if (!namesSunday7(schedule)) return undefined;
  return { message: "Dokku refuses `7` as a day of the week.", hint: "Write `0` for Sunday." };
}

function shellPiece(command: string): string | undefined {
  const { operators, expansions, assignment } = readShell(command);
  return (operators[0] ?? expansions[0] ?? assignment)?.text;
}

/** A `7` behind `/` is a step, not a day. */
function namesSunday7(schedule: string): boolean {
  const weekdays = schedule.trim().split(/\s+/)[4] ?? "";
  return weekdays.split(",").some((item) => (item.split("/")[0] ?? "").split("-").includes("7"));
}
