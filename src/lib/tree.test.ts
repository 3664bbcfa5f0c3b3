import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { copyTree, isSameTree, makeFilesReadOnly, treeBytes } from "./tree.ts";

const signal = new AbortController().signal;
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "portside-tree-"));
  mkdirSync(join(root, "from/deep/empty"), { recursive: true });
  writeFileSync(join(root, "from/deep/run"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(root, "from/plain"), "12345", { mode: 0o644 });
  symlinkSync("../nowhere", join(root, "from/deep/link"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const inode = (path: string): number => lstatSync(join(root, path)).ino;

for (const mode of ["copy", "link"] as const) {
  test(`${mode}: files with their mode, links word for word, empty directories`, async () => {
    await copyTree(join(root, "from"), join(root, "to"), { mode, signal });
    assert.equal(readFileSync(join(root, "to/plain"), "utf8"), "12345");
    assert.equal(lstatSync(join(root, "to/deep/run")).mode & 0o777, 0o755);
    assert.equal(readlinkSync(join(root, "to/deep/link")), "../nowhere");
    assert.ok(existsSync(join(root, "to/deep/empty")));
    assert.equal(inode("to/plain") === inode("from/plain"), mode === "link");
  });
}

test("bytes of files alone; an abort ends the walk", async () => {
  assert.equal(await treeBytes(join(root, "from"), signal), 15);
  await assert.rejects(treeBytes(join(root, "from"), AbortSignal.abort(new Error("enough"))), /enough/);
});

test("read-only files keep their executable bit; directories stay writable", async () => {
  await makeFilesReadOnly(join(root, "from"), signal);
  assert.equal(lstatSync(join(root, "from/deep/run")).mode & 0o777, 0o555);
  assert.equal(lstatSync(join(root, "from/plain")).mode & 0o777, 0o444);
  assert.notEqual(lstatSync(join(root, "from/deep")).mode & 0o200, 0);
});

test("the same tree is one of hard links; every difference is seen", async () => {
  const [from, to] = [join(root, "from"), join(root, "to")];
  const changes: readonly (() => void)[] = [
    () => writeFileSync(join(to, "more"), ""),
    () => rmSync(join(to, "plain")),
    () => (rmSync(join(to, "plain")), writeFileSync(join(to, "plain"), "12345")),
    () => (rmSync(join(to, "deep/link")), symlinkSync("elsewhere", join(to, "deep/link"))),
    () => rmSync(join(to, "deep/empty"), { recursive: true }),
  ];
  for (const change of changes) {
    await copyTree(from, to, { mode: "link", signal });
    assert.equal(await isSameTree(from, to, signal), true);
    change();
    assert.equal(await isSameTree(from, to, signal), false, String(change));
    rmSync(to, { recursive: true });
  }
});
