import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readBoundedFile } from "./bounded-file.ts";

test("a bounded file is read whole, or refused with the reason", { timeout: 10_000 }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bounded-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  writeFileSync(at("plain"), "abc");
  writeFileSync(at("empty"), "");
  writeFileSync(at("huge"), "");
  truncateSync(at("huge"), 1_000_000_000);
  mkdirSync(at("folder"));
  symlinkSync("plain", at("link"));
  symlinkSync("nowhere", at("dangling"));
  symlinkSync("loop", at("loop"));
  execFileSync("mkfifo", [at("pipe")]);
  const outcome = (path: string): string => {
    const { bytes, refusal } = { bytes: undefined, ...readBoundedFile(path, 3) };
    return refusal === undefined ? `read ${bytes}` : refusal.why;
  };
  assert.deepEqual(["plain", "empty", "link"].map(at).map(outcome), ["read abc", "read ", "read abc"]);
  assert.deepEqual(["huge", "folder", "dangling", "loop", "pipe", "nothing", "plain/below"].map(at).map(outcome), [
    "large",
    "folder",
    "dangling",
    "loop",
    "special",
    "missing",
    "missing",
  ]);
  // Such a file says it has no bytes, and then gives some: to a reader it changed meanwhile.
  if (existsSync("/proc/self/status")) assert.equal(outcome("/proc/self/status"), "changed");
});
