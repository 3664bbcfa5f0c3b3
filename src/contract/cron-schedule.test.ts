import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { isTimeZone, nextRuns, parseCronSchedule } from "./cron-schedule.ts";

type Case = {
  readonly id: string;
  readonly schedule: string;
  readonly timezone?: string;
  readonly from: string;
  readonly expect: { readonly valid: boolean; readonly next?: readonly string[] };
};

const CASES = JSON.parse(
  readFileSync(new URL("../../test/cases/cron.json", import.meta.url), "utf8"),
) as readonly Case[];

test("§7 there are cases to run", () => assert.ok(CASES.length >= 56));

for (const { id, schedule, timezone = "UTC", from, expect } of CASES) {
  test(`§7 ${id}`, () => {
    assert.equal(parseCronSchedule(schedule).ok && isTimeZone(timezone), expect.valid);
    const runs = nextRuns(schedule, { timezone, from: Date.parse(from), count: 3 });
    assert.deepEqual(
      runs,
      expect.next?.map((instant) => Date.parse(instant)),
    );
  });
}

const VALID = [
  ..."@midnight|@every 2m|@every 1h|@every\t60s|@every 0h1m0s|0-59/60 2 * * *|*/60 */24 */31 */12 */7|0 0 * * FRI-SUN|0 0 * * 5-7".split(
    "|",
  ),
  ..."0 0 * * 7-7|0 0 * * sun-sat/2|0 0 1-31 * 1|*,5 * * * *|0 0 1 JAN-mar *|0 0 31 1-12 *|0 0 30 2 1|007 0 * * *".split(
    "|",
  ),
];

for (const schedule of VALID) {
  test(`§7 \`${schedule}\` is valid`, () =>
    assert.deepEqual({ ...parseCronSchedule(schedule), schedule: "" }, { ok: true, schedule: "" }));
}

const INVALID = [
  ..."@|@every|@every 1m1h|@every 1.5h|@every -5m|@every 59s|@every 5m extra|@EVERY 5m|@hourly x|CRON_TZ=UTC 0 1 * * *|0 0 15W * *|0 0 * * 5L".split(
    "|",
  ),
  ..."0 0 * * +1|0 0 * * monday|0 0 * january *|2026-01-01T00:00:00|* * * * *\n|*/61 * * * *|1-2-3 * * * *|*-5 * * * *|-5 * * * *|5- * * * *".split(
    "|",
  ),
  ..."mon * * * *|0 0 * * mon/2|0 0 * * sat-mon|0 0 * * 7-1|, * * * *|* * * * *,|1/ * * * *|~ * * * *|H * * * *|٣ * * * *|   ".split(
    "|",
  ),
];

for (const schedule of INVALID) {
  test(`§7 ${JSON.stringify(schedule)} is not valid, and says why`, () => {
    const parsed = parseCronSchedule(schedule);
    assert.ok(!parsed.ok);
    assert.ok(parsed.problem !== "" && parsed.hint.endsWith("."));
  });
}

const days = (schedule: string): string => {
  const runs = nextRuns(schedule, { from: Date.parse("2026-01-05T12:00:00Z"), count: 4 });
  return runs?.map((ms) => ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"][new Date(ms).getUTCDay()]).join(" ") ?? "";
};

for (const [schedule, expected] of [
  ["0 0 * * FRI-SUN", "Fr Sa Su Fr"],
  ["0 0 * * 5-7", "Fr Sa Su Fr"],
  ["0 0 * * SAT,7", "Sa Su Sa Su"],
  ["0 0 */31 * 3", "We We We We"],
] as const) {
  test(`D34, D36 \`${schedule}\` fires on ${expected}`, () => assert.equal(days(schedule), expected));
}

for (const [name, expected] of [
  ["UTC", true],
  ["Europe/Paris", true],
  ["Etc/GMT+5", true],
  ["+01:00", false],
  ["-05", false],
  ["GMT+1", false],
  ["", false],
  ["Europe/ Paris", false],
] as const) {
  test(`D30 time zone ${JSON.stringify(name)}: ${expected}`, () => assert.equal(isTimeZone(name), expected));
}

test("§7 a wrong time zone gives no runs", () =>
  assert.equal(nextRuns("* * * * *", { timezone: "+01:00", from: 0, count: 1 }), undefined));

const digits = fc.integer({ min: 0, max: 62 }).map(String);
const item = fc.oneof(
  fc.constantFrom("*", "*/2", "*/7", "1-5", "5-7", "mon", "FRI-SUN", "jan-mar", "0", "31", "30"),
  digits,
  fc.tuple(digits, digits).map(([a, b]) => `${a}-${b}`),
  fc.tuple(digits, digits, digits).map(([a, b, c]) => `${a}-${b}/${c}`),
);
const field = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));

test("§7 what the grammar accepts the cron library can run, and it fires (fuzz)", () => {
  fc.assert(
    fc.property(fc.tuple(field, field, field, field, field), (fields) => {
      const schedule = fields.join(" ");
      const from = Date.parse("2026-03-28T12:00:00Z");
      const runs = nextRuns(schedule, { timezone: "Europe/Paris", from, count: 2 });
      assert.equal(runs === undefined, !parseCronSchedule(schedule).ok);
      if (runs === undefined) return;
      const [first = 0, second = 0] = runs;
      assert.ok(from < first && first < second, `${schedule}: ${runs.join()}`);
    }),
    { numRuns: 1_000 },
  );
});

test("§7 no text makes it throw (fuzz)", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(fc.constantFrom("@every", "@daily", " ", "*", "/", "-", ",", "5", "h", "m", "s", "\n", "L"))
      .map((parts) => parts.join("")),
  );
  fc.assert(fc.property(text, (raw) => void parseCronSchedule(raw)));
});
