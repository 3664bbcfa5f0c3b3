import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parseAppJson } from "../app-json.ts";
import { parseProcfile } from "../procfile.ts";
import { planFixes as planFixesOf, type FixedFile } from "./fix-plan.ts";

type Files = Readonly<Record<string, string>>;
const planFixes = (files: Files): readonly FixedFile[] => planFixesOf(new Map(Object.entries(files)));

type Case = { readonly id: string; readonly input: string; readonly procfile?: string };

const read = (name: string): readonly Case[] =>
  JSON.parse(readFileSync(new URL(`../../../test/cases/${name}.json`, import.meta.url), "utf8")) as Case[];
const APP_CASES = read("app-json");
const PROCFILE_CASES = read("procfile");

/** Text before, text after; the same text when nothing may be touched. */
const PROCFILES: readonly (readonly [string, string])[] = [
  ["web: a\n", "web: a\n"],
  ["\uFEFFweb: a\n", "web: a\n"],
  ["\uFEFF\uFEFFweb: a\n", "web: a\n"],
  ["web: a\r\nworker: b\r\n", "web: a\nworker: b\n"],
  ["web: a\r\nworker: b\n", "web: a\nworker: b\n"],
  ["web: a\rb\r\n", "web: a\rb\r\n"],
  ["web: a\r\r\n", "web: a\r\r\n"],
  ["// note\nweb: a // b\n\t//two\n", "# note\nweb: a // b\n\t#two\n"],
  ["// no\0te\nweb: a\n", "// no\0te\nweb: a\n"],
  ["web a\nweb:\n=======\n", "web a\nweb:\n=======\n"],
];

const APP_JSONS: readonly (readonly [string, string])[] = [
  ["{}\n", "{}\n"],
  ["", "{}\n"],
  ["// nothing yet\n", "{}\n"],
  ['\uFEFF{"name": "a"}', '{"name": "a"}'],
  ['\uFEFF{"name": }', '{"name": }'],
  ['{"name": "a", // x\n}', '{"name": "a"\n}'],
  ['{\n  // own line\n  "name": "a" /* behind */\n}\n', '{\n  "name": "a"\n}\n'],
  ['{\r\n  // own line\r\n  "name": "a", // x\r\n}\r\n', '{\r\n  "name": "a"\r\n}\r\n'],
  ['{"a//b": "/* c */", /* one */ /* two */ "name": "d",}', '{"a//b": "/* c */", "name": "d"}'],
  ['{"name"/* x */: "a"}', '{"name": "a"}'],
  ['{ /* a\n b */ "name": "a" }', '{ "name": "a" }'],
  ['{"env": {"A": 1, "B": false, "C": {"value": -5}}}', '{"env": {"A": "1", "B": "false", "C": {"value": "-5"}}}'],
  ['{"env": {"A": 1.50, "B": 1e3, "C": null, "D": []}}', '{"env": {"A": 1.50, "B": 1e3, "C": null, "D": []}}'],
  ['{"env": {"A": {"required": "false", "sync": "yes"}}}', '{"env": {"A": {"required": false, "sync": "yes"}}}'],
  ['{"formation": {"web": {"quantity": "1"}}}', '{"formation": {"web": {"quantity": 1}}}'],
  ['{"formation": {"web": {"quantity": 2.0}}}', '{"formation": {"web": {"quantity": 2}}}'],
  ['{"formation": {"web": {"quantity": "01"}}}', '{"formation": {"web": {"quantity": "01"}}}'],
  ['{"formation": {"release": {"quantity": "1"}}}', '{"formation": {"release": {"quantity": "1"}}}'],
  ['{"formation": {"web": {"service": true}}}', '{"formation": {"web": {"service": { "exposed": true }}}}'],
  ['{"buildpacks": ["heroku/nodejs", "bare"]}', '{"buildpacks": [{ "url": "heroku/nodejs" }, "bare"]}'],
  [
    '{"healthchecks": {"web": [{"type": "startup", "uptime": "3"}, {"type": "startup", "uptime": "0"}]}}',
    '{"healthchecks": {"web": [{"type": "startup", "uptime": 3}, {"type": "startup", "uptime": "0"}]}}',
  ],
  [
    '{"formation": {"web": {"autoscaling": {"min_quantity": "5", "max_quantity": "3"}}}}',
    '{"formation": {"web": {"autoscaling": {"min_quantity": 5, "max_quantity": "3"}}}}',
  ],
  [
    '{"formation": {"web": {"autoscaling": {"triggers": {"load": {"type": "cpu", "metadata": {"value": 80}}}}}}}',
    '{"formation": {"web": {"autoscaling": {"triggers": [{"name": "load", "type": "cpu", "metadata": {"value": "80"}}]}}}}',
  ],
  [
    '{"formation": {"web": {"autoscaling": {"triggers": {"a": {"type": "cpu", "name": "b"}}}}}}',
    '{"formation": {"web": {"autoscaling": {"triggers": {"a": {"type": "cpu", "name": "b"}}}}}}',
  ],
  [
    '{"environments": {"test": {"env": {"A": true}, "buildpacks": ["a/b"]}}}',
    '{"environments": {"test": {"env": {"A": "true"}, "buildpacks": [{ "url": "a/b" }]}}}',
  ],
  ['{"env": {"A": 1}, "env": {"B": 2}}', '{"env": {"A": 1}, "env": {"B": "2"}}'],
];

function fixed(path: string, before: string): string {
  return planFixes({ [path]: before })[0]?.after ?? before;
}

