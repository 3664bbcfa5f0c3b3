// What comes back of earlier builds: the matrix, digests, damaged caches, store.toml, SBOM. cnb.md §4, §9, §16 "Restore/cache".
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { create } from "tar";
import { stringify } from "smol-toml";
import { saveTarCache } from "../../src/build/lifecycle/save-tar-cache.ts";
import { CnbBench, heredoc } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => {
  bench = new CnbBench();
  bench.pack("x/a");
  bench.group(["x/a"]);
});
afterEach(() => bench.dispose());

type Flags = { readonly build?: boolean; readonly cache?: boolean; readonly launch?: boolean };
type Record_ = Flags & { readonly sha: string; readonly data?: Readonly<Record<string, unknown>> };

/** Packs files below the bench's layers directory as an exporter does, by absolute names, and takes them away again. */
async function blob(
  paths: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  for (const [path, content] of Object.entries(paths)) bench.write(`layers/${path}`, content);
  for (const [path, target] of Object.entries(links)) symlinkSync(target, bench.at(`layers/${path}`));
  const all = [...Object.keys(paths), ...Object.keys(links)].map((path) => bench.at(`layers/${path}`));
  mkdirSync(bench.at("cache/committed"), { recursive: true });
  const file = bench.at("cache/new.tar");
  await create({ file, preservePaths: true, noMtime: true }, all);
  const sha = `sha256:${createHash("sha256").update(readFileSync(file)).digest("hex")}`;
  renameSync(file, bench.at(`cache/committed/${sha}.tar`));
  rmSync(bench.at("layers/x_a"), { recursive: true, force: true });
  rmSync(bench.at("layers/sbom"), { recursive: true, force: true });
  return sha;
}

const cacheHas = (layers: Readonly<Record<string, Record_>>, sbom?: string): void => {
  const content = {
    ...(sbom === undefined ? {} : { sbom: { sha: sbom } }),
    buildpacks: [{ key: "x/a", version: "1.0.0", layers }],
  };
  bench.write("cache/committed/io.buildpacks.lifecycle.cache.metadata", JSON.stringify(content));
};
const imageHas = (layers: Readonly<Record<string, Record_>>, store?: Readonly<Record<string, unknown>>): void => {
  const tables = Object.entries(layers).map(
    ([name, { data, ...rest }]) => [name, { ...rest, metadata: data ?? {} }] as const,
  );
  const buildpack = {
    key: "x/a",
    version: "1.0.0",
    layers: Object.fromEntries(tables),
    ...(store === undefined ? {} : { store: { metadata: store } }),
  };
  bench.write("layers/analyzed.toml", stringify({ metadata: { buildpacks: [buildpack] } }));
};
const restore = (...flags: readonly string[]): ReturnType<CnbBench["run"]> =>
  bench.run("restore", { flags: ["-cache-dir", bench.at("cache"), "-log-level", "debug", ...flags] });

describe("the matrix (cnb.md §4)", () => {
  const MATRIX = [
    // build, cache, launch, metadata, contents
    [true, true, true, true, true],
    [true, true, false, true, true],
    [true, false, true, false, false],
    [true, false, false, false, false],
    [false, true, true, true, true],
    [false, true, false, true, true],
    [false, false, true, true, false],
    [false, false, false, false, false],
  ] as const;
  for (const [build, cache, launch, metadata, contents] of MATRIX) {
    test(`build ${build}, cache ${cache}, launch ${launch}: metadata ${metadata}, contents ${contents}`, async () => {
      const sha = await blob({ "x_a/l/f": "kept" });
      const record = { build, cache, launch, sha, data: { v: "1.0", n: 1, list: ["a"] } };
      if (launch) imageHas({ l: record });
      if (cache) cacheHas({ l: record });
      assert.equal((await restore()).code, 0);
      assert.deepEqual([bench.has("layers/x_a/l.toml"), bench.has("layers/x_a/l/f")], [metadata, contents]);
      if (metadata) assert.deepEqual(bench.toml("layers/x_a/l.toml"), { metadata: { v: "1.0", n: 1, list: ["a"] } });
      if (contents) assert.equal(bench.text("layers/x_a/l/f"), "kept");
    });
  }
});

