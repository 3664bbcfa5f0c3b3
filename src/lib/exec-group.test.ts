import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { execGroup, type GroupOptions } from "./exec-group.ts";
import { isProcessAlive } from "./process-alive.ts";

const idle = (): AbortSignal => new AbortController().signal;

function run(
  script: string,
  more: Partial<GroupOptions> = {},
): { result: ReturnType<typeof execGroup>; lines: string[] } {
  const lines: string[] = [];
  const options = { cwd: tmpdir(), env: { PATH: "/usr/bin:/bin" }, limitMs: 20_000, signal: idle(), ...more };
  const onLine = (line: string): void => {
    lines.push(line);
    more.onLine?.(line);
  };
  return { lines, result: execGroup(["/bin/sh", "-c", script], { ...options, onLine }) };
}

/** Resolves when the process is gone; a killed one needs a moment. Rejects after 5 s. */
async function gone(pid: number): Promise<void> {
  for (const until = performance.now() + 5_000; isProcessAlive(pid); await delay(5)) {
    assert.ok(performance.now() < until, `process ${pid} still runs`);
  }
}

test("gives exit code and the lines of both streams, and only the environment it was given", async () => {
  const { lines, result } = run("echo out; echo err >&2; printf rest; exit 3", { env: { PATH: "/bin", A: "b" } });
  const { durationMs: _, ...ended } = await result;
  assert.deepEqual(ended, { exitCode: 3, signal: null, timedOut: false, cancelled: false });
  assert.deepEqual(lines.toSorted(), ["err", "out", "rest"]);
  const env = run("env", { env: { PATH: "/usr/bin:/bin", A: "b" } });
  await env.result;
  assert.deepEqual(env.lines.filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line)).toSorted(), [
    "A=b",
    "PATH=/usr/bin:/bin",
  ]);
});

test("a background child that holds the output neither delays the end nor outlives it", async () => {
  const { lines, result } = run("sleep 300 & echo $!; exit 0");
  const ended = await result;
  assert.equal(ended.exitCode, 0);
  assert.ok(ended.durationMs < 15_000);
  await gone(Number(lines[0]));
});

test("a limit kills the whole group", async () => {
  const { lines, result } = run("sleep 300 & echo $!; wait", { limitMs: 300 });
  const ended = await result;
  assert.deepEqual([ended.timedOut, ended.cancelled, ended.signal], [true, false, "SIGKILL"]);
  await gone(Number(lines[0]));
});

test("an abort kills the whole group, also one that came before", async () => {
  const abort = new AbortController();
  const { lines, result } = run("sleep 300 & echo $!; wait", { signal: abort.signal, onLine: () => abort.abort() });
  const ended = await result;
  assert.deepEqual([ended.timedOut, ended.cancelled], [false, true]);
  await gone(Number(lines[0]));
  assert.equal((await run("sleep 300", { signal: AbortSignal.abort() }).result).cancelled, true);
});

test("rejects when the program cannot be started", async () => {
  const options = { cwd: tmpdir(), env: {}, limitMs: 1_000, signal: idle(), onLine: () => undefined };
  await assert.rejects(execGroup(["/nowhere/program"], options), { code: "ENOENT" });
});
