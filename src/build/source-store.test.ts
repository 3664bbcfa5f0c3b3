import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Header, type HeaderData } from "tar";
import { sourceDigest } from "../contract/source-manifest.ts";
import type { ErrorCode } from "../model/error-registry.ts";
import { digestHex, type Digest, type SourceManifest } from "../model/source.ts";
import { SourceStore } from "./source-store.ts";
import { BuildBench } from "./testing/build-bench.ts";

let bench: BuildBench;
let store: SourceStore;
beforeEach(() => {
  bench = new BuildBench();
  store = new SourceStore(join(bench.root, "sources"), { entriesMax: 5, bytesMax: 10_000 });
});
afterEach(() => bench.dispose());

const idle = (): AbortSignal => new AbortController().signal;
const BLOCK = 512;

/** One entry as it stands in an archive: header, content, padding. */
function entry(path: string, content = "", more: Partial<HeaderData> & { typeFlag?: string } = {}): Buffer {
  const body = Buffer.from(content);
  const header = new Header({ path, mode: 0o644, size: body.length, type: "File", mtime: new Date(0), ...more });
  header.encode();
  const block = header.block ?? Buffer.alloc(BLOCK);
  return Buffer.concat([block, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}
const link = (path: string, linkpath: string, type: "SymbolicLink" | "Link" = "SymbolicLink"): Buffer =>
  entry(path, "", { type, linkpath });
/** A pax header, for names that do not fit elsewhere. */
function pax(records: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest);
    while (length < Buffer.byteLength(rest) + String(length).length) length += 1;
    return `${length}${rest}`;
  });
  return entry("pax", lines.join(""), { type: "ExtendedHeader" });
}
const archive = (...entries: Buffer[]): Buffer => Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
async function* chunks(bytes: Buffer, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const HELLO_SHA = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const HELLO: SourceManifest = {
  digest: sourceDigest([
    { kind: "link", path: "a/link", target: "../b" },
    { kind: "file", path: "b", mode: 0o755, sizeBytes: 5, sha256: HELLO_SHA },
  ]),
  entries: [],
};
const HELLO_TAR = archive(
  entry("a/", "", { type: "Directory" }),
  link("./a/link", "../b"),
  entry("b", "hello", { mode: 0o700 }),
);
const left = (): string[] => (existsSync(join(bench.root, "sources")) ? readdirSync(join(bench.root, "sources")) : []);

describe("a snapshot (contract §1)", () => {
  for (const [name, bytes] of [
    ["plain", HELLO_TAR],
    ["gzipped", gzipSync(HELLO_TAR)],
  ] as const) {
    for (const size of [1, 700, 100_000]) {
      test(`${name}, in pieces of ${size} bytes`, async () => {
        assert.equal(store.has(HELLO.digest), false);
        const source = await store.store(HELLO.digest, chunks(bytes, size), idle());
        assert.deepEqual(source, {
          digest: HELLO.digest,
          directory: join(bench.root, "sources", digestHex(HELLO.digest), "tree"),
        });
        assert.deepEqual([store.has(HELLO.digest), store.find(HELLO.digest)], [true, source]);
        assert.equal(readFileSync(join(source.directory, "b"), "utf8"), "hello");
        assert.equal(lstatSync(join(source.directory, "b")).mode & 0o100, 0o100);
        assert.equal(readlinkSync(join(source.directory, "a/link")), "../b");
        const manifest = JSON.parse(readFileSync(join(source.directory, "../manifest.json"), "utf8")) as SourceManifest;
        assert.deepEqual([manifest.digest, manifest.entries.length], [HELLO.digest, 2]);
        assert.deepEqual(left(), [digestHex(HELLO.digest)]);
      });
    }
  }

  test("two uploads of the same digest at once, and one after", async () => {
    await Promise.all([1, 2, 3].map(() => store.store(HELLO.digest, chunks(HELLO_TAR), idle())));
    await store.store(HELLO.digest, chunks(Buffer.from("not even read")), idle());
    assert.deepEqual(left(), [digestHex(HELLO.digest)]);
  });

  test("sweep removes what an interrupted upload left, and nothing else", async () => {
    await store.store(HELLO.digest, chunks(HELLO_TAR), idle());
    bench.write({ "sources/.staging-x/tree/f": "" });
    store.sweep();
    assert.deepEqual(left(), [digestHex(HELLO.digest)]);
  });
});

describe("archives that are refused (security.md rule 10): nothing outside, nothing left behind", () => {
  const longName = "n".repeat(256);
  const REFUSED: readonly (readonly [name: string, bytes: Buffer, code: ErrorCode, message: RegExp])[] = [
    ["another digest", archive(entry("b", "hullo")), "E_SOURCE_INVALID", /has the digest sha256:[0-9a-f]{64}, not/],
    ["nothing in it", archive(), "E_SOURCE_INVALID", /./],
    ["only directories", archive(entry("a/", "", { type: "Directory" })), "E_SOURCE_INVALID", /holds no file/],
    ["up", archive(entry("../x", "x")), "E_SOURCE_INVALID", /"\.\.\/x" leaves the folder/],
    ["up, inside", archive(entry("a/../../x", "x")), "E_SOURCE_INVALID", /leaves the folder/],
    ["a directory up", archive(entry("../d/", "", { type: "Directory" })), "E_SOURCE_INVALID", /leaves the folder/],
    ["absolute", archive(entry("/x", "x")), "E_SOURCE_INVALID", /is absolute/],
    ["absolute, behind a dot", archive(entry(".//x", "x")), "E_SOURCE_INVALID", /is absolute/],
    ["not plain", archive(entry("a//x", "x")), "E_SOURCE_INVALID", /not plain/],
    ["an absolute link", archive(link("l", "/etc/passwd")), "E_SOURCE_INVALID", /"l" points outside/],
    ["a link up", archive(link("a/l", "../../x")), "E_SOURCE_INVALID", /points outside/],
    [
      "links that lead out together",
      archive(link("a/b", "c/.."), link("a/c", "../d/e"), link("d/e", "../.."), link("x", "a/b/..")),
      "E_SOURCE_INVALID",
      /points outside/,
    ],
    [
      "a file through a link",
      archive(link("l", "a"), entry("l/x", "x")),
      "E_SOURCE_INVALID",
      /lies below the link "l"/,
    ],
    ["a file below a file", archive(entry("f", "x"), entry("f/x", "x")), "E_SOURCE_INVALID", /lies below the file "f"/],
    [
      "a file where a directory is",
      archive(entry("d/x", "x"), entry("d", "x")),
      "E_SOURCE_INVALID",
      /"d" is there twice/,
    ],
    [
      "a hard link",
      archive(entry("f", "x"), link("h", "f", "Link")),
      "E_SOURCE_INVALID",
      /"h" is neither a file nor a link \(Link\)/,
    ],
    ["a device", archive(entry("d", "", { type: "CharacterDevice" })), "E_SOURCE_INVALID", /CharacterDevice/],
    ["a pipe", archive(entry("d", "", { type: "FIFO" })), "E_SOURCE_INVALID", /FIFO/],
    ["a set-uid file", archive(entry("f", "x", { mode: 0o4755 })), "E_SOURCE_INVALID", /its owner's rights/],
    ["twice the same name", archive(entry("f", "x"), entry("./f", "y")), "E_SOURCE_INVALID", /"f" is there twice/],
    ["a name too long", archive(pax({ path: longName }), entry("f", "x")), "E_SOURCE_INVALID", /is too long/],
    [
      "a path too long",
      archive(pax({ path: `${"d/".repeat(2_100)}f` }), entry("f", "x")),
      "E_SOURCE_INVALID",
      /is too long/,
    ],
    [
      "a path too deep",
      archive(pax({ path: `${"d/".repeat(200)}f` }), entry("f", "x")),
      "E_SOURCE_INVALID",
      /too deep/,
    ],
    ["NUL in a name", archive(pax({ path: "a\0b" }), entry("f", "x")), "E_SOURCE_INVALID", /./],
    ["a path up by pax", archive(pax({ path: "../x" }), entry("f", "x")), "E_SOURCE_INVALID", /leaves the folder/],
    ["a link up by pax", archive(pax({ linkpath: "../../x" }), link("l", "f")), "E_SOURCE_INVALID", /points outside/],
    ["cut in a file", archive(entry("f", "x".repeat(5_000))).subarray(0, 2_000), "E_SOURCE_INVALID", /damaged|middle/],
    ["cut in a gzip", gzipSync(HELLO_TAR).subarray(0, 60), "E_SOURCE_INVALID", /compression is damaged/],
    ["no archive", Buffer.from("hello ".repeat(500)), "E_SOURCE_INVALID", /damaged/],
    [
      "no gzip",
      Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(600, 7)]),
      "E_SOURCE_INVALID",
      /compression is damaged/,
    ],
    ["a wrong checksum", archive(entry("f", "x")).fill(1, 148, 150), "E_SOURCE_INVALID", /damaged/],
    [
      "too many entries",
      archive(...[1, 2, 3, 4, 5, 6].map((n) => entry(`f${n}`, ""))),
      "E_SOURCE_TOO_LARGE",
      /more than 5 entries/,
    ],
    [
      "too many bytes",
      archive(entry("f", "x".repeat(6_000)), entry("g", "x".repeat(6_000))),
      "E_SOURCE_TOO_LARGE",
      /more than 10000 bytes/,
    ],
    [
      "a small file of many zeros",
      gzipSync(archive(entry("f", "\0".repeat(200_000)))),
      "E_SOURCE_TOO_LARGE",
      /more than 10000 bytes/,
    ],
  ];
  for (const [name, bytes, code, message] of REFUSED) {
    test(name, async () => {
      await assert.rejects(store.store(HELLO.digest, chunks(bytes), idle()), { code, message });
      assert.deepEqual(left(), []);
      assert.deepEqual(readdirSync(bench.root), ["sources"]);
    });
  }

  test("names are shown with control characters written out", async () => {
    await assert.rejects(
      store.store(HELLO.digest, chunks(archive(entry("../\u001b]8;;x", "x"))), idle()),
      (error: Error) => {
        assert.doesNotMatch(error.message, /\u001b/);
        return true;
      },
    );
  });
});

