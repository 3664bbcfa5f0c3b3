import { localDateTime } from "../../lib/local-time.ts";
import type { SettingsView } from "../../wire/settings.ts";
import { chooseApp } from "../app-choice.ts";
import { changeSettings } from "../app-settings.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { usageError } from "../failure.ts";
import { visible } from "../output/text.ts";

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const EXAMPLE = "Write for example `--until 2026-12-27T08:00` or `--until 8h`.";

/** `portside freeze`: with a reason it freezes, without one it shows what is. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const reason = input.texts.get("reason");
  const rawUntil = input.texts.get("until");
  if (reason === undefined) {
    if (rawUntil !== undefined) throw usageError("A freeze needs a reason.", "Add `--reason TEXT`.");
    return show(context, input);
  }
  const until = rawUntil === undefined ? undefined : parseUntil(rawUntil, context.clock.now());
  const freeze = { reason, ...(until === undefined ? {} : { until: new Date(until).toISOString() }) };
  const how = until === undefined ? "until it is lifted" : `until ${localDateTime(until)}`;
  return changeSettings(context, input, { body: { freeze }, done: (app) => `${app} is frozen ${how}` });
}

async function show(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const { freeze } = await client.get<SettingsView>(`/v1/apps/${app}/settings`, signal);
  screen.result(freeze, () => {
    if (freeze === null) return [`${app} is not frozen`];
    const how = freeze.until === null ? "until it is lifted" : `until ${localDateTime(Date.parse(freeze.until))}`;
    return [`${app} is frozen ${how}: ${visible(freeze.reason)} (by ${visible(freeze.by)})`];
  });
  return 0;
}

/** Milliseconds since the epoch; a time without a zone is one of this machine. */
function parseUntil(raw: string, now: number): number {
  const span = /^(\d{1,6})([mhd])$/.exec(raw);
  if (span !== null) return now + Number(span[1]) * (UNIT_MS[span[2] ?? ""] ?? 0);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(raw);
  if (!isDate && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/.test(raw))
    throw usageError(`\`${raw}\` is no time.`, EXAMPLE);
  // A bare date would be midnight in UTC; people mean their own.
  const time = Date.parse(isDate ? `${raw}T00:00` : raw);
  if (Number.isNaN(time)) throw usageError(`\`${raw}\` is no time.`, EXAMPLE);
  if (time <= now) throw usageError(`\`${raw}\` is past.`, EXAMPLE);
  return time;
}
