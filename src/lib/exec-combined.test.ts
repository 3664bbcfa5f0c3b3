import assert from "node:assert/strict";
import { test } from "node:test";
import { execCombined, type CombinedResult } from "./exec-combined.ts";

const options = { cwd: "/", env: { PATH: "/usr/bin:/bin" }, limitMs: 5_000, keepBytesMax: 100 };
const sh = (text: string): Promise<CombinedResult> => execCombined(["sh", "-c", text], options);

/** What a shell does, and what is left of it. */
const CASES: readonly (readonly [text: string, expected: Partial<CombinedResult>])[] = [
  ["echo out; sleep 0.05; echo err >&2; exit 3", { exitCode: 3, output: "out\nerr\n", answer: "" }],
  ["printf 'a = \"b\"' >&3; echo x", { exitCode: 0, output: "x\n", answer: 'a = "b"' }],
  ["printf '%0200d' 1", { output: "0".repeat(99) + "1" }],
  ["printf '1%0200d' 0 >&3", { answer: "1" + "0".repeat(99) }],
  ["kill -9 $$", { exitCode: null, timedOut: false }],
  ["sleep 1000 & echo begun", { exitCode: 0, output: "begun\n" }],
];

for (const [text, expected] of CASES) {
  test(`combined output of \`${text}\``, async () => {
    const result = await sh(text);
    assert.deepEqual({ ...result, ...expected }, result);
  });
}

test("a missing and a forbidden program answer like a shell", async () => {
  const missing = await execCombined(["no-such-program"], options);
  assert.deepEqual([missing.exitCode, missing.output], [127, "no-such-program: command not found\n"]);
  assert.equal((await execCombined(["/etc/passwd"], options)).exitCode, 126);
});

test("limit and abort end the whole group", async () => {
  const limited = await execCombined(["sh", "-c", "sleep 1000; true"], { ...options, limitMs: 50 });
  assert.deepEqual([limited.timedOut, limited.cancelled, limited.exitCode], [true, false, null]);
  const aborted = await execCombined(["sh", "-c", "sleep 1000; true"], { ...options, signal: AbortSignal.abort() });
  assert.deepEqual([aborted.timedOut, aborted.cancelled], [false, true]);
});