test("§2 a Procfile is put right where only one thing can be meant", () => {
  for (const [before, after] of PROCFILES) assert.equal(fixed("Procfile", before), after, JSON.stringify(before));
});

test("§3 an app.json is put right where only one thing can be meant, its layout kept", () => {
  for (const [before, after] of APP_JSONS) assert.equal(fixed("app.json", before), after, before);
});

test("§3 a quantity is put right only where the Procfile has the type", () => {
  const before = '{"formation": {"web": {"quantity": "1"}, "clock": {"quantity": "1"}}}';
  const [plan, ...others] = planFixes({ Procfile: "web: a\n", "app.json": before });
  assert.equal(plan?.after, '{"formation": {"web": {"quantity": 1}, "clock": {"quantity": "1"}}}');
  assert.deepEqual(others, []);
});

test("fixes name the lines of the file as it was, and hold no value", () => {
  const before = '// a\n{\n  // b\n  "env": {\n    "KEY": 12345, // c\n  }\n}\n';
  assert.deepEqual(planFixes({ "app.json": before })[0]?.fixes, [
    { line: 1, text: "comment removed" },
    { line: 3, text: "comment removed" },
    { line: 5, text: "comment removed" },
    { line: 5, text: "trailing comma removed" },
    { line: 5, text: "`env.KEY` became text" },
  ]);
});

test("files without a Procfile or app.json, and inherited names, give nothing", () => {
  assert.deepEqual(planFixes({ Dockerfile: "\uFEFFFROM a\r\n" }), []);
  assert.deepEqual(planFixes({}), []);
});

const LENIENCE = new Set(["APP_COMMENT", "APP_TRAILING_COMMA", "PROC_BOM", "PROC_SLASH_COMMENT"]);

/** After a fix: nothing new, nothing lenient left unless the file is no JSON, and a second time nothing to do. */
function assertFixed(files: Files): void {
  const plan = planFixes(files);
  const after = { ...files, ...Object.fromEntries(plan.map((file) => [file.path, file.after])) };
  assert.deepEqual(planFixes(after), [], "a second time nothing is left to do");
  const [before, now] = [found(files), found(after)];
  assert.deepEqual(
    now.filter((finding) => !before.includes(finding)),
    [],
    JSON.stringify(files),
  );
  if (!now.some((finding) => finding.startsWith("APP_SYNTAX")))
    assert.ok(!now.some((finding) => finding.startsWith("APP_COMMENT") || finding.startsWith("APP_TRAILING_COMMA")));
}

function found(files: Files): string[] {
  const procfile = files["Procfile"] === undefined ? undefined : parseProcfile(files["Procfile"]);
  const isKnown = procfile !== undefined && !procfile.diagnostics.some(({ severity }) => severity === "error");
  const types = isKnown ? { procfile: procfile.value.map((entry) => entry.name) } : {};
  const appJson = files["app.json"] === undefined ? [] : parseAppJson(files["app.json"], types).diagnostics;
  return [...(procfile?.diagnostics ?? []), ...appJson].map(({ code, path = "" }) => `${code} ${path}`);
}

test("every case of app.json and Procfile: fixed once, right, and quiet the second time", () => {
  for (const { input, procfile } of APP_CASES)
    assertFixed({ "app.json": input, ...(procfile === undefined ? {} : { Procfile: procfile }) });
  for (const { input } of PROCFILE_CASES) assertFixed({ Procfile: input });
});

test("what is found only for lenience is gone, and the value is the same", () => {
  for (const { id, input } of APP_CASES) {
    const before = parseAppJson(input);
    if (before.diagnostics.some(({ code }) => !LENIENCE.has(code))) continue;
    const after = parseAppJson(fixed("app.json", input));
    assert.deepEqual(after.diagnostics, [], id);
    assert.deepEqual(after.value, before.value, id);
  }
});

const KEYS = ["env", "A", "value", "required", "formation", "web", "quantity", "service", "autoscaling", "triggers"];
const MORE_KEYS = ["min_quantity", "max_quantity", "buildpacks", "url", "environments", "name", "type", "metadata"];
const leaf = fc.constantFrom<unknown>(1, 2.5, "1", "3", "true", "false", true, false, null, "cpu", "a/b", "");
const jsonish = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS, ...MORE_KEYS), tie("value")), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;
const NOISE = ["", " ", "\n", "\r\n", "// c\n", "/* c */", "/* c\nd */ ", "\t", "  // c\r\n"];
/** JSON with blanks, comments and trailing commas where they may stand. */
const noisy = fc
  .tuple(jsonish, fc.array(fc.tuple(fc.constantFrom(...NOISE), fc.boolean()), { minLength: 1, maxLength: 12 }))
  .map(([value, noise]) => {
    let at = 0;
    const tokens = JSON.stringify(value).match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
    return tokens
      .map((token, index) => {
        const [text = "", hasComma = false] = noise[(at += 1) % noise.length] ?? [];
        const isEnd = token === "}" || token === "]";
        const mayTrail = isEnd && !["{", "[", undefined].includes(tokens[index - 1]);
        return `${mayTrail && hasComma ? "," : ""}${text}${token}`;
      })
      .join("");
  });

test("any app.json: fixed once, right, and quiet the second time (fuzz)", () => {
  fc.assert(
    fc.property(noisy, fc.boolean(), (text, hasProcfile) =>
      assertFixed({ "app.json": text, ...(hasProcfile ? { Procfile: "web: a\n" } : {}) }),
    ),
    { numRuns: 2_000 },
  );
});
