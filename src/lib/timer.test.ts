import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bufferedRandom } from "./buffered-random.ts";
import { writeFileAtomic } from "./files.ts";
import { systemTimers } from "./timer.ts";
import { watchFile } from "./watch-file.ts";

test("a timer calls once, again when refreshed, never after its end", async () => {
  let count = 0;
  const next = (): Promise<void> => {
    const before = count;
    return new Promise((resolve) => {
      const look = (): void => (count > before ? resolve() : void setImmediate(look));
      look();
    });
  };
  const timer = systemTimers.after(1, () => (count += 1));
  await next();
  timer.refresh();
  await next();
  timer.refresh();
  timer.cancel();
  timer.refresh();
  const other = systemTimers.after(20, () => (count += 10));
  await next();
  assert.equal(count, 12);
  other.cancel();
});

test("buffered bytes come from the source, each once", () => {
  let next = 0;
  const random = bufferedRandom({ bytes: (count) => Buffer.from(Array.from({ length: count }, () => next++ % 251)) });
  const got = Buffer.concat([random.bytes(3), random.bytes(4_000), random.bytes(90), random.bytes(2)]);
  assert.deepEqual(
    [...got.subarray(0, 4_093)],
    Array.from({ length: 4_093 }, (_each, index) => index % 251),
  );
  assert.equal(random.bytes(10_000).length, 10_000);
});

test("a watched file tells its replacements by event, without the poll", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "watch-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "f");
  let told = (): void => undefined;
  const watch = watchFile(path, { pollMs: 3_600_000, onChange: () => told() });
  t.after(() => watch.close());
  for (const text of ["1", "2"]) {
    const change = new Promise<void>((resolve) => {
      told = resolve;
    });
    writeFileAtomic(path, text);
    await change;
  }
});
