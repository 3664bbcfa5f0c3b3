import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { runCli } from "../../src/cli/testing/fake-process.ts";

type Json = Readonly<Record<string, unknown>>;
type Found = Json & { readonly code: string; readonly message: string; readonly hint: string };
type Case<Input, Expect> = Input & { readonly id: string; readonly expect: Expect };

const folder = mkdtempSync(join(tmpdir(), "ps-cases-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let folderCount = 0;

function readCases<Input, Expect>(name: string, countMin: number): readonly Case<Input, Expect>[] {
  const cases = JSON.parse(readFileSync(join(import.meta.dirname, `../cases/${name}.json`), "utf8"));
  assert.ok(cases.length >= countMin, `${name}: only ${cases.length} cases`);
  return cases;
}

/** Runs a command that prints JSON, in this process; `piped` is its standard input. */
async function inspect(words: readonly string[], piped = "", exits: readonly number[] = [0]): Promise<Json> {
  const { exit, stdout, stderr } = await runCli(words, { home: join(folder, "home"), cwd: folder, piped });
  assert.ok(exits.includes(exit), `exit ${exit}: ${stderr}`);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

function sourceOf(files: Readonly<Record<string, string>>): string {
  const path = join(folder, String((folderCount += 1)));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

type ExpectedFinding = Json & { readonly suggestion?: string };

/** The set must match exactly, in order; a field that the case leaves out may have any value. */
function assertFindings(found: readonly Found[], expected: readonly ExpectedFinding[]): void {
  assert.equal(found.length, expected.length, JSON.stringify(found, undefined, 1));
  for (const [index, { suggestion, ...fields }] of expected.entries()) {
    const one = found[index];
    assert.partialDeepStrictEqual(one, fields);
    if (suggestion !== undefined) assert.ok(`${one?.message} ${one?.hint}`.includes(suggestion), suggestion);
  }
}

/** Only the keys given are compared; lists must have the same length. */
function assertPartial(actual: unknown, expected: unknown, where: string): void {
  if (typeof expected !== "object" || expected === null) return assert.deepEqual(actual, expected, where);
  assert.ok(typeof actual === "object" && actual !== null, where);
  if (Array.isArray(expected)) assert.equal((actual as unknown[]).length, expected.length, where);
  for (const [key, value] of Object.entries(expected))
    assertPartial(Reflect.get(actual, key), value, `${where}/${key}`);
}

function at(value: unknown, pointer: string): unknown {
  const tokens = pointer.slice(1).split("/");
  return tokens.reduce(
    (inner, token) => (inner as Json | undefined)?.[token] as Json | undefined,
    value as Json | undefined,
  );
}

describe("cases: portside inspect procfile", () => {
  type Expect = { readonly entries: unknown; readonly diagnostics: readonly ExpectedFinding[] };
  for (const { id, input, expect } of readCases<{ readonly input: string }, Expect>("procfile", 60)) {
    test(id, async () => {
      const { entries, diagnostics } = await inspect(["inspect", "procfile", "-"], input);
      assert.deepEqual(entries, expect.entries);
      assertFindings(diagnostics as Found[], expect.diagnostics);
    });
  }
});

describe("cases: portside inspect procfile --dialect", () => {
  type Input = { readonly input: string; readonly dialect: string };
  type Expect = { readonly entries: readonly (readonly [string, string])[] | null; readonly error: boolean };
  for (const { id, input, dialect, expect } of readCases<Input, Expect>("procfile-dialects", 360)) {
    test(id, async () => {
      const found = await inspect(["inspect:procfile", "-", "--dialect", dialect], input);
      const entries = found["entries"] as readonly { readonly name: string; readonly command: string }[] | null;
      // Blanks around a command are not recorded for this one.
      const shown = (command: string): string => (dialect === "herokuish" ? command.trim() : command);
      assert.deepEqual(entries?.map(({ name, command }) => [name, shown(command)]) ?? null, expect.entries);
      assert.equal(found["error"], expect.error);
    });
  }
});

describe("cases: portside inspect app-json", () => {
  type Input = { readonly input: string; readonly procfile?: string; readonly environment?: string };
  type Expect = {
    readonly valid: boolean;
    readonly diagnostics: readonly ExpectedFinding[];
    readonly value?: unknown;
    readonly absent?: readonly string[];
  };
  for (const { id, input, procfile, environment, expect } of readCases<Input, Expect>("app-json", 90)) {
    test(id, async () => {
      const beside = procfile === undefined ? [] : ["--procfile", join(sourceOf({ Procfile: procfile }), "Procfile")];
      const chosen = environment === undefined ? [] : ["--environment", environment];
      const { value, diagnostics } = await inspect(["inspect", "app-json", "-", ...beside, ...chosen], input);
      const found = diagnostics as Found[];
      assert.equal(!found.some(({ severity }) => severity === "error"), expect.valid);
      assertFindings(found, expect.diagnostics);
      if (expect.value !== undefined) assertPartial(value, expect.value, "");
      for (const pointer of expect.absent ?? []) assert.equal(at(value, pointer), undefined, pointer);
    });
  }
});

describe("cases: portside inspect cron", () => {
  type Input = { readonly schedule: string; readonly timezone?: string; readonly from: string };
  type Expect = { readonly valid: boolean; readonly next?: readonly string[] };
  for (const { id, schedule, timezone, from, expect } of readCases<Input, Expect>("cron", 50)) {
    test(id, async () => {
      const zone = timezone === undefined ? [] : ["--timezone", timezone];
      const found = await inspect(["inspect", "cron", ...zone, "--from", from, "--", schedule]);
      assert.equal(found["valid"], expect.valid);
      assert.equal((found["diagnostics"] as Found[]).length === 0, expect.valid);
      if (expect.next !== undefined) assert.deepEqual(found["next"], expect.next);
    });
  }
});

describe("cases: portside inspect dotenv", () => {
  type Expect = { readonly vars: Json; readonly diagnostics: readonly ExpectedFinding[] };
  for (const { id, input, expect } of readCases<{ readonly input: string }, Expect>("dotenv", 30)) {
    test(id, async () => {
      const { vars, diagnostics } = await inspect(["inspect", "dotenv", "-"], input);
      assert.deepEqual(vars, expect.vars);
      assertFindings(diagnostics as Found[], expect.diagnostics);
    });
  }
});

describe("cases: portside check --for", () => {
  type Input = { readonly files: Readonly<Record<string, string>>; readonly platform: string };
  type Expect = { readonly codes: readonly { readonly code: string; readonly file: string; readonly line: number }[] };
  const key = ({ code, severity, file, line }: Json): string => `${file}:${line} ${code} ${severity}`;
  for (const { id, files, platform, expect } of readCases<Input, Expect>("portability", 400)) {
    test(id, async () => {
      const source = sourceOf(files);
      const report = await inspect(["check", source, "--for", platform, "--json"], "", [0, 1]);
      const found = (report["diagnostics"] as Found[]).filter(({ code }) => /^(?:PF|AJ|DF|RT|FS)\d{3}$/.test(code));
      assert.deepEqual(found.map(key).toSorted(), expect.codes.map(key).toSorted());
      const sums = (report["platforms"] as Json[])[0];
      const { breaks, differs, notes } = sums as { breaks: number; differs: number; notes: number };
      assert.equal(breaks + differs + notes, expect.codes.length);
    });
  }
});
