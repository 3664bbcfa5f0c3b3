import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { encodeTarHeader, TAR_END_BYTES, tarPaddingBytes } from "../lib/tar-header.ts";
import { checkLayoutDirectory, writeLayout } from "./image-layout.ts";

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "portside-layout-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));
const { signal } = new AbortController();

function* tarOf(files: Readonly<Record<string, string>>): Generator<Buffer> {
  for (const [name, content] of Object.entries(files)) {
    const sizeBytes = Buffer.byteLength(content);
    yield encodeTarHeader({ name, kind: "file", mode: 0o644, uid: 0, gid: 0, sizeBytes, mtimeS: 0 });
    yield Buffer.concat([Buffer.from(content), Buffer.alloc(tarPaddingBytes(sizeBytes))]);
  }
  yield Buffer.alloc(TAR_END_BYTES);
}

const image = (digit: string, more: Readonly<Record<string, string>> = {}): AsyncIterable<Buffer> => {
  const index = {
    manifests: [{ digest: digit, annotations: { "org.opencontainers.image.ref.name": "v1", other: "kept" } }],
  };
  const files = {
    "oci-layout": "{}",
    "index.json": JSON.stringify(index),
    [`blobs/sha256/${digit.repeat(64)}`]: digit,
    ...more,
  };
  return ReadableStream.from(tarOf(files)) as AsyncIterable<Buffer>;
};
const tags = (directory: string): unknown =>
  (
    JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as {
      manifests: { digest: string; annotations: Record<string, string> }[];
    }
  ).manifests.map(({ digest, annotations }) => [digest, annotations["org.opencontainers.image.ref.name"]]);

test("images gather in a layout; a tag moves to the newest", async () => {
  const directory = join(root, "new/layout");
  for (const [digit, tag] of [
    ["a", "v1"],
    ["b", "v2"],
    ["c", "v1"],
  ] as const)
    await writeLayout(image(digit), { directory, tag, signal });
  assert.deepEqual(tags(directory), [
    ["b", "v2"],
    ["c", "v1"],
  ]);
  assert.deepEqual(
    readdirSync(join(directory, "blobs/sha256")).sort(),
    ["a", "b", "c"].map((digit) => digit.repeat(64)),
  );
  assert.deepEqual(readdirSync(directory).sort(), ["blobs", "index.json", "oci-layout"]);
});

test("nothing but a layout's own files is taken from the answer", async () => {
  const directory = join(root, "layout");
  await writeLayout(image("a", { "../evil": "x", "/etc/evil": "x", "blobs/sha256/../../evil": "x", extra: "x" }), {
    directory,
    tag: "t",
    signal,
  });
  assert.deepEqual(
    [readdirSync(root), readdirSync(directory).sort()],
    [["layout"], ["blobs", "index.json", "oci-layout"]],
  );
});

test("a connection that breaks leaves the layout's images as they were", async () => {
  const directory = join(root, "layout");
  await writeLayout(image("a"), { directory, tag: "v1", signal });
  const broken = async function* (): AsyncGenerator<Buffer> {
    yield* tarOf({ "oci-layout": "{}" });
    throw new Error("reset");
  };
  await assert.rejects(writeLayout(broken(), { directory, tag: "v1", signal }), /reset/);
  assert.deepEqual(tags(directory), [["a", "v1"]]);
  assert.equal(existsSync(join(directory, ".incoming")), false);
});

test("only a new, an empty or a layout's folder will do", () => {
  checkLayoutDirectory(join(root, "nowhere"));
  checkLayoutDirectory(root);
  writeFileSync(join(root, "notes.txt"), "");
  assert.throws(() => checkLayoutDirectory(root), /neither empty nor an OCI image layout/);
  writeFileSync(join(root, "oci-layout"), "");
  checkLayoutDirectory(root);
  mkdirSync(join(root, "x"));
});
