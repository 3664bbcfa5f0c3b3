import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAppJson } from "./app-json.ts";

const summary = (input: string, procfile?: readonly string[]): string =>
  parseAppJson(input, procfile === undefined ? {} : { procfile })
    .diagnostics.map((d) => `${d.code}@${d.line}:${d.column}${d.path === "" ? "" : ` ${d.path}`}`)
    .join(", ");

/** `code@line:column path`, joined. */
const RULINGS: readonly [title: string, input: string, findings: string][] = [
  ["D13 a mark, blanks and comments are an empty object", "\uFEFF \n // c\n", "APP_COMMENT@2:2"],
  [
    "D14 one warning each a file",
    '{ // a\n"name": "x", /* b */ "keywords": ["a",],}',
    "APP_COMMENT@1:3, APP_TRAILING_COMMA@2:38",
  ],
  [
    "D16 $schema may hold anything, but only at the top",
    '{"$schema": null, "environments": {"x": {"$schema": 1}}}',
    "APP_UNKNOWN_KEY@1:42 /environments/x/$schema",
  ],
  ["D17 only the last value of a key is checked", '{"name": 5, "name": "a"}', "APP_DUPLICATE_KEY@1:13 /name"],
  [
    "D17 each later key is reported",
    '{"env": {"A": 1, "A": 2, "A": "3"}}',
    "APP_DUPLICATE_KEY@1:18 /env/A, APP_DUPLICATE_KEY@1:26 /env/A",
  ],
  ["D18 nothing besides a syntax error", '{"nam": 1, "env": [}', "APP_SYNTAX@1:20"],
  [
    "D19 NUL in a config value",
    '{"env": {"A": "a\\u0000b", "B": {"value": "\\u0000"}}}',
    "APP_TYPE@1:15 /env/A, APP_TYPE@1:42 /env/B/value",
  ],
  [
    "D19 port, attempts and wait have ranges",
    '{"healthchecks": {"web": [{"type": "startup", "listening": true,\n"port": 65536, "timeout": 0, "wait": -1, "scheme": "ftp"}]}}',
    "APP_TYPE@2:9 /healthchecks/web/0/port, APP_TYPE@2:27 /healthchecks/web/0/timeout, APP_TYPE@2:38 /healthchecks/web/0/wait, APP_TYPE@2:52 /healthchecks/web/0/scheme",
  ],
  [
    "D20 an object for a reserved name is an error too",
    '{"env": {"PORT": {"required": false}}}',
    "APP_ENV_RESERVED@1:10 /env/PORT",
  ],
  ["D20 PORTSIDE alone is free", '{"env": {"PORTSIDE": "x", "MY_PORT": "1"}}', ""],
  [
    "D24 max_quantity from 1, min_quantity from 0",
    '{"formation": {"web": {"autoscaling": {"min_quantity": 0, "max_quantity": 0}}}}',
    "APP_FORMATION_RANGE@1:75 /formation/web/autoscaling/max_quantity",
  ],
  [
    "D25 resources",
    '{"formation": {"web": {"resources": {"cpu": 0, "memory": "512"}}, "w": {"resources": {"cpu": 2, "memory": "1Gi"}}}}',
    "APP_TYPE@1:45 /formation/web/resources/cpu, APP_TYPE@1:58 /formation/web/resources/memory",
  ],
  [
    "D26 a trigger needs a known type",
    '{"formation": {"w": {"autoscaling": {"triggers": {"a": {}, "b": {"type": "disk"}}}}}}',
    "APP_TYPE@1:56 /formation/w/autoscaling/triggers/a, APP_TYPE@1:74 /formation/w/autoscaling/triggers/b/type",
  ],
  [
    "D28 unknown scripts, object with a blank command",
    '{"scripts": {"predeploy": "x", "dokku": {"deploy": "x"}, "test": {"command": " "}}}',
    "APP_UNKNOWN_KEY@1:14 /scripts/predeploy, APP_UNKNOWN_KEY@1:42 /scripts/dokku/deploy, APP_SCRIPT@1:66 /scripts/test",
  ],
  [
    "D28 a wrong type of command is reported once",
    '{"scripts": {"test": {"command": 5}}}',
    "APP_TYPE@1:34 /scripts/test/command",
  ],
  [
    "D29 blanks count as missing",
    '{"cron": [{"command": " ", "schedule": ""}]}',
    "APP_CRON_MISSING@1:11 /cron/0/command, APP_CRON_MISSING@1:11 /cron/0/schedule",
  ],
  [
    "D30 a policy is lower case, an offset is no time zone",
    '{"cron": [{"command": "a", "schedule": "@daily", "concurrency_policy": "Allow", "timezone": "+01:00"}]}',
    "APP_CRON_POLICY@1:72 /cron/0/concurrency_policy, APP_CRON_TIMEZONE@1:93 /cron/0/timezone",
  ],
  [
    "D31 an empty list is no command",
    '{"healthchecks": {"w": [{"type": "liveness", "command": []}]}}',
    "APP_TYPE@1:57 /healthchecks/w/0/command",
  ],
  [
    "D31 listening false and uptime 0 are no kind",
    '{"healthchecks": {"w": [{"type": "liveness", "listening": false, "uptime": 0}]}}',
    "APP_CHECK_KIND@1:25 /healthchecks/w/0",
  ],
  [
    "D32 environments inside are unknown",
    '{"environments": {"any name": {"environments": {}}}}',
    "APP_UNKNOWN_KEY@1:32 /environments/any name/environments",
  ],
  ["§3 an unknown key is not looked into", '{"x": {"a": 1, "a": null}}', "APP_UNKNOWN_KEY@1:2 /x"],
  [
    "§3 names of Object.prototype are unknown keys",
    '{"constructor": 1, "__proto__": {"name": 5}}',
    "APP_UNKNOWN_KEY@1:2 /constructor, APP_UNKNOWN_KEY@1:20 /__proto__",
  ],
  [
    "§8 a header needs name and value",
    '{"healthchecks": {"w": [{"type": "startup", "path": "/", "httpHeaders": [{"name": "A"}]}]}}',
    "APP_TYPE@1:74 /healthchecks/w/0/httpHeaders/0",
  ],
];

