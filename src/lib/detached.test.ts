import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "./clock.ts";
import { startDetached } from "./detached.ts";
import { isProcessAlive } from "./process-alive.ts";

const LIMIT = { timeout: 10_000 };

test("a detached program has a session, exactly the environment it is given, and a private log", LIMIT, async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), "lib-detached-"));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  const logFile = join(cwd, "log");
  const script = 'console.log(JSON.stringify([process.env, process.cwd()])); console.error("error"); process.exit(7)';
  const program = await startDetached([process.execPath, "-e", script], { cwd, env: { A: "1" }, logFile });
  while (program.ended() === undefined) await systemClock.sleep(5);
  assert.deepEqual(program.ended(), { code: 7, signal: null });
  assert.ok(!isProcessAlive(program.pid));
  const [line, error] = readFileSync(logFile, "utf8").split("\n");
  assert.deepEqual([(JSON.parse(line ?? "") as unknown[])[0], error], [{ A: "1" }, "error"]);
  assert.equal(statSync(logFile).mode & 0o777, 0o600);
});

test("it runs on until it is ended, in a group of its own", LIMIT, async () => {
  const program = await startDetached([process.execPath, "-e", "setInterval(() => {}, 1000)"], { cwd: "/", env: {} });
  assert.ok(isProcessAlive(program.pid));
  process.kill(-program.pid, "SIGKILL");
  while (program.ended() === undefined) await systemClock.sleep(5);
  assert.deepEqual(program.ended(), { code: null, signal: "SIGKILL" });
});

test("a program that is not there is an error, and so is a log that cannot be written", LIMIT, async () => {
  await assert.rejects(startDetached(["no-such-program"], { cwd: "/", env: { PATH: "/nowhere" } }), { code: "ENOENT" });
  const log = { cwd: "/", env: {}, logFile: "/nowhere/log" };
  await assert.rejects(startDetached([process.execPath, "-e", "0"], log), { code: "ENOENT" });
});

test("isProcessAlive knows the living, the foreign and the gone", () => {
  assert.deepEqual([process.pid, 1, 2_147_483_646].map(isProcessAlive), [true, true, false]);
});
