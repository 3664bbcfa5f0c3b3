import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "./platforms.ts";
import { findingsByPlatform, shownFindings } from "./testing/shown-findings.ts";

type ByPlatform = Readonly<Partial<Record<Platform, string>>>;

const HEROKUS = ["heroku", "heroku-cnb"] as const;

/** `app.json:` is left out: these are all about it. */
function same(found: string, ...platforms: readonly Platform[]): ByPlatform {
  return Object.fromEntries(platforms.map((platform) => [platform, found]));
}

function found(appJson: string, procfile: string): ByPlatform {
  const all = findingsByPlatform({ Procfile: procfile, "app.json": appJson });
  return Object.fromEntries(
    Object.entries(all).map(([platform, shown]) => [platform, shown.replaceAll("app.json:", "")]),
  );
}

const CASES: readonly [title: string, appJson: string, found: ByPlatform, procfile?: string][] = [
  ["AJ001 a byte-order mark", "\uFEFF{}", same("AJ001@1", ...HEROKUS, "apppack")],
  ["AJ001 blanks are an empty file", " \n\n", same("AJ001@1", ...HEROKUS, "apppack")],
  [
    "AJ001 the first of several",
    '{\n"a": [1,],\n"b" 2\n}',
    { ...same("AJ001@2", ...HEROKUS, "apppack"), dokku: "AJ001@3" },
  ],
  ["AJ001 a comment before the error", "/* a */\n{", { ...same("AJ001@1", ...HEROKUS, "apppack"), dokku: "AJ001@2" }],
  ["AJ001 signs inside text are text", '{"a": "// x /* y */ ,} \\" ,]"}', {}],
  ["AJ001 deep nesting is JSON", `${"[".repeat(200)}${"]".repeat(200)}`, {}],
  [
    "AJ001 the rest is still looked at",
    '{\n// c\n"scripts": {"postdeploy": {"command": "x"}}}',
    {
      ...same("AJ001@2", ...HEROKUS),
      apppack: "AJ001@2 AJ003@3",
      dokku: "AJ003@3",
    },
  ],
  ["AJ002 text in its place is text", '{"scripts": {"dokku": "x"}}', {}],
  [
    "AJ003 every script at AppPack, two at Dokku",
    '{"scripts": {\n"pr-predestroy": {"command": "a"},\n"dokku": {"predeploy":\n{"command": "b"}}}}',
    {
      apppack: "AJ003@2 AJ002@3",
      dokku: "AJ003@3",
    },
  ],
  [
    "AJ004 numbers are no text either",
    '{"environments": {"ci": {"env": {\n"A": 1,\n"B": "2"}}}}',
    { apppack: "AJ004@2" },
  ],
  [
    "AJ005 values of variables",
    '{"env": {\n"A": true,\n"B": {"value": 1},\n"C": {"value": "1", "required": "no"},\n"D": ["x"]}}',
    same("AJ005@2 AJ005@3 AJ005@4 AJ005@5", ...HEROKUS, "dokku"),
  ],
  ["AJ005 Dokku takes null for nothing", '{"env": {"A": null}}', { ...same("AJ005@1", ...HEROKUS), dokku: "AJ007@1" }],
  [
    "AJ005 quantities",
    '{"formation": {\n"web": {"quantity": 1.0},\n"a": {"quantity": 1e1},\n"b": {"quantity": 10}}}',
    same("AJ005@2 AJ005@3", ...HEROKUS, "dokku"),
    "web: x\na: x\nb: x\n",
  ],
  ["AJ005 formations", '{"formation": [{"process": "web"}]}', same("AJ005@1", ...HEROKUS, "dokku")],
  ["AJ005 entries of a formation", '{"formation": {"web": 1}}', same("AJ005@1", ...HEROKUS, "dokku")],
  [
    "AJ005 what Dokku alone refuses",
    '{"formation": {"web": {\n"service": false,\n"autoscaling": {"triggers": {"cpu": {}}}}}}',
    { dokku: "AJ005@2 AJ005@3" },
  ],
  [
    "AJ005 objects and lists are fine",
    '{"formation": {"web": {"service": {"exposed": true}, "autoscaling": {"triggers": []}}}}',
    {},
  ],
  [
    "AJ005 keys in another case count where they are read",
    '{"Formation": {"web": {"Quantity": "1"}}}',
    { ...same("AJ018@1", ...HEROKUS), dokku: "AJ005@1" },
  ],
  [
    "AJ006 no names",
    '{"env": {\n"1A": "x",\n"A-B": "x",\n"": "x"}}',
    same("AJ006@2 AJ006@3 AJ006@4", ...HEROKUS, "dokku"),
  ],
  ["AJ006 Heroku's second prefix", '{"env": {"__A": "x", "_A": "x", "HEROKU": "x"}}', same("AJ006@1", ...HEROKUS)],
  ["AJ007 an empty value", '{"env": {\n"A": "",\n"B": {"value": ""}}}', { dokku: "AJ007@2 AJ007@3" }],
  [
    "AJ007 other generators give nothing",
    '{"env": {"A": {"generator": "uuid"}}}',
    same("AJ007@1", ...HEROKUS, "dokku"),
  ],
  ["AJ008 nothing listed leaves nothing out", '{"formation": {}}', {}, "web: a\nworker: b\n"],
  [
    "AJ008 Dokku needs a quantity",
    '{"formation": {"web": {"size": "x"}}}',
    same("AJ008@1", "apppack", "aptible"),
    "web: a\nworker: b\n",
  ],
  [
    "AJ008 a quantity of 0 is one",
    '{"formation": {"web": {"quantity": 0}}}',
    same("AJ008@1", "dokku", "apppack", "aptible"),
    "web: a\nworker: b\n",
  ],
  [
    "AJ009 a quantity of 0 is harmless at Dokku",
    '{"formation": {"web": {}, "job": {"quantity": 0}}}',
    same("AJ009@1", ...HEROKUS),
  ],
  [
    "AJ009 after renaming",
    '{"formation": {"web": {"quantity": 1}, "my_job": {"quantity": 1}}}',
    { "heroku-cnb": "PF005@2 AJ009@1", apppack: "PF005@2" },
    "web: a\nmy_job: b\n",
  ],
  ["AJ009 without a Procfile types are unknown", '{"formation": {"job": {"quantity": 1}}}', {}, ""],
  ["AJ011 retired and new stacks", '{"stack": "heroku-20"}', { apppack: "AJ011@1" }],
  ["AJ011 the one it translates, and images", '{"stack": "heroku-22"}', {}],
  ["AJ012 none asked for", '{"addons": []}', {}],
  ["AJ013 none scheduled", '{"cron": []}', {}],
  [
    "AJ014 objects are another matter",
    '{"environments": {"test": {"addons": [\n{"plan": "x"},\n"heroku-redis:in-dyno",\n"heroku-redis"]}}}',
    { apppack: "AJ004@2 AJ014@4" },
  ],
  [
    "AJ015 nothing is lost",
    '{"env": {"A": "1"}, "environments": {"review": {"env": {"A": "2", "B": "3"}, "scripts": {"postdeploy": "x"}}}}',
    {},
  ],
  [
    "AJ015 an add-on is lost, another plan of it is not",
    '{"addons": ["pg:big", "redis"], "environments": {"review": {\n"addons": ["pg:small"]}}}',
    {
      ...same("AJ015@2", ...HEROKUS),
      ...same("AJ012@1", "dokku", "apppack", "aptible"),
    },
  ],
  [
    "AJ016 an object with the same command",
    '{"scripts": {"dokku": {"predeploy": {"command": "bin/m "}}}}',
    {
      ...same("PF013@1", ...HEROKUS),
      apppack: "PF013@1 AJ002@1",
      aptible: "PF012@1",
      dokku: "PF013@1 AJ003@1 AJ016@1",
    },
    "release: bin/m\nweb: a\n",
  ],
  ["AJ017 a blank script is none", '{"scripts": {"postdeploy": " "}}', {}],
  [
    "AJ018 every later one, at any depth",
    '{"env": {\n"A": "1",\n"A": "2",\n"A": "3"}}',
    same("AJ018@3 AJ018@4", ...HEROKUS, "dokku", "apppack"),
  ],
  ["AJ018 an unknown key is no known one", '{"Envs": {}, "x": 1}', {}],
  ["RT003 limits are reached, not passed", '{"formation": {"web": {"stop_timeout": 10}}}', {}],
  [
    "RT003 over both limits",
    '{"formation": {"web": {"stop_timeout": 31}}}',
    same("RT003@1", ...HEROKUS, "dokku", "aptible"),
  ],
  ["a list is no app.json to look into", "[]", {}],
];