for (const [title, input, findings] of RULINGS) test(title, () => assert.equal(summary(input), findings));

const PROCFILE_RULINGS: readonly [title: string, input: string, findings: string][] = [
  [
    "D22 a quantity for an unknown type",
    '{"formation": {"w": {"quantity": 1}, "x": {"quantity": 0}, "y": {"size": "s"}}}',
    "APP_FORMATION_UNKNOWN_TYPE@1:16 /formation/w",
  ],
  [
    "D23 release is out of range, not unknown",
    '{"formation": {"release": {"quantity": 2}}}',
    "APP_FORMATION_RANGE@1:40 /formation/release/quantity",
  ],
  [
    "D32 environments are checked against the Procfile too",
    '{"environments": {"test": {"formation": {"w": {"quantity": 1}}}}}',
    "APP_FORMATION_UNKNOWN_TYPE@1:42 /environments/test/formation/w",
  ],
];

for (const [title, input, findings] of PROCFILE_RULINGS)
  test(title, () => assert.equal(summary(input, ["web"]), findings));

for (const [url, isValid] of [
  ["git@github.com:acme/x.git", true],
  ["git://host/x", true],
  ["ssh://git@host/x.git#v1", true],
  ["https://host/x.tgz", true],
  ["urn:cnb:builder:acme/x", true],
  ["../shared/buildpack", true],
  ["paketo-buildpacks/nodejs@1.2.3", true],
  ["ftp://host/x", false],
  ["/absolute/path", false],
  ["urn:buildpack:x", false],
  ["a/b/c", false],
  ["--upload-pack=x/y", false],
  ["https://", false],
  ["", false],
] as const) {
  test(`D27 the buildpack ${JSON.stringify(url)} is ${isValid ? "valid" : "not valid"}`, () =>
    assert.equal(
      summary(JSON.stringify({ buildpacks: [{ url }] })),
      isValid ? "" : "APP_BUILDPACK@1:23 /buildpacks/0/url",
    ));
}

