import assert from "node:assert/strict";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { giveTree, measureTree, openTree, takeTree } from "./tree-owner.ts";

const { signal } = new AbortController();
const STRANGER = { uid: 1_900_000_009, gid: 1_900_000_009 };
const notRoot = process.getuid?.() === 0 ? false : "only root can give files away";
let root = "";
const at = (name: string): string => join(root, "tree", name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "owner-"));
  mkdirSync(at("deep/er"), { recursive: true });
  writeFileSync(at("deep/er/file"), "12345", { mode: 0o600 });
  symlinkSync("/etc/passwd", at("link"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a tree counts each file's length or blocks, whichever is more, and every entry", async () => {
  truncateSync(at("deep/er/file"), 50_000_000);
  writeFileSync(at("small"), "x");
  const size = await measureTree(join(root, "tree"), signal);
  assert.ok(size.bytes >= 50_000_001 && size.bytes < 50_100_000, String(size.bytes));
  assert.equal(size.entryCount, 5);
  assert.deepEqual(await measureTree(join(root, "none"), signal), { bytes: 0, entryCount: 0 });
});

test(
  "given away and taken back: links themselves, never what they lead to; set-uid bits are gone",
  { skip: notRoot },
  async () => {
    await giveTree(join(root, "tree"), STRANGER, signal);
    for (const name of [".", "deep", "deep/er/file", "link"]) assert.equal(lstatSync(at(name)).uid, STRANGER.uid, name);
    assert.equal(lstatSync("/etc/passwd").uid, 0);
    chmodSync(at("deep/er/file"), 0o4755);
    const size = await takeTree(join(root, "tree"), { uid: 0, gid: 0 }, signal);
    assert.equal(size.entryCount, 4);
    const { uid, mode } = lstatSync(at("deep/er/file"));
    assert.deepEqual([uid, mode & 0o7777], [0, 0o755]);
  },
);

test("a file with other links stays its owner's and becomes readable", { skip: notRoot }, async () => {
  writeFileSync(join(root, "shared"), "", { mode: 0o500 });
  linkSync(join(root, "shared"), at("shared"));
  await giveTree(join(root, "tree"), STRANGER, signal);
  const { uid, mode } = lstatSync(at("shared"));
  assert.deepEqual([uid, mode & 0o7777], [0, 0o555]);
});

test("an opened tree can be read by everybody", async () => {
  await openTree(join(root, "tree"), signal);
  assert.deepEqual([lstatSync(at("deep")).mode & 0o777, lstatSync(at("deep/er/file")).mode & 0o777], [0o755, 0o644]);
});
