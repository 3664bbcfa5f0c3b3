import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../lib/clock.ts";
import type { AccessLogEntry } from "../model/home.ts";
import { AccessLog } from "./access-log.ts";
import { newCounters } from "./edge-log.ts";

type Bench = {
  readonly log: AccessLog;
  readonly path: string;
  readonly counters: ReturnType<typeof newCounters>;
  said: string[];
  entries(path?: string): AccessLogEntry[];
};

function bench(t: TestContext, limits: { accessLogBytesMax?: number; accessBufferBytesMax?: number } = {}): Bench {
  const directory = mkdtempSync(join(tmpdir(), "access-log-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "access.ndjson");
  const counters = newCounters();
  const said: string[] = [];
  const log = new AccessLog({
    path,
    counters,
    clock: { ...systemClock, now: () => 1_000 },
    // Batches are written when a test says so.
    timers: { after: () => ({ refresh: () => undefined, cancel: () => undefined }) },
    limits: { accessLogBytesMax: 10_000, accessBufferBytesMax: 10_000, accessFlushMs: 1, ...limits },
    log: { say: (event) => said.push(event) },
  });
  const entries = (file = path): AccessLogEntry[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as AccessLogEntry);
  return { log, path, counters, said, entries };
}

test("router §3 one JSON line an entry, appended, 0600", async (t) => {
  const { log, path, entries } = bench(t);
  log.append("shop", "one\ntwo");
  await log.flush();
  log.append("blog", "three");
  await log.close();
  assert.deepEqual(entries(), [
    { app: "shop", atUs: 1_000_000, line: "one\ntwo" },
    { app: "blog", atUs: 1_000_000, line: "three" },
  ]);
  assert.equal(readFileSync(path, "utf8").split("\n").length, 3);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("the store may take the file over between two batches", async (t) => {
  const { log, path, entries } = bench(t);
  log.append("a", "1");
  await log.flush();
  renameSync(path, `${path}.taken`);
  log.append("a", "2");
  await log.flush();
  assert.deepEqual(
    [...entries(`${path}.taken`), ...entries()].map((entry) => entry.line),
    ["1", "2"],
  );
});

test("a full file drops and counts; one line per app says how many once there is room", async (t) => {
  const { log, path, counters, entries } = bench(t, { accessLogBytesMax: 200 });
  writeFileSync(path, "x".repeat(190));
  log.append("a", "lost");
  log.append("a", "lost too");
  log.append("b", "lost as well");
  await log.flush();
  assert.equal(readFileSync(path, "utf8").length, 190);
  assert.equal(counters.droppedLines, 3);
  rmSync(path);
  log.append("a", "kept");
  await log.flush();
  assert.equal(counters.droppedLines, 4, "not even this one fits beside what must be told");
  await log.close();
  assert.deepEqual(
    entries().map(({ app, line }) => `${app}: ${line}`),
    [
      "a: Error L12 (Local buffer overflow) -> 3 router lines dropped",
      "b: Error L12 (Local buffer overflow) -> 1 router lines dropped",
    ],
  );
});

test("what was dropped is told at the end even when the file stays full, and only once", async (t) => {
  const { log, path } = bench(t, { accessLogBytesMax: 10 });
  writeFileSync(path, "0123456789\n");
  log.append("a", "lost");
  await log.close();
  await log.close();
  const lines = readFileSync(path, "utf8").trim().split("\n");
  assert.equal(lines.length, 2);
  assert.match(lines[1] ?? "", /-> 1 router lines dropped/);
});

test("a full buffer drops what is newest", async (t) => {
  const { log, counters, entries } = bench(t, { accessBufferBytesMax: 100 });
  for (let count = 0; count < 5; count += 1) log.append("a", `line ${count}`);
  await log.flush();
  assert.equal(counters.droppedLines, 3);
  assert.deepEqual(
    entries().map((entry) => entry.line),
    ["Error L12 (Local buffer overflow) -> 3 router lines dropped", "line 0", "line 1"],
  );
});

test("a file that cannot be written is said once, and counted", async (t) => {
  const { log, path, said, counters } = bench(t);
  rmSync(join(path, ".."), { recursive: true });
  log.append("a", "1");
  await log.flush();
  log.append("a", "2");
  await log.flush();
  assert.deepEqual(said, ["access-log-failed"]);
  assert.equal(counters.droppedLines, 2);
});
