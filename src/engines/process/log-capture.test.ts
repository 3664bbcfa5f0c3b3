import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { systemClock } from "../../lib/clock.ts";
import type { LogBatch } from "../engine.ts";
import { ConsumedOutput } from "./give-back.ts";
import { LogCapture } from "./log-capture.ts";

describe("log capture", () => {
  let root = "";
  let file = "";
  let lines: LogBatch["lines"][number][] = [];
  let cursor: string | undefined;
  let refusals = 0;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "portside-capture-"));
    file = join(root, "output");
    writeFileSync(file, "");
    lines = [];
    cursor = undefined;
    refusals = 0;
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const begin = (onConsumed = (_: number): Promise<void> => Promise.resolve()): LogCapture =>
    new LogCapture({
      file,
      cursor,
      clock: systemClock,
      deliver: (batch, at) => {
        if (refusals > 0) {
          refusals -= 1;
          throw new Error("the disk is full");
        }
        lines.push(...batch);
        cursor = at;
      },
      onConsumed,
    });
  const texts = (): string[] => lines.map((line) => line.text);

  test("§12 a capture goes on where the last one was closed", async () => {
    appendFileSync(file, "one\ntwo\nthr");
    const first = begin();
    while (lines.length < 2) await systemClock.sleep(2);
    await first.close();
    appendFileSync(file, "ee\nfour");
    await begin().drained();
    assert.deepEqual(texts(), ["one", "two", "three", "four"]);
    assert.equal(cursor, `${statSync(file).size}+`);
    await begin().drained();
    assert.equal(lines.length, 4);
  });

  test("§12 lines that are old when they are read have the time of the last write", async () => {
    writeFileSync(file, "old\n");
    utimesSync(file, 1_000, 1_000.25);
    await begin().drained();
    assert.deepEqual(lines, [{ atUs: 1_000_250_000, text: "old" }]);
  });

  test("§12 what the sink refuses is offered again", async () => {
    writeFileSync(file, "one\ntwo\n");
    refusals = 1;
    await begin().drained();
    assert.deepEqual(texts(), ["one", "two"]);
  });

  test("consumed output is given back to the disk, and no line is lost by that", async (t) => {
    const consumed = new ConsumedOutput(file, 1_048_576);
    const count = 60_000;
    const text = Array.from({ length: count }, (_, index) => `line ${index} ${"x".repeat(40)}\n`).join("");
    writeFileSync(file, text);
    await begin((offset) => consumed.consumed(offset)).drained();
    assert.equal(lines.length, count);
    assert.equal(lines.at(-1)?.text.split(" ")[1], String(count - 1));
    const { size, blocks } = statSync(file);
    assert.equal(size, text.length);
    if (blocks * 512 >= size) return t.skip("this file system cannot punch holes");
    assert.ok(blocks * 512 < 1.5 * 1_048_576, `${blocks * 512} bytes are still taken`);
    appendFileSync(file, "after\n");
    await begin().drained();
    assert.equal(lines.at(-1)?.text, "after");
  });
});