for (const [title, appJson, expected, procfile = "web: bin/web\n"] of CASES) {
  // Findings about the Procfile stand first, as their file sorts first.
  test(title, () => assert.deepEqual(found(appJson, procfile), expected));
}

/** Entries of `cron`, and whether Dokku does something else with them. */
const CRON: readonly [command: string, schedule: string, isDifferent: boolean][] = [
  ["bin/a", "0 1 * * *", false],
  ["bin/a 'x y' # c", "@daily", false],
  ["bin/a '$X'", "@daily", false],
  ["bin/a", "0 0 * * */7", false],
  ["bin/a", "7 7 7 7 *", false],
  ["bin/a; bin/b", "@daily", true],
  ["bin/a > x", "@daily", true],
  ["bin/a $X", "@daily", true],
  ['bin/a "$X"', "@daily", true],
  ["bin/a `b`", "@daily", true],
  ["A=1 bin/a", "@daily", true],
  ["bin/a", "@every 5m", true],
  ["bin/a", "0 0 * * 7", true],
  ["bin/a", "0 0 * * 1,7", true],
  ["bin/a", "0 0 * * 5-7", true],
  ["bin/a", "TZ=UTC 0 0 * * *", true],
];

for (const [command, schedule, isDifferent] of CRON) {
  test(`AJ013 Dokku: ${command} at ${schedule}`, () => {
    const appJson = `{"cron": [\n${JSON.stringify({ command, schedule })}]}`;
    const expected = isDifferent ? "AJ013@app.json:2" : "";
    assert.equal(shownFindings({ Procfile: "web: a\n", "app.json": appJson }, "dokku"), expected);
    assert.equal(shownFindings({ Procfile: "web: a\n", "app.json": appJson }, "aptible"), "AJ013@app.json:1");
  });
}

test("AJ013 a time zone, once per entry that has one", () => {
  const entry = '{"command": "a", "schedule": "@daily"';
  const appJson = `{"cron": [\n${entry}},\n${entry}, "timezone": "UTC"}]}`;
  assert.equal(shownFindings({ "app.json": appJson }, "dokku"), "AJ013@app.json:3");
});

test("no message or hint holds the value of a variable", async () => {
  const { checkPortability } = await import("./check-portability.ts");
  const { PLATFORM_NAMES } = await import("./platforms.ts");
  const planted = "PLANTED7";
  const appJson = `{"env": {"A": "${planted}", "A": {"value": "${planted}", "required": "${planted}"}, "B": ["${planted}"]}, "environments": {"review": {"env": {"C": {"value": "${planted}"}}}}}`;
  for (const platform of PLATFORM_NAMES) {
    const findings = checkPortability(new Map([["app.json", appJson]]), platform);
    assert.ok(!JSON.stringify(findings).includes(planted), platform);
  }
});
