import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "./fake-clock.ts";

test("sleepers wake in order of time, then of falling asleep", async () => {
  const clock = new FakeClock(0);
  const woken: string[] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.now()}`);
  };
  const all = Promise.all([sleep("late", 20), sleep("early", 10), sleep("second", 10), sleep("now", 0)]);
  assert.equal(clock.nextWakeAt(), 0);
  await clock.advance(10);
  assert.deepEqual(woken, ["now@0", "early@10", "second@10"]);
  await clock.advance(5);
  assert.equal(clock.now(), 15);
  await clock.run(all);
  assert.deepEqual([woken.at(-1), clock.now(), clock.nextWakeAt()], ["late@20", 20, undefined]);
});

test("an aborted sleeper is gone", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleeping = assert.rejects(clock.sleep(10, controller.signal), /enough/);
  controller.abort(new Error("enough"));
  await sleeping;
  assert.equal(clock.nextWakeAt(), undefined);
  await assert.rejects(clock.sleep(1, controller.signal), /enough/);
});

test("a step goes to the next sleeper alone, or to its limit", async () => {
  const clock = new FakeClock(0);
  const woken: string[] = [];
  for (const [name, ms] of [
    ["b", 10],
    ["c", 10],
    ["a", 5],
  ] as const)
    void clock.sleep(ms).then(() => woken.push(name));
  await clock.advanceToNext(100);
  assert.deepEqual([clock.now(), woken], [5, ["a"]]);
  await clock.advanceToNext(7);
  assert.deepEqual([clock.now(), woken], [7, ["a"]]);
  await clock.advanceToNext(100);
  assert.deepEqual([clock.now(), woken], [10, ["a", "b"]]);
  await clock.advanceToNext(100);
  await clock.advanceToNext(100);
  assert.deepEqual([clock.now(), woken], [100, ["a", "b", "c"]]);
});

test("run says when nothing can come any more", async () => {
  const clock = new FakeClock();
  await assert.rejects(clock.run(new Promise(() => undefined)), /waits for nothing/);
  const repeating = async (): Promise<void> => {
    for (;;) await clock.sleep(1_000);
  };
  await assert.rejects(clock.run(repeating(), 10_000), /not settled within 10000 ms/);
  await assert.rejects(clock.run(Promise.reject(new Error("its own"))), /its own/);
});
