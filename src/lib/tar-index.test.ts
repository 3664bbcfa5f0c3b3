import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { create } from "tar";
import { encodeTarHeader, TAR_END_BYTES, tarPaddingBytes } from "./tar-header.ts";
import { indexTar, readTarPlace, TarError } from "./tar-index.ts";

const root = mkdtempSync(join(tmpdir(), "portside-tar-"));
after(() => rmSync(root, { recursive: true, force: true }));
const file = join(root, "t.tar");

/** The content the index leads to, by name. */
function contents(path: string): Record<string, string> {
  return Object.fromEntries([...indexTar(path)].map(([name, place]) => [name, readTarPlace(path, place).toString()]));
}

function entry(name: string, content: string, more: { kind?: "link"; linkTarget?: string } = {}): Buffer {
  const sizeBytes = Buffer.byteLength(content);
  const header = encodeTarHeader({ name, kind: "file", mode: 0o644, uid: 0, gid: 0, sizeBytes, mtimeS: 0, ...more });
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc(tarPaddingBytes(sizeBytes))]);
}

test("names of every form lead to their content", () => {
  const directory = join(root, "d");
  const long = "long/".repeat(40);
  mkdirSync(join(directory, long), { recursive: true });
  writeFileSync(join(directory, long, "é".repeat(60)), "long");
  writeFileSync(join(directory, "a"), "a");
  symlinkSync("a", join(directory, "link"));
  for (const portable of [true, false]) {
    create({ file, cwd: directory, sync: true, portable }, ["."]);
    assert.deepEqual(contents(file), { a: "a", link: "a", [`${long}${"é".repeat(60)}`]: "long" });
  }
});

test("the last of a name counts; dots and slashes in front do not; a link cannot leave", () => {
  const links = [
    entry("l", "", { kind: "link", linkTarget: "../../b" }),
    entry("gone", "", { kind: "link", linkTarget: "/etc/passwd" }),
  ];
  writeFileSync(
    file,
    Buffer.concat([entry("./b", "1"), entry("/b", "2"), entry("x/../c", "3"), ...links, Buffer.alloc(TAR_END_BYTES)]),
  );
  assert.deepEqual(contents(file), { b: "2", c: "3", l: "2" });
});

test("what is no tar, is cut off, or lies about its size", () => {
  const bad = [Buffer.from("x".repeat(2_000)), entry("a", "x".repeat(2_000)).subarray(0, 1_000)];
  for (const bytes of bad) {
    writeFileSync(file, bytes);
    assert.throws(() => indexTar(file), TarError);
  }
  writeFileSync(file, "");
  assert.equal(indexTar(file).size, 0);
});