describe("interrupted (security.md rule 17)", () => {
  test("an abort is E_CANCELLED and leaves nothing", async () => {
    const abort = new AbortController();
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield HELLO_TAR.subarray(0, 600);
      abort.abort();
      yield HELLO_TAR.subarray(600);
    };
    await assert.rejects(store.store(HELLO.digest, slow(), abort.signal), { code: "E_CANCELLED" });
    assert.deepEqual(left(), []);
  });

  for (const [name, head] of [
    ["plain", HELLO_TAR],
    ["gzipped", gzipSync(HELLO_TAR)],
  ] as const) {
    test(`an upload that breaks off rejects with its own error: ${name}`, async () => {
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield head.subarray(0, 50);
        throw new Error("socket hang up");
      };
      await assert.rejects(store.store(HELLO.digest, broken(), idle()), /socket hang up/);
      assert.deepEqual(left(), []);
    });
  }

  test("a full disk is E_DISK_FULL", async () => {
    const full = async function* (): AsyncGenerator<Uint8Array> {
      yield HELLO_TAR.subarray(0, 50);
      throw Object.assign(new Error("write"), { code: "ENOSPC" });
    };
    await assert.rejects(store.store(HELLO.digest, full(), idle()), { code: "E_DISK_FULL" });
  });
});

test("a digest has no place but its own", () => {
  const digest: Digest = `sha256:${"0".repeat(64)}`;
  assert.deepEqual([store.has(digest), store.find(digest)], [false, undefined]);
});
