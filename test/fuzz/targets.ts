import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { stringify } from "smol-toml";
import { appJsonSchema, CODES_BEYOND_SCHEMA } from "../../src/contract/app-json-schema.ts";
import { parseAppJson } from "../../src/contract/app-json.ts";
import { parseAptibleYml } from "../../src/contract/aptible-yml.ts";
import { planCommand, type CommandProblem } from "../../src/contract/command.ts";
import { isTimeZone, nextRuns, parseCronSchedule } from "../../src/contract/cron-schedule.ts";
import { parseDotenv, printDotenv } from "../../src/contract/dotenv.ts";
import { FINDINGS_MAX } from "../../src/contract/finding-list.ts";
import { parseJsonDocument } from "../../src/contract/json-document.ts";
import { APP_JSON_DIALECT } from "../../src/contract/json-place.ts";
import { anything } from "../../src/contract/json-reader.ts";
import { judgePath, parseIgnoreFile } from "../../src/contract/ignore-file.ts";
import { printProcfile } from "../../src/contract/procfile-print.ts";
import { parseProcfile } from "../../src/contract/procfile.ts";
import { parseProjectToml } from "../../src/contract/project-toml.ts";
import type { Diagnostic, Parsed } from "../../src/model/diagnostic.ts";
import { BUILDPACK_TARGETS } from "./buildpack-targets.ts";
import { APP_JSON_SHAPE, PROJECT_TOML_SHAPE } from "./shaped.ts";
import { assertFindings, target, type Target } from "./target.ts";

const COMMON = [
  " ",
  "\t",
  "\n",
  "\r\n",
  "\r",
  "\0",
  "\uFEFF",
  "\u00a0",
  "é",
  "😀",
  "\ud800",
  "\u001b[31m",
  "#",
  "__proto__",
];

const procfile = target({
  name: "procfile",
  share: 160,
  tokens: [...COMMON, "web", "worker", "release", ":", "//", "\\", "-", "_", "<<<<<<<", "=======", ": x\n"],
  parse: (raw) => parseProcfile(raw),
  check: (raw, { value, diagnostics }) => {
    assertParsed(raw, diagnostics);
    const entries = value.map(({ name, command }) => ({ name, command }));
    const printed = printProcfile(entries);
    assert.ok(printed.ok);
    const again = parseProcfile(printed.text);
    assert.deepEqual(
      again.value.map(({ name, command }) => ({ name, command })),
      entries,
    );
    assert.ok(entries.length === 0 || again.diagnostics.length === 0);
  },
});

const appJson = target({
  name: "app-json",
  share: 230,
  tokens: [
    ...COMMON,
    ...['"', "{", "}", "[", "]", ",", ":", "//", "/*", "*/", "\\u00e9", "\\", "1", "-1", "1e99", "true", "null", '""'],
    ...["env", "formation", "web", "quantity", "autoscaling", "triggers", "type", "cpu", "scripts", "dokku", "cron"],
    ...[
      "schedule",
      "@daily",
      "healthchecks",
      "path",
      "listening",
      "environments",
      "addons",
      "plan",
      "buildpacks",
      "url",
    ],
  ],
  shaped: APP_JSON_SHAPE.map((value) => JSON.stringify(value, undefined, 1)),
  parse: (raw) => parseAppJson(raw, { procfile: ["web", "worker"] }),
  check: (raw, { value, diagnostics }) => {
    assertParsed(raw, diagnostics);
    assertSchemaAgrees(raw, diagnostics);
    if (hasErrors(diagnostics)) return;
    // The value is an app.json again: short forms opened, defaults filled in.
    const again = parseAppJson(JSON.stringify(value), { procfile: ["web", "worker"] });
    assert.deepEqual(again, { value, diagnostics: again.diagnostics.filter((d) => d.code === "APP_UNKNOWN_KEY") });
  },
});

const projectToml = target({
  name: "project-toml",
  share: 140,
  tokens: [
    ...COMMON,
    ...["[", "]", "[[", "]]", "{", "}", "=", ".", ",", '"', "'", '"""', "'''", "\\", "1", "true", "2026-01-01", "1_0"],
    ...["_", "schema-version", '"0.2"', '"0.1"', "io", "buildpacks", "group", "id", "uri", "version", "script", "api"],
    ...[
      "inline",
      "include",
      "exclude",
      "build",
      "env",
      "name",
      "value",
      "pre",
      "post",
      "project",
      "metadata",
      "from=builder",
    ],
  ],
  shaped: PROJECT_TOML_SHAPE.map((value) => stringify(value as Record<string, unknown>)),
  parse: (raw) => parseProjectToml(raw),
  check: (raw, { value, diagnostics }) => {
    assertParsed(raw, diagnostics);
    assert.ok(value.include === undefined || value.exclude === undefined);
    assert.ok(value.group === undefined || (value.pre === undefined && value.post === undefined));
    assert.equal(new Set(value.env.map((one) => one.name)).size, value.env.length);
    for (const one of [...(value.group ?? []), ...(value.pre ?? []), ...(value.post ?? [])])
      assert.ok(one.id !== undefined || one.uri !== undefined);
  },
});

const dotenv = target({
  name: "dotenv",
  share: 120,
  tokens: [...COMMON, "A", "B", "=", "'", '"', "`", "\\n", "\\", "export ", "A=1\n", "$A"],
  parse: (raw) => parseDotenv(raw),
  check: (raw, { value, diagnostics }) => {
    assertParsed(raw, diagnostics);
    const entries = value.map(({ name, value: text }) => ({ name, value: text }));
    const printed = printDotenv(entries);
    assert.ok(printed.ok, "what was read can be written");
    const again = parseDotenv(printed.text);
    assert.deepEqual(again.diagnostics, []);
    assert.deepEqual(
      again.value.map(({ name, value: text }) => ({ name, value: text })),
      entries,
    );
  },
});

