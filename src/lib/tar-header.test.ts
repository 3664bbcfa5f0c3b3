import assert from "node:assert/strict";
import { test } from "node:test";
import { list, type ReadEntry } from "tar";
import { encodeTarHeader, TAR_END_BYTES, tarPaddingBytes, type TarEntry } from "./tar-header.ts";

const FILE: TarEntry = { name: "/a", kind: "file", mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, mtimeS: 1 };

/** What the `tar` package reads of one entry. */
function readBack(entry: TarEntry): Promise<ReadEntry> {
  return new Promise((resolve, reject) => {
    const parser = list({ preservePaths: true, strict: true, onReadEntry: resolve } as never);
    parser.on("error", reject);
    parser.end(
      Buffer.concat([
        encodeTarHeader(entry),
        Buffer.alloc(entry.sizeBytes + tarPaddingBytes(entry.sizeBytes)),
        Buffer.alloc(TAR_END_BYTES),
      ]),
    );
  });
}

const utf8 = (text: string): string => Buffer.from(text).toString("latin1");

test("what ustar holds needs one block", () => {
  assert.equal(encodeTarHeader(FILE).length, 512);
  assert.equal(encodeTarHeader({ ...FILE, name: "x".repeat(100) }).length, 512);
  assert.equal(encodeTarHeader({ ...FILE, name: "x".repeat(101) }).length, 3 * 512);
});

for (const [what, change] of [
  ["a file", { mode: 0o4755, uid: 1000, gid: 1001, sizeBytes: 513 }],
  ["a directory", { kind: "directory", mode: 0o1777 }],
  ["a link", { kind: "link", linkTarget: "../b c" }],
  ["a long name", { name: `/${"long/".repeat(60)}end` }],
  ["a name of 99 bytes and its pax length", { name: `/${"é".repeat(50)}` }],
  ["a long link", { kind: "link", linkTarget: `/${"é".repeat(60)}` }],
  ["a large owner", { uid: 3_000_000, gid: 3_000_001 }],
  ["a line end in the name", { name: "/a\nb" }],
] as const satisfies readonly (readonly [string, Partial<TarEntry>])[]) {
  test(`reads back: ${what}`, async () => {
    const wanted: TarEntry = { ...FILE, ...change };
    const bytes = {
      ...wanted,
      name: utf8(wanted.name),
      ...("linkTarget" in wanted ? { linkTarget: utf8(wanted.linkTarget ?? "") } : {}),
    };
    const read = await readBack(bytes);
    assert.equal(read.path.replace(/\/$/, ""), wanted.name);
    assert.deepEqual(
      [read.uid, read.gid, read.size, read.mode],
      [wanted.uid, wanted.gid, wanted.sizeBytes, wanted.mode & 0o7777],
    );
    assert.equal(read.linkpath ?? "", wanted.linkTarget ?? "");
    assert.equal(read.mtime?.getTime(), 1_000);
    assert.equal(read.type, { file: "File", directory: "Directory", link: "SymbolicLink" }[wanted.kind]);
  });
}
