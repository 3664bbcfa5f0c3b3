import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkEdges, findCycles } from "./tidy/edges.ts";
import type { Finding } from "./tidy/finding.ts";
import { applyRatchet, grownEntries, type Ratchet } from "./tidy/ratchet.ts";
import * as rules from "./tidy/rules.ts";
import { scanFile, type ScannedFile } from "./tidy/scan.ts";
import { checkPackageFile, checkRoomReadmes, checkText } from "./tidy/text-rules.ts";

const ROOT = join(import.meta.dirname, "..");
const CODE = /^(src|bin|buildpacks|test|tools|bench)\/.*\.(ts|mjs)$/;
const SOURCE_FILES_MIN = 30;
const RATCHET_FILE = "test/tidy/ratchet.json";

const git = (...args: string[]): string =>
  execFileSync("git", args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Committed files and those about to be; links and deleted ones left out. */
function listPaths(): string[] {
  const listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0");
  return [...new Set(listed)]
    .filter((path) => path !== "" && lstatSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile())
    .toSorted();
}

/** Host of the package registry that this machine is set up with, which is nobody else's business. */
function configuredHosts(): string[] {
  const registry = process.env["npm_config_registry"];
  return registry === undefined ? [] : [new URL(registry).host];
}

const CODE_RULES = [
  rules.checkBudgets,
  rules.checkBannedCalls,
  rules.checkBannedSyntax,
  rules.checkModules,
  rules.checkDocComments,
  rules.checkReasons,
  rules.checkSharedProcess,
  checkEdges,
];

const checkCode = (file: ScannedFile): Finding[] => CODE_RULES.flatMap((rule) => rule(file));

function assertNone(findings: readonly Finding[]): void {
  const lines = findings.map(({ path, line, rule, what }) => `${path}:${line}: ${rule}: ${what}`);
  assert.equal(lines.length, 0, `\n${lines.toSorted().join("\n")}\n`);
}

describe("tidy: the tree", () => {
  const paths = listPaths();
  const scanned = paths
    .filter((path) => CODE.test(path) && !path.startsWith("test/fixtures/"))
    .map((path) => scanFile(path, read(path)));
  const texts = paths.map((path) => ({ path, text: read(path) })).filter(({ text }) => !text.includes("\0"));

  test("files were seen at all", () => {
    const seen = scanned.filter(({ path }) => path.startsWith("src/")).length;
    assert.ok(seen >= SOURCE_FILES_MIN, `only ${seen} files of src/ were read`);
    assert.ok(
      scanned.some(({ imports }) => imports.length > 0) && scanned.some(({ functions }) => functions.length > 0),
    );
  });

  test("budgets, banned calls, doc comments and imports of every file", () => {
    assertNone(applyRatchet(scanned.flatMap(checkCode), JSON.parse(read(RATCHET_FILE)) as Ratchet));
  });

  test("no import cycle, types counted", () => {
    assert.deepEqual(findCycles(scanned), []);
  });

  test("every room of src has a README of at most 30 lines", () => {
    assertNone(checkRoomReadmes(paths, read));
  });

  test("no left-over notes, machine paths or registry hosts in any text file", () => {
    assertNone(texts.flatMap((file) => checkText(file, configuredHosts())));
  });

  test("exact versions in package files, no addresses in lock files", () => {
    const files = texts.filter(({ path }) => /(^|\/)package(-lock)?\.json$/.test(path));
    assert.ok(files.length >= 2, "no package files were read");
    assertNone(files.flatMap(checkPackageFile));
  });

  test("the ratchet did not grow since the last commit", (t) => {
    const before = gitShow(`HEAD:${RATCHET_FILE}`);
    if (before === undefined) return t.skip("the last commit has no ratchet file");
    assert.deepEqual(grownEntries(JSON.parse(before) as Ratchet, JSON.parse(read(RATCHET_FILE)) as Ratchet), []);
  });
});

function gitShow(object: string): string | undefined {
  try {
    return git("show", object);
  } catch {
    // No such object: the file is new, or this is no repository with a commit.
    return undefined;
  }
}

const DOC = "/** Does it. */\n";
const linesOf = (count: number): string => "  // line\n".repeat(count);

/** A rule, a file that breaks it, its text. Each must be found, and by this rule. */
const PLANTED: readonly (readonly [rule: string, path: string, text: string])[] = [
  ["file lines", "src/build/a.ts", linesOf(401)],
  ["file lines", "src/build/a.test.ts", linesOf(601)],
  ["file lines", "bin/portside.ts", linesOf(11)],
  ["function lines", "src/build/a.ts", `function a() {\n${linesOf(59)}}\n`],
  ["function lines", "src/build/a.ts", `class A {\n  run = () => {\n${linesOf(59)}  };\n}\n`],
  ["positional parameters", "src/build/a.ts", "const a = (b: 1, c: 2, d: 3, e: 4) => b;"],
  ["positional parameters", "src/build/a.test.ts", "class A { b(c: 1, d: 2, e: 3, ...f: number[]) {} }"],
  ["nesting", "src/build/a.ts", "function f() { for (;;) { if (1) { try { while (1) { if (2) {} } } finally {} } } }"],
  [
    "nesting",
    "src/build/a.ts",
    "function f() { for (;;) { if (1) { [1].map(() => { while (1) { if (2) { do {} while (0) } } }) } } }",
  ],
  ["banned call", "src/build/a.ts", "const at = Date.now();"],
  ["banned call", "src/build/a.ts", "const at = new Date();"],
  ["banned call", "src/build/a.ts", "const n = Math.random();"],
  ["banned call", "src/build/a.ts", "setTimeout(() => 1, 5);"],
  ["banned call", "src/build/a.ts", "const wait = globalThis.x ?? setInterval;"],
  ["banned call", "src/build/a.ts", 'const home = process.env["HOME"];'],
  ["banned call", "src/build/a.ts", 'import { spawn } from "node:child_process";'],
  ["banned call", "src/build/a.ts", 'import { setTimeout as wait } from "node:timers/promises";'],
  ["banned call", "src/build/a.ts", 'const { spawn } = await import("child_process");'],
  ["banned call", "src/cli/a.ts", 'console.log("hello");'],
  ["banned syntax", "src/lib/a.ts", 'spawn("ls", { shell: true });'],
  ["banned syntax", "test/a.test.ts", 'import { execSync } from "node:child_process";'],
  ["banned syntax", "src/control/a.ts", 'if (engine.name === "process") {}'],
  ["banned syntax", "src/control/a.ts", 'const slow = "docker" !== this.#engine.name;'],
  ["banned syntax", "src/control/a.ts", 'switch (engineName) { case "docker": break; }'],
  ["banned syntax", "src/model/a.ts", "enum A { B }"],
  ["banned syntax", "src/model/a.ts", "namespace A { export const b = 1; }"],
  ["banned syntax", "src/model/a.ts", "class A { constructor(private b: string) {} }"],
  ["banned syntax", "src/model/a.ts", "export default 1;"],
  ["barrel", "src/build/index.ts", "const a = 1;"],
  ["barrel", "src/build/a.ts", 'export * from "./b.ts";'],
  ["barrel", "src/build/a.ts", 'export type { B } from "./b.ts";'],
  ["zod import", "src/wire/a.ts", 'import { z } from "zod";'],
  ["doc comment", "src/build/a.ts", "export function a() {}"],
  ["doc comment", "src/build/a.ts", "// not a doc comment\nexport type A = { b: 1 };"],
  ["doc comment", "src/build/a.ts", `${DOC}const b = 1;\nexport const a = () => b;`],
  ["reason", "src/build/a.ts", "const a = b as any;"],
  ["reason", "src/build/a.ts", "const a = b!;"],
  ["reason", "src/build/a.test.ts", "// @ts-expect-error\nconst a: string = 1;"],
  ["reason", "src/build/a.ts", "// oxlint-disable-next-line no-eval\nconst a = 1;"],
  ["shared process", "src/build/a.test.ts", 'process.chdir("/");'],
  ["shared process", "src/build/a.test.ts", 'process.env["A"] = "b";'],
  ["shared process", "src/build/a.test.ts", "delete process.env.A;"],
  ["shared process", "src/build/a.test.ts", 'test.only("a", () => {});'],
  ["edge", "src/model/a.ts", 'import { a } from "../control/b.ts";'],
  ["edge", "src/lib/a.ts", 'import type { A } from "../model/a.ts";'],
  ["edge", "src/edge/a.ts", 'import type { A } from "../control/a.ts";'],
  ["edge", "src/control/a.ts", 'import { a } from "../build/a.ts";'],
  ["edge", "src/control/a.ts", 'import { type A } from "../engines/engine.ts";'],
  ["edge", "src/control/a.ts", 'import type { A } from "../engines/process/a.ts";'],
  ["edge", "src/engines/process/a.ts", 'import { a } from "../fake/a.ts";'],
  ["edge", "src/cli/a.ts", 'import { appSchema } from "../wire/apps.ts";'],
  ["edge", "src/cli/a.ts", 'type A = import("../control/a.ts").A;'],
  ["edge", "src/cli/a.ts", 'const a = await import("../engines/process/a.ts");'],
  ["edge", "src/cli/a.ts", 'import { Pool } from "undici";'],
  ["edge", "src/lib/a.ts", 'import * as z from "zod";'],
  ["edge", "bin/portside.ts", 'import { a } from "../src/server/a.ts";'],
  ["edge", "buildpacks/nodejs/a.ts", 'import { a } from "../../src/lib/exec.ts";'],
  ["edge", "src/build/a.ts", 'import { a } from "./b.js";'],
  ["edge", "src/attic/a.ts", "const a = 1;"],
];

/** The same rules must leave these alone. */
const CLEAN: readonly (readonly [path: string, text: string])[] = [
  ["src/build/a.ts", linesOf(400)],
  ["src/build/a.test.ts", `test("a", () => {\n${linesOf(100)}});\n`],
  ["src/model/error-registry.ts", linesOf(900)],
  ["src/build/a.ts", `function a() {\n${linesOf(58)}}\n`],
  ["src/build/a.ts", "function f(this: A, b: 1, c: 2, d: 3, signal: AbortSignal) {}"],
  [
    "src/build/a.ts",
    "function f() { if (1) {} else if (2) {} else if (3) {} else if (4) {} else if (5) { for (;;) { if (6) {} } } }",
  ],
  [
    "src/build/a.ts",
    "const at = new Date(startedAt); const now = clock.now(); const x = { setTimeout: 1 }.setTimeout;",
  ],
  ["src/build/a.ts", "const s = 'Date.now() process.env shell: true enum';"],
  ["src/lib/a.ts", 'import { spawn } from "node:child_process"; setTimeout(() => process.env, 1);'],
  ["src/build/a.test.ts", 'import { spawn } from "node:child_process"; const env = { ...process.env };'],
  ["src/control/a.ts", "if (engine.capabilities.supervised && a.name === b.name) {}"],
  ["src/control/a.ts", 'import type { Engine } from "../engines/engine.ts"; import type { A } from "../build/a.ts";'],
  ["src/control/a.test.ts", 'import { FakeEngine } from "../engines/fake/fake-engine.ts";'],
  [
    "src/engines/process/a.ts",
    'import type { Engine } from "../engine.ts"; import { b } from "../../model/b.ts"; import { c } from "./c.ts";',
  ],
  [
    "src/cli/commands/ps/scale.ts",
    'import type { AppView } from "../../../wire/apps.ts"; import { exec } from "../../../lib/exec.ts";',
  ],
  ["src/server/compose.ts", 'import { a } from "../engines/process/a.ts"; import { b } from "../edge/b.ts";'],
  ["bin/portside-edge.ts", 'import { main } from "../src/edge/main.ts";'],
  ["src/wire/a.ts", 'import * as z from "zod"; export type A = z.infer<typeof a>; export type B = (typeof C)[number];'],
  ["src/build/a.ts", `${DOC}export function a() {}\n${DOC}export type A = { b: 1 };\nexport const B = 1;`],
  [
    "src/build/a.ts",
    "// The index was checked above.\nconst a = b[0]!;\nconst c = d as any; // the library types it so",
  ],
  ["src/build/a.ts", "// oxlint-disable-next-line no-eval -- there is no other way\nconst a = 1;"],
];

describe("tidy: planted violations are found", () => {
  for (const [rule, path, text] of PLANTED) {
    test(`${rule}: ${path}: ${text.trim().slice(0, 60).replaceAll("\n", " ")}`, () => {
      const found = new Set(checkCode(scanFile(path, text)).map((finding) => finding.rule));
      assert.ok(found.has(rule), `found ${[...found].join(", ") || "nothing"}`);
    });
  }
  for (const [path, text] of CLEAN) {
    test(`clean: ${path}: ${text.trim().slice(0, 60).replaceAll("\n", " ")}`, () =>
      assertNone(checkCode(scanFile(path, text))));
  }

  test("import cycle over three files, one edge a type", () => {
    const file = (path: string, text: string): ScannedFile => scanFile(path, text);
    const ring = [
      file("src/build/a.ts", 'import { b } from "./b.ts";'),
      file("src/build/b.ts", 'import type { C } from "./deep/c.ts";'),
      file("src/build/deep/c.ts", 'import { a } from "../a.ts";'),
      file("src/build/d.ts", 'import { a } from "./a.ts";'),
    ];
    assert.deepEqual(findCycles(ring), [["src/build/a.ts", "src/build/b.ts", "src/build/deep/c.ts"]]);
    assert.deepEqual(findCycles(ring.slice(0, 2)), []);
  });

  test("a file that does not parse is an error, never clean", () => {
    assert.throws(() => scanFile("src/build/a.ts", "const = 1;"), /src\/build\/a\.ts:1/);
  });

  test("the ratchet excuses exactly what it names", () => {
    const findings = checkCode(scanFile("src/build/a.ts", linesOf(450)));
    const remaining = (lines: number): string[] =>
      applyRatchet(findings, { "file lines": { "src/build/a.ts": lines } }).map(({ what }) => what);
    assert.deepEqual(remaining(450), []);
    assert.deepEqual(remaining(449), ["450, budget 400"]);
    assert.deepEqual(remaining(451), ["file lines: is 450 now: lower the entry from 451"]);
    assert.deepEqual(
      applyRatchet([], { nesting: { "src/a.ts#f": 5 } }).map(({ what }) => what),
      ["nesting: is within its budget: remove the entry"],
    );
    assert.deepEqual(grownEntries({ nesting: { a: 5, b: 6 } }, { nesting: { a: 6, b: 5, c: 5 } }), [
      "nesting: a 5 → 6",
      "nesting: c 0 → 5",
    ]);
  });

  test("text files: notes, paths, hosts", () => {
    const ruleOf = (text: string, hosts: string[] = []): string[] =>
      checkText({ path: "docs/a.md", text }, hosts).map(({ rule }) => rule);
    assert.deepEqual(ruleOf(`first\n// TO${"DO"}: later`), ["left-over"]);
    assert.deepEqual(ruleOf(`see /ro${"ot"}/.notes`), ["machine path"]);
    assert.deepEqual(ruleOf(`from https://registry.npm${"js"}.org/x`), ["registry host"]);
    assert.deepEqual(ruleOf("from https://mirror.example:4873/x", ["mirror.example:4873"]), ["registry host"]);
    assert.deepEqual(ruleOf("the todo list of an app in src/work/x, /app and ./root/"), []);
  });

  test("package files: pins and lock files", () => {
    const found = (path: string, value: unknown): string[] =>
      checkPackageFile({ path, text: JSON.stringify(value) }).map(({ what }) => what);
    assert.deepEqual(found("package.json", { dependencies: { a: "^1.2.3", b: "1.2.3", c: "latest" } }), [
      "a ^1.2.3",
      "c latest",
    ]);
    assert.deepEqual(
      found("x/package-lock.json", {
        packages: { "": {}, "node_modules/a": { resolved: "https://x/a.tgz", integrity: "sha512-x" } },
      }),
      ["node_modules/a says where it was fetched from"],
    );
    assert.deepEqual(found("package-lock.json", { packages: { "node_modules/a": { version: "1.0.0" } } }), [
      "node_modules/a has no integrity hash",
    ]);
  });

  test("room READMEs: missing, too long", () => {
    const found = (paths: string[], text = "# a\n"): string[] =>
      checkRoomReadmes(paths, () => text).map(({ what }) => what);
    assert.deepEqual(found(["src/build/a.ts"]), ["is missing: takes X, gives Y, never Z"]);
    assert.deepEqual(found(["src/build/deep/a.ts", "src/build/README.md"], "line\n".repeat(31)), [
      "31 lines, budget 30",
    ]);
    assert.deepEqual(found(["src/build/a.ts", "src/build/README.md"]), []);
  });
});