const aptibleYml = target({
  name: "aptible-yml",
  share: 80,
  tokens: [
    ...COMMON,
    ...[
      "- ",
      ": ",
      "? ",
      "[",
      "]",
      "{",
      "}",
      ",",
      "&a ",
      "*a",
      "!x ",
      "|",
      ">",
      "'",
      '"',
      "---\n",
      "...\n",
      "%",
      "@",
      "~",
    ],
    ...["before_deploy", "before_release", "after_deploy_success", ":\n", "  ", "<<", "true", "1", "\\"],
  ],
  parse: (raw) => parseAptibleYml(raw),
  check: (raw, { value, diagnostics }) => {
    assertParsed(raw, diagnostics);
    for (const commands of Object.values(value))
      for (const command of commands) assert.ok(command.trim() !== "" && !command.includes("\0"));
  },
});

const FROM_MS = 1_767_225_600_000;

const cron = target({
  name: "cron",
  share: 60,
  tokens: [
    "*",
    " ",
    "0",
    "5",
    "59",
    "7",
    ",",
    "-",
    "/",
    "SUN",
    "jan",
    "@daily",
    "@every ",
    "1h",
    "90s",
    "L",
    "W",
    "#",
    "?",
    "+",
    "\0",
    "é",
    "31",
    "2",
  ],
  parse: (raw) => ({ parsed: parseCronSchedule(raw), isZone: isTimeZone(raw) }),
  check: (raw, { parsed, isZone }) => {
    assert.ok(!isZone || raw.length > 0);
    if (!parsed.ok)
      return assertFindings("x", [{ line: 1, column: 1, message: `${parsed.problem}.`, hint: parsed.hint }]);
    const runs = nextRuns(raw, { from: FROM_MS, count: 2 });
    const [first = 0, second = 0] = runs ?? [];
    assert.ok(first > FROM_MS && second > first, JSON.stringify(runs));
    if (parsed.schedule.kind === "pattern") assert.deepEqual(parseCronSchedule(parsed.schedule.fields), parsed);
  },
});

const command = target({
  name: "command",
  share: 90,
  tokens: [
    "a",
    " ",
    "\t",
    "'",
    '"',
    "\\",
    "$",
    "`",
    "\n",
    "#",
    "A=",
    ";",
    "&&",
    "|",
    "${",
    "$(",
    "exec ",
    "\0",
    "🚀",
    "*",
  ],
  parse: (raw) => planCommand(raw),
  check: (raw, plan) => {
    for (const mode of Object.values(plan)) if ("error" in mode) assertProblem(raw, mode.error);
    if (!("argv" in plan.direct)) return;
    assert.deepEqual(plan.direct, plan.entrypoint);
    // In single quotes each word is itself, in every mode.
    const quoted = plan.direct.argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    if (plan.direct.argv.some((word) => word !== "")) assert.deepEqual(planCommand(quoted).direct, plan.direct);
  },
});

const ignoreFile = target({
  name: "ignore-files",
  share: 30,
  tokens: [...COMMON, "*", "**", "/", "!", "[", "]", "a-z", "\\", "?", "[!", "[:alpha:]", "dist", ".js"],
  parse: (raw) => parseIgnoreFile(raw),
  check: (_raw, rules) => {
    for (const path of [["a"], ["dist", "x.js"], ["a", "b", "c", "é"]]) judgePath(rules, path, false);
  },
});

/** Shares add up to a thousand. */
export const TARGETS: readonly Target[] = [
  procfile,
  appJson,
  projectToml,
  dotenv,
  aptibleYml,
  cron,
  command,
  ignoreFile,
  ...BUILDPACK_TARGETS,
];

function assertParsed(raw: string, diagnostics: Parsed<unknown>["diagnostics"]): void {
  assertFindings(raw, diagnostics);
  assert.ok(diagnostics.length <= 2 * FINDINGS_MAX + 2);
  const places = diagnostics.map((d) => d.line * 1e6 + d.column);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
}

const isAccepted = new Ajv2020().compile(appJsonSchema());

/** The schema accepts what the parser reads without an error, and refuses the rest, as far as a schema can. */
function assertSchemaAgrees(raw: string, diagnostics: readonly Diagnostic[]): void {
  const document = parseJsonDocument(raw.startsWith("\uFEFF") ? raw.slice(1) : raw);
  if (!document.ok || document.root === undefined) return;
  const place = { node: document.root, pointer: "", report: () => undefined, dialect: APP_JSON_DIALECT };
  const errors = diagnostics.filter((d) => d.severity === "error");
  const isExpressible = errors.some(
    (d) =>
      !CODES_BEYOND_SCHEMA.includes(d.code) &&
      !d.message.startsWith("`max_quantity` is") &&
      !d.message.endsWith("is larger than 64 KiB.") &&
      d.code !== "FILE_MORE_ERRORS",
  );
  if (errors.length === 0 || isExpressible)
    assert.equal(isAccepted(anything.read(place)), errors.length === 0, JSON.stringify(isAccepted.errors ?? errors));
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}

function assertProblem(raw: string, problem: CommandProblem): void {
  assertFindings(raw.startsWith("\uFEFF") ? `\uFEFF${raw}` : raw, [problem]);
  assert.ok(!/\p{Cc}/u.test(problem.syntax));
}
