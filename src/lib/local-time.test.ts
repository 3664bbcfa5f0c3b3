import assert from "node:assert/strict";
import { test } from "node:test";
import { localDateTime, localTimeOfDay } from "./local-time.ts";

test("local times have two digits everywhere", () => {
  const ms = new Date(2026, 0, 2, 3, 4, 5).getTime();
  assert.deepEqual([localDateTime(ms), localTimeOfDay(ms)], ["2026-01-02 03:04:05", "03:04:05"]);
});