test("§3 `__proto__` is a name like any other, and pollutes nothing", () => {
  const input =
    '{"env": {"__proto__": "x"}, "formation": {"__proto__": {"quantity": 2}}, "addons": [{"plan": "a", "options": {"__proto__": {"b": 1}}}]}';
  const { value, diagnostics } = parseAppJson(input);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(Object.keys(value.env ?? {}), ["__proto__"]);
  assert.equal(JSON.stringify(value.addons), '[{"plan":"a","options":{"__proto__":{"b":1}}}]');
  assert.equal(Reflect.get({}, "quantity"), undefined);
});

test("D73 the value for an environment has no environments, and names of Object.prototype are none", () => {
  const input = '{"name": "x", "environments": {"test": {"name": "t"}}}';
  assert.deepEqual(parseAppJson(input, { environment: "test" }).value, { name: "t" });
  assert.deepEqual(parseAppJson(input, { environment: "toString" }).value, { name: "x" });
  assert.deepEqual(parseAppJson(input).value, { name: "x", environments: { test: { name: "t" } } });
});

test("§1 wrong parts are left out of the value, the rest stays", () => {
  const input =
    '{"name": "x", "env": {"A": "1", "B-": "2", "C": 3}, "cron": [{"schedule": "bad"}], "formation": {"web": {"quantity": -1, "size": "s"}}}';
  const { value } = parseAppJson(input);
  assert.deepEqual(value, {
    name: "x",
    env: { A: { value: "1", required: true, sync: false } },
    cron: [],
    formation: { web: { size: "s" } },
  });
});

test("security: no message or hint holds a config value", () => {
  const secret = "hunter2";
  const inputs = [
    `{"env": {"A": "1" "${secret}"}}`,
    `{"env": {"A": ${secret}}}`,
    `{"env": {"A": {"value": ["${secret}"]}}}`,
    `{"env": {"A": "${secret}\\u0000"}}`,
    `{"env": "${secret}"}`,
  ];
  for (const input of inputs) {
    const { diagnostics } = parseAppJson(input);
    assert.equal(diagnostics.length, 1);
    assert.ok(!JSON.stringify(diagnostics).includes(secret), JSON.stringify(diagnostics));
  }
});

test("§3 messages name the place and both sides", () => {
  const messages = (input: string): string[] =>
    parseAppJson(input, { procfile: ["web"] }).diagnostics.map((d) => `${d.message} ${d.hint}`);
  assert.deepEqual(
    messages(
      '{"env": {"WORKERS": 4}, "formation": {"wep": {"quantity": 3}}, "cron": [{"command": "a", "schedule": "61 * * * *"}]}',
    ),
    [
      "`env.WORKERS` is a number, but must be text or an object. Put the value in double quotes.",
      "app.json asks for 3 `wep`, but the Procfile has `web`. Add the type to the Procfile, or correct its name here.",
      "The schedule `61 * * * *` is not valid: the minute has a value outside its range. Write `*`, numbers from 0 to 59, ranges `a-b`, lists, and steps `*/n` or `a-b/n`.",
    ],
  );
  assert.deepEqual(messages('{\n"name": "a",\n"name": "b"}'), [
    "`name` stands here again; only the last value counts. Remove all but one of them.",
  ]);
  assert.equal(parseAppJson('{\n"name": "a",\n"name": "b"}').diagnostics[0]?.otherLine, 2);
});

test("§3 nesting has a limit, and no depth makes it throw", () => {
  for (const input of ["[".repeat(500_000), '{"a":'.repeat(200_000), "[},".repeat(200_000)])
    assert.match(summary(input), /^APP_SYNTAX@1:\d+$/);
  assert.equal(summary(`{"addons": [{"plan": "a", "options": {"x": ${"[".repeat(90)}${"]".repeat(90)}}}]}`), "");
});
