import { Cron } from "croner";
import { isoTime } from "../lib/clock.ts";

/** When an entry runs: at the minutes of a five-field pattern, or again and again after an interval. */
export type CronSchedule =
  | { readonly kind: "pattern"; readonly fields: string }
  | { readonly kind: "every"; readonly intervalMs: number };

/** `problem` completes "… is not valid: "; `hint` is an action. */
export type ParsedSchedule =
  | { readonly ok: true; readonly schedule: CronSchedule }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

const DESCRIPTORS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

type Field = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly stepMax: number;
  readonly names?: readonly string[];
};

const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59, stepMax: 60 },
  { name: "hour", min: 0, max: 23, stepMax: 24 },
  { name: "day of the month", min: 1, max: 31, stepMax: 31 },
  {
    name: "month",
    min: 1,
    max: 12,
    stepMax: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", min: 0, max: 7, stepMax: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const DAYS_MAX = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const EVERY = /^@every (?=\d)(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;
const EVERY_MS_MIN = 60_000;
const ITEM = /^(?:(\*)|([0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?)(?:\/([0-9]+))?$/;

/**
 * Checks a schedule against the contract's grammar: five fields, a descriptor, or `@every`. Needs no clock.
 * Stricter than the cron library, which lets several forms pass that other platforms read otherwise. Contract §7, D34–D37.
 */
export function parseCronSchedule(expression: string): ParsedSchedule {
  const parts = expression.split(/[ \t]+/).filter((part) => part !== "");
  const text = parts.join(" ");
  if (parts[0] === "@every") return parseEvery(text);
  const named = DESCRIPTORS.get(text);
  if (named !== undefined) return { ok: true, schedule: { kind: "pattern", fields: named } };
  if (!text.startsWith("@")) return parsePattern(parts);
  const names = [...DESCRIPTORS.keys()].join(", ");
  return invalid("there is no such descriptor", `Use one of ${names} in lower case, or \`@every 5m\`.`);
}

function parseEvery(text: string): ParsedSchedule {
  const match = EVERY.exec(text);
  if (match === null)
    return invalid(
      "`@every` takes hours, minutes and seconds in that order",
      "Write it like `@every 90s` or `@every 1h30m`.",
    );
  const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
  ];
  const intervalMs = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  if (intervalMs < EVERY_MS_MIN)
    return invalid("the interval is shorter than 60 seconds", "Use at least `@every 60s`.");
  return { ok: true, schedule: { kind: "every", intervalMs } };
}

function parsePattern(parts: readonly string[]): ParsedSchedule {
  if (parts.length !== FIELDS.length) {
    const found = `it has ${parts.length} ${parts.length === 1 ? "field" : "fields"} and not five`;
    return invalid(found, "Write minute, hour, day of the month, month and day of the week.");
  }
  const values: (readonly number[])[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const read = readField(parts[index] ?? "", field);
    if (typeof read === "string") return invalid(`the ${field.name} ${read}`, `Write ${describeField(field)}.`);
    values.push(read);
  }
  const [, , days = [], months = []] = values;
  const isWeekdayFree = parts[4] === "*";
  if (isWeekdayFree && !months.some((month) => days.some((day) => day <= (DAYS_MAX[month - 1] ?? 0)))) {
    return invalid("it never fires, as no such day exists", "Correct the day of the month or the month.");
  }
  return { ok: true, schedule: { kind: "pattern", fields: parts.join(" ") } };
}

/** The values the field allows, or what is wrong with it (the rest of a sentence that starts with the field). */
function readField(text: string, field: Field): readonly number[] | string {
  const values: number[] = [];
  for (const item of text.split(",")) {
    const read = readItem(item, field);
    if (typeof read === "string") return read;
    values.push(...read);
  }
  return values;
}

function readItem(item: string, field: Field): readonly number[] | string {
  if (item === "") return "has an empty list item";
  const match = ITEM.exec(item);
  if (match === null) return "has a form that is not accepted";
  const [, star, first, end, rawStep] = match;
  if (rawStep !== undefined && star === undefined && end === undefined) return "has a step after a single value";
  const step = Number(rawStep ?? 1);
  if (step < 1 || step > field.stepMax) return `has a step that is not between 1 and ${field.stepMax}`;
  const from = star === undefined ? readValue(first ?? "", field) : field.min;
  const to = star !== undefined ? field.max : end === undefined ? from : readEnd(end, field);
  if (from === undefined || to === undefined) return "has a value outside its range";
  if (from > to) return "has a range that runs backwards";
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

function readValue(text: string, field: Field): number | undefined {
  const value = /^[0-9]+$/.test(text) ? Number(text) : nameValue(text, field);
  return value !== undefined && value >= field.min && value <= field.max ? value : undefined;
}

/** At the end of a range `SUN` is the Sunday after Saturday (D36). */
function readEnd(text: string, field: Field): number | undefined {
  const value = readValue(text, field);
  return value === 0 && nameValue(text, field) === 0 ? field.max : value;
}

function nameValue(text: string, field: Field): number | undefined {
  const index = field.names?.indexOf(text.toLowerCase()) ?? -1;
  return index === -1 ? undefined : index + field.min;
}

function describeField(field: Field): string {
  const names = field.names === undefined ? "" : `, or names like \`${field.names[1]}\``;
  return `\`*\`, numbers from ${field.min} to ${field.max}${names}, ranges \`a-b\`, lists, and steps \`*/n\` or \`a-b/n\``;
}

function invalid(problem: string, hint: string): ParsedSchedule {
  return { ok: false, problem, hint };
}

/** Whether it is an IANA time zone; offsets are none (D30). */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** `from`: milliseconds since the epoch; for `@every` the instant it counts from. */
export type NextRunsOptions = { readonly timezone?: string; readonly from: number; readonly count: number };

/**
 * The next instants strictly after `from`, in milliseconds since the epoch, ascending; `undefined` when the schedule or the time
 * zone is not valid. Daylight saving as in the cron library: a fixed time in a gap runs right after it, a repeated one runs once,
 * other schedules skip the gap and run in both passes. Contract §7, D37–D39.
 */
export function nextRuns(expression: string, options: NextRunsOptions): readonly number[] | undefined {
  const { timezone = "UTC", from, count } = options;
  const parsed = parseCronSchedule(expression);
  if (!parsed.ok || !isTimeZone(timezone)) return undefined;
  if (parsed.schedule.kind === "every") {
    const { intervalMs } = parsed.schedule;
    return Array.from({ length: count }, (_, index) => from + (index + 1) * intervalMs);
  }
  const cron = new Cron(parsed.schedule.fields, { mode: "5-part", timezone });
  return cron.nextRuns(count, isoTime(from)).map((run) => run.getTime());
}
