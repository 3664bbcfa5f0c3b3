import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "./fake-clock.ts";
import { doSideBySide } from "./side-by-side.ts";

const never = new AbortController().signal;

test("results come in the order of the items, however long each takes", async () => {
  const clock = new FakeClock(0);
  const work = async (ms: number): Promise<number> => clock.sleep(ms).then(() => ms * 2);
  assert.deepEqual(await clock.run(doSideBySide([30, 10, 20], work, never)), [60, 20, 40]);
  assert.equal(clock.now(), 30);
  assert.deepEqual(await doSideBySide([], work, never), []);
});

test("the first failure aborts the others and is told when they have ended", async () => {
  const clock = new FakeClock(0);
  const ended: number[] = [];
  const work = async (ms: number, signal: AbortSignal): Promise<void> => {
    if (ms === 5) return clock.sleep(ms).then(() => Promise.reject(new Error("the first")));
    await clock.sleep(ms, signal).catch(() => clock.sleep(100));
    ended.push(ms);
    throw new Error("a later one");
  };
  await assert.rejects(clock.run(doSideBySide([50, 5, 60], work, never)), /the first/);
  assert.deepEqual([clock.now(), ended], [105, [50, 60]]);
});

test("the caller's signal reaches the work, and the work's signal aborts at the end", async () => {
  const abort = new AbortController();
  const seen: AbortSignal[] = [];
  const waiting = doSideBySide(
    ["a"],
    (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    abort.signal,
  );
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await doSideBySide(["a"], async (_, signal) => void seen.push(signal), never);
  assert.equal(seen[0]?.aborted, true);
});
