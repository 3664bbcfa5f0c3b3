import { isoTime } from "../../../lib/clock.ts";
import type { Diagnostic } from "../../../model/diagnostic.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { printDocument } from "../../output/document.ts";
import { parseWholeNumber } from "../../whole-number.ts";

const COUNT_DEFAULT = 3;
const COUNT_MAX = 1_000;
const INSTANT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** `portside inspect:cron`: whether the schedule and its time zone are valid, and the next runs in UTC. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [expression = ""] = input.arguments;
  const timezone = input.texts.get("timezone") ?? "UTC";
  const from = readInstant(input.texts.get("from")) ?? context.clock.now();
  const count = readCount(input.texts.get("count"));
  const { nextRuns } = await import("../../../contract/cron-schedule.ts");
  const diagnostics = await findProblems(expression, timezone);
  const next = diagnostics.length > 0 ? [] : (nextRuns(expression, { timezone, from, count }) ?? []);
  return printDocument(context, { valid: diagnostics.length === 0, next: next.map(shortTime), diagnostics });
}

/** Milliseconds since the epoch. */
function readInstant(raw: string | undefined): number | undefined {
  if (raw === undefined) return undefined;
  const at = INSTANT.test(raw) ? Date.parse(raw) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw usageError(`\`${raw}\` is no instant.`, "Write it like `2026-01-01T00:00:00Z`, with `Z` or an offset.");
}

function readCount(raw: string | undefined): number {
  return raw === undefined ? COUNT_DEFAULT : parseWholeNumber(raw, "`--count`", { min: 1, max: COUNT_MAX });
}

async function findProblems(expression: string, timezone: string): Promise<readonly Diagnostic[]> {
  const [{ parseCronSchedule, isTimeZone }, { diagnose }, { shownText }] = await Promise.all([
    import("../../../contract/cron-schedule.ts"),
    import("../../../contract/diagnose.ts"),
    import("../../../contract/shown-text.ts"),
  ]);
  const place = { file: "schedule", line: 1, column: 1 };
  const schedule = parseCronSchedule(expression);
  const found: Diagnostic[] = [];
  if (!schedule.ok) {
    const message = `The schedule \`${shownText(expression)}\` is not valid: ${schedule.problem}.`;
    found.push(diagnose({ ...place, code: "APP_CRON_SCHEDULE", message, hint: schedule.hint }));
  }
  if (!isTimeZone(timezone)) {
    const message = `There is no time zone \`${shownText(timezone)}\`.`;
    const hint = "Write an IANA name such as `Europe/Paris`.";
    found.push(diagnose({ ...place, file: "timezone", code: "APP_CRON_TIMEZONE", message, hint }));
  }
  return found;
}

/** `2026-01-01T00:00:00Z`: milliseconds only where there are some. */
function shortTime(ms: number): string {
  return isoTime(ms).replace(".000Z", "Z");
}
