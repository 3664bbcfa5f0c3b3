import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyLock } from "./key-lock.ts";

const idle = new AbortController().signal;

test("one holder per key, in order of asking; other keys do not wait", async () => {
  const lock = new KeyLock();
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  const work = (name: string, until?: Promise<void>) => async (): Promise<void> => {
    seen.push(`${name} in`);
    await until;
    seen.push(`${name} out`);
  };
  const all = [
    lock.run("a", idle, work("first", gate.promise)),
    lock.run("a", idle, work("second")),
    lock.run("a", idle, work("third")),
  ];
  await lock.run("b", idle, work("other"));
  gate.resolve();
  await Promise.all(all);
  const expected = [
    "first in",
    "other in",
    "other out",
    "first out",
    "second in",
    "second out",
    "third in",
    "third out",
  ];
  assert.deepEqual(seen, expected);
});

test("a failure frees the key", async () => {
  const lock = new KeyLock();
  await assert.rejects(
    lock.run("a", idle, () => Promise.reject(new Error("broken"))),
    /broken/,
  );
  assert.equal(await lock.run("a", idle, () => Promise.resolve(1)), 1);
});

test("who gives up while waiting never runs, and does not let the next one in early", async () => {
  const lock = new KeyLock();
  const gate = Promise.withResolvers<void>();
  const abort = new AbortController();
  const seen: string[] = [];
  const first = lock.run("a", idle, async () => {
    await gate.promise;
    seen.push("first");
  });
  const second = lock.run("a", abort.signal, () => Promise.resolve(seen.push("second")));
  const third = lock.run("a", idle, () => Promise.resolve(seen.push("third")));
  abort.abort(new Error("no longer"));
  await assert.rejects(second, /no longer/);
  assert.deepEqual(seen, []);
  gate.resolve();
  await Promise.all([first, third]);
  assert.deepEqual(seen, ["first", "third"]);
});
