import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import fc from "fast-check";
import { writeFileAtomic } from "../lib/files.ts";
import { followTableFile } from "./table-file.ts";
import { parseTable } from "./table-parse.ts";

const TARGET = { instance: "i", name: "web.1", host: "127.0.0.1", port: 5000 };
const ROUTE = { app: "shop", hosts: ["a"], state: "serving", targets: [TARGET] };
const table = (changes: object): string => JSON.stringify({ schema: 1, version: 1, routes: [ROUTE], ...changes });

test("router §7 a whole table is taken as it is, one without routes too", () => {
  assert.deepEqual(parseTable(table({ extra: 1 })), { table: { schema: 1, version: 1, routes: [ROUTE] } });
  assert.deepEqual(parseTable(table({ routes: [] })), { table: { schema: 1, version: 1, routes: [] } });
});

const BAD: readonly [string, string, RegExp][] = [
  ["empty", " \n", /empty/],
  ["half", '{"schema":1,', /JSON/],
  ["newer schema", table({ schema: 2 }), /schema 2 is newer than 1/],
  ["no version", table({ version: undefined }), /version/],
  ["a bad name", table({ routes: [{ ...ROUTE, app: "Bad Name" }] }), /app/],
  ["an unknown state", table({ routes: [{ ...ROUTE, state: "paused" }] }), /state/],
  ["a port of 0", table({ routes: [{ ...ROUTE, targets: [{ ...TARGET, port: 0 }] }] }), /port/],
  ["a port of 65536", table({ routes: [{ ...ROUTE, targets: [{ ...TARGET, port: 65_536 }] }] }), /port/],
  ["an empty instance", table({ routes: [{ ...ROUTE, targets: [{ ...TARGET, instance: "" }] }] }), /instance/],
  ["a host in capitals", table({ routes: [{ ...ROUTE, hosts: ["A"] }] }), /lower case/],
  ["two owners of a host", table({ routes: [ROUTE, { ...ROUTE, app: "other" }] }), /twice/],
];
for (const [name, text, problem] of BAD) {
  test(`router §7 refused: ${name}`, () => {
    const parsed = parseTable(text);
    assert.ok("problem" in parsed);
    assert.match(parsed.problem, problem);
  });
}

test("router §7 any text gives a table or a problem", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseTable(text)));
});

test("router §7 follows replacements, keeps quiet about the same text, survives a directory that comes later", async (t) => {
  const parent = mkdtempSync(join(tmpdir(), "table-"));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const path = join(parent, "later", "routes.json");
  const versions: number[] = [];
  const said: string[] = [];
  const watch = followTableFile({
    path,
    limits: { tablePollMs: 10, tableBytesMax: 1_000 },
    log: { say: (event) => said.push(event) },
    onTable: (each) => versions.push(each.version),
  });
  t.after(() => watch.close());
  mkdirSync(join(parent, "later"));
  const steps: readonly [string, () => void, number[], number][] = [
    ["the first", () => writeFileAtomic(path, table({ version: 1 })), [1], 1],
    ["a worse one", () => writeFileAtomic(path, "{"), [1], 2],
    [
      "the same worse one and a good one",
      () => (writeFileAtomic(path, "{"), writeFileAtomic(path, table({ version: 2 }))),
      [1, 2],
      3,
    ],
    ["one too large", () => writeFileSync(path, `${table({ version: 3 })}${" ".repeat(1_000)}`), [1, 2], 4],
  ];
  for (const [name, change, expected, saidCount] of steps) {
    change();
    for (const deadline = performance.now() + 3_000; said.length < saidCount && performance.now() < deadline;)
      await sleep(2);
    assert.deepEqual(versions, expected, name);
    assert.equal(said.length, saidCount, name);
  }
});