describe("image and cache together (cnb.md §4)", () => {
  const LAUNCH_CACHE = { cache: true, launch: true };
  test("another digest: nothing comes back, what lay there is gone, and it is said", async () => {
    const sha = await blob({ "x_a/l/f": "kept" });
    cacheHas({ l: { ...LAUNCH_CACHE, sha } });
    imageHas({ l: { ...LAUNCH_CACHE, sha: "sha256:other" } });
    for (const path of ["l/old", "l.toml", "l.sha"]) bench.write(`layers/x_a/${path}`, "");
    const { code, out } = await restore();
    assert.deepEqual([code, bench.list("layers/x_a")], [0, []]);
    assert.match(out, /^Removing "x\/a:l", wrong sha$/m);
  });
  test("launch and cache in the image, not in the cache: nothing", async () => {
    imageHas({ l: { ...LAUNCH_CACHE, sha: "sha256:x" } });
    await restore();
    assert.deepEqual(bench.list("layers/x_a"), []);
  });
  test("launch and cache in the cache alone: it comes back (Platform API 0.14)", async () => {
    const sha = await blob({ "x_a/l/f": "kept" });
    cacheHas({ l: { ...LAUNCH_CACHE, sha, data: { a: 1 } } });
    await restore();
    assert.deepEqual([bench.toml("layers/x_a/l.toml"), bench.text("layers/x_a/l/f")], [{ metadata: { a: 1 } }, "kept"]);
  });
  test("the image's metadata goes before the cache's", async () => {
    const sha = await blob({ "x_a/l/f": "kept" });
    cacheHas({ l: { ...LAUNCH_CACHE, sha, data: { from: "cache" } } });
    imageHas({ l: { ...LAUNCH_CACHE, sha, data: { from: "image" } } });
    const { out } = await restore();
    assert.deepEqual(bench.toml("layers/x_a/l.toml"), { metadata: { from: "image" } });
    for (const line of ['Restoring metadata for "x/a:l" from app image', 'Restoring data for "x/a:l" from cache']) {
      assert.ok(out.includes(line), out);
    }
  });
  test("layers of buildpacks that do not take part stay away", async () => {
    const sha = await blob({ "x_a/l/f": "kept" });
    cacheHas({ l: { cache: true, sha } });
    bench.pack("other");
    bench.group(["other"]);
    assert.equal((await restore()).code, 0);
    assert.equal(bench.has("layers/x_a"), false);
  });
  test("a layer without metadata has an empty document", async () => {
    imageHas({ l: { launch: true, sha: "sha256:x" } });
    await restore();
    assert.equal(bench.text("layers/x_a/l.toml"), "");
  });
});

describe("store.toml (cnb.md §4)", () => {
  test("comes back from the image", async () => {
    imageHas({}, { counter: 3 });
    await restore();
    assert.deepEqual(bench.toml("layers/x_a/store.toml"), { metadata: { counter: 3 } });
  });
  test("with -skip-layers too, when nothing else does", async () => {
    const sha = await blob({ "x_a/l/f": "kept" });
    cacheHas({ l: { cache: true, sha } });
    imageHas({ m: { launch: true, sha: "sha256:x" } }, { counter: 3 });
    const { out } = await restore("-skip-layers");
    assert.deepEqual(bench.list("layers/x_a"), ["store.toml"]);
    assert.match(out, /^Skipping buildpack layer analysis$/m);
  });
  test("CNB_SKIP_LAYERS says the same", async () => {
    imageHas({ m: { launch: true, sha: "sha256:x" } });
    await bench.run("restore", { env: { CNB_SKIP_LAYERS: "true" } });
    assert.deepEqual(bench.list("layers/x_a"), []);
  });
});

