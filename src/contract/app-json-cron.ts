import type { CronEntry } from "../model/app-contract.ts";
import { commandText, SHOWN_COMMAND } from "./command-text.ts";
import { isTimeZone, parseCronSchedule } from "./cron-schedule.ts";
import { memberPlace, nameOf, reject, type Place } from "./json-place.ts";
import { about, choice, flag, list, object, refine, text, type Reader } from "./json-reader.ts";
import { shownText } from "./shown-text.ts";

/** A blank command counts as missing (D29); the entry reports it. */
const command: Reader<string> = refine(commandText, (value) => value, SHOWN_COMMAND);

/** A blank schedule counts as missing (D29), so it is not judged here. */
const schedule: Reader<string> = refine(
  text,
  (value, place) => {
    const parsed = value.trim() === "" ? undefined : parseCronSchedule(value);
    if (parsed === undefined || parsed.ok) return value;
    const message = `The schedule \`${shownText(value)}\` is not valid: ${parsed.problem}.`;
    return reject(place, "APP_CRON_SCHEDULE", { message, hint: parsed.hint });
  },
  { pattern: "\\S" },
);

const timezone: Reader<string> = refine(text, (value, place) => {
  if (isTimeZone(value)) return value;
  const message = `There is no time zone \`${shownText(value)}\`.`;
  return reject(place, "APP_CRON_TIMEZONE", {
    message,
    hint: "Write an IANA name such as `Europe/Paris`, or leave it out for UTC.",
  });
});

const policy = choice(["allow", "forbid", "replace"], "APP_CRON_POLICY");

const fields = object({
  command: about(
    "The command, run as a one-off of the current release; a lone process type runs that type's.",
    command,
  ),
  schedule: about(
    "Five fields, `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, or `@every 90s` (60 s or more).",
    schedule,
  ),
  maintenance: about("Whether the entry is suspended.", flag, { default: false }),
  concurrency_policy: about("What happens while an earlier run goes on.", policy, { default: "allow" }),
  timezone: about("IANA time zone of the schedule.", timezone, { default: "UTC" }),
});

const entry: Reader<CronEntry> = refine(
  fields,
  (declared, place) => {
    const isComplete = [isGiven(place, "command"), isGiven(place, "schedule")].every(Boolean);
    if (!isComplete || declared.command === undefined || declared.schedule === undefined) return undefined;
    const { command: what, schedule: when } = declared;
    return {
      maintenance: false,
      concurrency_policy: "allow",
      timezone: "UTC",
      ...declared,
      command: what,
      schedule: when,
    };
  },
  { required: ["command", "schedule"] },
);

/** Reports a member that is absent or blank; one of a wrong type was reported already. */
function isGiven(place: Place, key: "command" | "schedule"): boolean {
  const node = memberPlace(place, key)?.node;
  if (node !== undefined && !(node.kind === "text" && node.value.trim() === "")) return true;
  const message = (): string => `${nameOf(place.pointer)} has no \`${key}\`.`;
  const hint = key === "command" ? "Add the command to run." : "Add a schedule such as `0 3 * * *` or `@daily`.";
  place.report({ code: "APP_CRON_MISSING", offset: place.node.offset, path: `${place.pointer}/${key}`, message, hint });
  return false;
}

/** `cron[]`, with its defaults: no maintenance runs, `allow`, UTC. Contract §7, D29, D30, D34–D37. */
export const cron: Reader<readonly CronEntry[]> = list(entry);