describe("contents (cnb.md §9)", () => {
  test("modes, links and directories come back as they were; links are not followed", async () => {
    bench.write("layers/x_a/l/bin/run", "#!/bin/sh\n", 0o755);
    const sha = await blob(
      { "x_a/l/bin/run": "#!/bin/sh\n", "x_a/l/deep/er/f": "" },
      { "x_a/l/abs": "/nowhere/at/all", "x_a/l/up": "../../.." },
    );
    cacheHas({ l: { cache: true, sha } });
    assert.equal((await restore()).code, 0);
    assert.deepEqual(bench.files("layers/x_a/l"), ["bin/run", "deep/er/f"]);
    assert.deepEqual([bench.mode("layers/x_a/l/bin/run"), bench.mode("layers/x_a/l/deep/er/f")], [0o755, 0o644]);
    assert.deepEqual(bench.link("layers/x_a/l/abs"), "/nowhere/at/all");
    assert.deepEqual(bench.link("layers/x_a/l/up"), "../../..");
  });
  test("entries outside of the layer are not unpacked", async () => {
    const sha = await blob({ "x_a/l/f": "in", "x_a/other/f": "out", "config/metadata.toml": "out" });
    rmSync(bench.at("layers/config"), { recursive: true });
    cacheHas({ l: { cache: true, sha } });
    assert.equal((await restore()).code, 0);
    assert.deepEqual([bench.list("layers/x_a"), bench.has("layers/config")], [["l", "l.toml"], false]);
  });
  type Row = readonly [name: string, damage: (sha: string) => void, message: RegExp];
  const ROWS: readonly Row[] = [
    ["a missing blob", (sha) => rmSync(bench.at(`cache/committed/${sha}.tar`)), /failed to find cache layer with SHA/],
    ["other bytes", (sha) => bench.write(`cache/committed/${sha}.tar`, "damaged"), /expected layer contents to have SHA/],
    ["a directory", (sha) => { rmSync(bench.at(`cache/committed/${sha}.tar`)); mkdirSync(bench.at(`cache/committed/${sha}.tar`)); }, /failed to find cache layer/],
  ]; // prettier-ignore
  for (const [name, damage, message] of ROWS) {
    test(`${name} is a warning: nothing of the layer comes back, others do`, async () => {
      const good = await blob({ "x_a/good/f": "kept" });
      const sha = await blob({ "x_a/l/f": "kept" });
      cacheHas({ good: { cache: true, sha: good }, l: { cache: true, sha } });
      damage(sha);
      const { code, out } = await restore();
      assert.deepEqual([code, bench.list("layers/x_a")], [0, ["good", "good.toml"]]);
      assert.match(out, /^Warning: Skipping restore for layer x\/a:l: /m);
      assert.match(out, message);
    });
  }
  test("a blob that is no tar, although its digest is right, is a warning", async () => {
    const bytes = Buffer.alloc(2_048, "no tar");
    const sha = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    bench.write(`cache/committed/${sha}.tar`, bytes);
    cacheHas({ l: { cache: true, sha } });
    const { code, out } = await restore();
    assert.deepEqual([code, bench.list("layers/x_a"), /^Warning: Skipping restore/m.test(out)], [0, [], true]);
  });
  for (const [name, sha] of [
    ["a path", "../../etc/passwd"],
    ["no digest", "sha256:x"],
  ] as const) {
    test(`${name} for a digest is a warning`, async () => {
      cacheHas({ l: { cache: true, sha } });
      const { code, out } = await restore();
      assert.deepEqual([code, bench.list("layers/x_a"), /is no digest/.test(out)], [0, [], true]);
    });
  }
  test("a path for a layer's name is a warning, and nothing is written there", async () => {
    const sha = await blob({ "x_a/l/f": "kept" });
    cacheHas({ "../escaped": { cache: true, sha } });
    const { code, out } = await restore();
    assert.deepEqual(
      [code, bench.list("layers").includes("escaped"), /cannot be a layer's name/.test(out)],
      [0, false, true],
    );
  });
  for (const [name, content] of [
    ["no JSON", "{"],
    ["another shape", '{"buildpacks": 1}'],
  ] as const) {
    test(`cache metadata of ${name} is a warning`, async () => {
      bench.write("cache/committed/io.buildpacks.lifecycle.cache.metadata", content);
      const { code, out } = await restore();
      assert.deepEqual([code, /^Warning: the cache cannot be read: /m.test(out)], [0, true]);
    });
  }
  test("no cache at all: said once, no failure", async () => {
    const { code, out } = await bench.run("restore");
    assert.deepEqual([code, out], [0, "Warning: Not restoring cached layer data, no cache flag specified\n"]);
  });
});

describe("SBOM files (cnb.md §4)", () => {
  test("of cached layers come back beside them; the collection is gone", async () => {
    const layer = await blob({ "x_a/l/f": "kept" });
    const sbom = await blob({
      "sbom/cache/x_a/l/sbom.cdx.json": "layer",
      "sbom/cache/x_a/sbom.cdx.json": "whole",
      "sbom/cache/gone/l/sbom.cdx.json": "gone",
    });
    cacheHas({ l: { cache: true, sha: layer } }, sbom);
    assert.equal((await restore()).code, 0);
    assert.deepEqual(bench.list("layers/x_a"), ["l", "l.sbom.cdx.json", "l.toml"]);
    assert.deepEqual([bench.has("layers/sbom"), bench.has("layers/gone")], [false, false]);
  });
  test("those analyze put into sbom/launch come back", async () => {
    bench.write("layers/sbom/launch/x_a/l/sbom.spdx.json", "launch");
    bench.write("layers/sbom/launch/x_a/sbom.legacy.txt", "");
    imageHas({ l: { launch: true, sha: "sha256:x" } });
    await restore();
    assert.equal(bench.text("layers/x_a/l.sbom.spdx.json"), "launch");
    assert.equal(bench.has("layers/sbom"), false);
  });
  test("a damaged one is a warning", async () => {
    cacheHas({}, "sha256:0");
    const { code, out } = await restore();
    assert.deepEqual([code, /^Warning: Skipping restore of SBOM files: /m.test(out)], [0, true]);
  });
});

describe("saving (cnb.md §9)", () => {
  const save = (layers: Readonly<Record<string, Record_>>, blobs: Readonly<Record<string, string>>): Promise<void> =>
    saveTarCache(bench.at("cache"), {
      metadata: { buildpacks: [{ key: "x/a", version: "1.0.0", layers }] },
      blobs: new Map(
        Object.entries(blobs).map(([sha, content]) => [
          sha,
          (path: string): Promise<void> => writeFile(path, content, { flag: "wx" }),
        ]),
      ),
    });
  const committed = (): string[] => bench.list("cache/committed").filter((name) => name.endsWith(".tar"));

  test("what was saved comes back; a blob that is there is linked; one nobody names is gone", async () => {
    const sha = await blob({ "x_a/l/f": "kept" });
    const bytes = readFileSync(bench.at(`cache/committed/${sha}.tar`), "latin1");
    await save({ l: { cache: true, sha } }, { [sha]: "must not be written", "sha256:old": "old" });
    assert.deepEqual(committed(), ["sha256:old.tar", `${sha}.tar`].toSorted());
    assert.equal(readFileSync(bench.at(`cache/committed/${sha}.tar`), "latin1"), bytes);
    await save({ l: { cache: true, sha } }, { [sha]: "" });
    assert.deepEqual([committed(), bench.list("cache")], [[`${sha}.tar`], ["committed"]]);
    assert.equal((await restore()).code, 0);
    assert.equal(bench.text("layers/x_a/l/f"), "kept");
  });
  test("a writer that fails leaves the old cache; so does a crash between the renames", async () => {
    await save({}, { "sha256:one": "one" });
    const failing = saveTarCache(bench.at("cache"), {
      metadata: {},
      blobs: new Map([["sha256:two", () => Promise.reject(new Error("disk full"))]]),
    });
    await assert.rejects(failing, /disk full/);
    assert.deepEqual(committed(), ["sha256:one.tar"]);
    renameSync(bench.at("cache/committed"), bench.at("cache/committed-backup"));
    await save({}, { "sha256:one": "not written", "sha256:two": "two" });
    assert.equal(bench.text("cache/committed/sha256:one.tar"), "one");
  });
});

test("a buildpack that does not declare its restored layer again loses it (§4)", async () => {
  const sha = await blob({ "x_a/l/f": "kept" });
  cacheHas({ l: { cache: true, sha } });
  await restore();
  assert.equal((await bench.run("build")).code, 0);
  assert.deepEqual(bench.list("layers/x_a"), ["l.ignore", "l.toml"]);
});

test("a buildpack that does keeps contents and metadata (§4)", async () => {
  const sha = await blob({ "x_a/l/f": "kept" });
  cacheHas({ l: { cache: true, sha, data: { v: 2 } } });
  bench.pack("x/a", {
    build: `grep -q 'v = 2' "$1/l.toml" && ${heredoc("$1/l.toml", "[types]\ncache = true\n[metadata]\nv = 2")}`,
  });
  await restore();
  assert.equal((await bench.run("build")).code, 0);
  assert.deepEqual(bench.list("layers/x_a"), ["l", "l.toml"]);
});

for (const [name, content] of [
  ["no TOML", "[metadata"],
  ["another shape", "metadata = 1"],
] as const) {
  test(`analyzed.toml of ${name} is an error`, async () => {
    bench.write("layers/analyzed.toml", content);
    const { code, err } = await restore();
    assert.deepEqual(
      [code, err.startsWith(`ERROR: failed to parse analyzed metadata: ${join(bench.at("layers"), "analyzed.toml")}`)],
      [1, true],
    );
  });
}
