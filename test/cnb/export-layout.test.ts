import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { createWriteStream } from "node:fs";
import { describe, test } from "node:test";
import { dockerArchive } from "../../src/build/image/docker-archive.ts";
import { OciLayout } from "../../src/build/image/oci-layout.ts";
import { emptyImage, openStoredImage } from "../../src/build/image/stored-image.ts";
import { element, ImageBench, listLayer, processOf, readFromLayer, simpleBuild, type Exported } from "./image-bench.ts";

/** cnb.md §8.2, §8.5 and §16: the same digests everywhere, reuse, layouts and archives. */
const PLATFORM = { os: "linux", architecture: "amd64", tag: "v1" } as const;

const diffIds = (image: Exported): readonly string[] => image.stored.layers.map(({ diffId }) => diffId);

describe("the same input gives the same image (cnb.md §8.2, §16)", () => {
  /** Everything that could differ: order of creation, times, inode links. */
  function awkwardBuild(bench: ImageBench, names: readonly string[]): void {
    bench.layer("bp:l", Object.fromEntries(names.map((name) => [`d/${name}`, name])));
    bench.write(Object.fromEntries(names.map((name) => [name, `${name}\n`])), bench.app);
    linkSync(join(bench.app, "a"), join(bench.app, "hard"));
    symlinkSync("../away/./x", join(bench.app, "soft"));
    chmodSync(join(bench.app, "b"), 0o4755);
    bench.write({ "big.bin": "0123456789".repeat(900_000) }, bench.app);
    bench.metadata({ group: [element("bp")], processes: [processOf({})], slices: [{ paths: ["a*"] }] });
  }
  const NAMES = ["a", "b", "a.b", "a-b", "Z", "é", "日本", "a b", "x".repeat(120), "y\nz"];

  test("whatever order the disk has, twice, elsewhere, and with hard links, sockets and odd names", async () => {
    using one = new ImageBench();
    using other = new ImageBench();
    awkwardBuild(one, NAMES);
    awkwardBuild(other, NAMES.toReversed());
    const server = createServer().listen(join(other.app, "socket"));
    await once(server, "listening");
    const images = [await one.export(), await one.export({ into: join(one.root, "again") }), await other.export()];
    server.close();
    assert.equal(new Set(images.map(({ manifest }) => manifest.digest)).size, 1);
    const rest = await listLayer(images[0]?.stored.layers[3]);
    assert.ok(rest.includes("/workspace/b 4755 1000:1000"));
    assert.ok(rest.includes("/workspace/soft 777 1000:1000 -> ../away/./x"));
    assert.ok(
      rest.includes("/workspace/y\nz 644 1000:1000") && rest.includes(`/workspace/${"x".repeat(120)} 644 1000:1000`),
    );
    assert.equal(await readFromLayer(images[0]?.stored.layers[3], "/workspace/hard"), "a\n");
  });

  test("under another umask and another user", async (t) => {
    using bench = new ImageBench();
    awkwardBuild(bench, NAMES);
    chmodSync(bench.root, 0o755);
    const { manifest } = await bench.export({ base: emptyImage(PLATFORM), officialLauncher: Buffer.from("launcher") });
    const program = new URL("export-once.ts", import.meta.url).pathname;
    const ids = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    if (process.getuid?.() !== 0) t.diagnostic("not root: the same user, another umask alone");
    const out = mkdtempSync(join(tmpdir(), "portside-export-"));
    try {
      chmodSync(out, 0o777);
      const options = { ...ids, env: { PATH: process.env["PATH"] }, cwd: "/", encoding: "utf8" } as const;
      const printed = execFileSync(process.execPath, [program, bench.root, join(out, "layout")], options);
      assert.equal(printed.trim(), manifest.digest);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});

describe("layers that did not change (cnb.md §8.2)", () => {
  test("are taken from the image before; what changed is added; the digest is as without it", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const first = await bench.export();
    assert.ok(first.log.includes("Adding layer 'org/a:z'") && first.log.includes("Adding 1/1 app layer(s)"));
    const again = await bench.export({ previous: first.stored });
    assert.deepEqual(
      again.log.filter((line) => line.startsWith("Adding") && !line.includes("label")),
      [],
    );
    assert.ok(
      [
        "Reusing layer 'org/a:z'",
        "Reusing 1/1 app layer(s)",
        "Reusing layer 'buildpacksio/lifecycle:launcher'",
        "Reusing layer 'buildpacksio/lifecycle:config'",
      ].every((line) => again.log.includes(line)),
    );
    assert.equal(again.manifest.digest, first.manifest.digest);
    writeFileSync(join(bench.layers, "org_a/b/file"), "changed");
    const changed = await bench.export({ previous: first.stored, into: join(bench.root, "other") });
    assert.deepEqual(
      changed.log.filter((line) => line.startsWith("Adding layer")),
      ["Adding layer 'org/a:b'"],
    );
    const fresh = await bench.export({ into: join(bench.root, "third") });
    assert.equal(changed.manifest.digest, fresh.manifest.digest);
  });

  test("a layer declared without contents is the previous image's, with its environment", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const first = await bench.export();
    rmSync(join(bench.layers, "org_a/b"), { recursive: true });
    await assert.rejects(
      bench.export({ into: join(bench.root, "x") }),
      /cannot reuse 'org\/a:b', previous image has no metadata for layer 'org\/a:b'/,
    );
    const second = await bench.export({ previous: first.stored });
    assert.deepEqual(diffIds(second), diffIds(first));
    assert.ok(second.log.includes("Reusing layer 'org/a:b'"));
    rmSync(join(bench.layers, "org_a/z"), { recursive: true });
    await assert.rejects(
      bench.export({ previous: first.stored }),
      /layer 'org\/a:z' is cache=true but has no contents/,
    );
  });
});

describe("layouts and archives (cnb.md §8.5)", () => {
  test("a layout: version, index with the tag, every blob under its digest, another image beside it", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const image = await bench.export();
    await bench.export({ tag: "v2", processType: "worker" });
    await bench.export({ tag: "v1" });
    assert.equal(readFileSync(join(image.layout, "oci-layout"), "utf8"), '{"imageLayoutVersion":"1.0.0"}');
    const index = JSON.parse(readFileSync(join(image.layout, "index.json"), "utf8")) as {
      manifests: { annotations: Record<string, string> }[];
    };
    assert.deepEqual(
      index.manifests.map(({ annotations }) => Object.values(annotations)),
      [["v2"], ["v1"]],
    );
    for (const { blob } of image.stored.layers) {
      const hash = createHash("sha256");
      await pipeline(blob?.open() ?? [], hash);
      assert.equal(`sha256:${hash.digest("hex")}`, blob?.digest);
    }
    await assert.rejects(bench.export({ into: bench.app }), /neither empty nor an OCI image layout/);
  });

  for (const compression of ["zstd", "gzip", "none"] as const) {
    test(`${compression}: the media type says it, the content is the same`, async () => {
      using bench = new ImageBench();
      simpleBuild(bench);
      const plain = await bench.export();
      const image = await bench.export({ compression, into: join(bench.root, compression) });
      assert.deepEqual(diffIds(image), diffIds(plain));
      assert.equal(image.imageId, plain.imageId);
      assert.ok(image.stored.layers.slice(1).every(({ blob }) => blob?.compression === compression));
      assert.deepEqual(await listLayer(image.stored.layers[5]), await listLayer(plain.stored.layers[5]));
    });
  }

  test("a docker-archive: manifest.json, config under the image id, plain layers under their diffIDs, base left out when asked", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const image = await bench.export();
    const write = async (name: string, omittedCount: number): Promise<string> => {
      const path = join(bench.root, name);
      const { signal } = new AbortController();
      await pipeline(dockerArchive(image.stored, { tags: ["shop:v1"], omittedCount, signal }), createWriteStream(path));
      return path;
    };
    const whole = openStoredImage(await write("whole.tar", 0), PLATFORM);
    assert.equal(whole.reference, image.imageId);
    assert.deepEqual(
      whole.layers.map(({ diffId, blob }) => [diffId, blob?.compression]),
      diffIds(image).map((diffId) => [diffId, "none"]),
    );
    assert.deepEqual(await listLayer(whole.layers[5]), await listLayer(image.stored.layers[5]));
    const thin = openStoredImage(await write("thin.tar", 1), PLATFORM);
    assert.deepEqual(
      thin.layers.map(({ blob }) => blob === undefined),
      diffIds(image).map((_, index) => index === 0),
    );
    assert.deepEqual(readFileSync(await write("again.tar", 0)), readFileSync(join(bench.root, "whole.tar")));
    // What one export wrote is a run image for the next one.
    const next = await bench.export({ base: whole, into: join(bench.root, "next") });
    assert.equal(next.stored.layers.length, 2 * whole.layers.length - 1);
  });

  test("a broken off or cancelled export leaves the layout's images as they were", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const before = await bench.export();
    const aborted = AbortSignal.abort(new Error("stop"));
    await assert.rejects(bench.export({ signal: aborted, tag: "v1" }), /stop/);
    rmSync(join(bench.layers, "c/l"), { recursive: true });
    await assert.rejects(bench.export({ tag: "v1" }));
    assert.equal(openStoredImage(before.layout, PLATFORM).reference, before.manifest.digest);
    new OciLayout(before.layout, new AbortController().signal);
  });

  test("damaged and foreign images are refused in words", async () => {
    using bench = new ImageBench();
    simpleBuild(bench);
    const { layout, manifest, stored } = await bench.export();
    const refuses = (pattern: RegExp, choice: Readonly<Record<string, string>> = PLATFORM): void =>
      assert.throws(() => openStoredImage(layout, choice as never), pattern);
    refuses(/it has no image with the tag nope/, { ...PLATFORM, tag: "nope" });
    refuses(/it is for linux\/amd64, the build for linux\/arm64/, { os: "linux", architecture: "arm64", tag: "v1" });
    const [layer] = stored.layers.slice(-1);
    writeFileSync(join(layout, "blobs/sha256", layer?.blob?.digest?.slice(7) ?? ""), "not zstd");
    await assert.rejects(
      bench.export({ base: openStoredImage(layout, PLATFORM), into: join(bench.root, "x") }),
      /cannot be read|damaged/,
    );
    writeFileSync(join(layout, "blobs/sha256", manifest.digest.slice(7)), "{}");
    refuses(/is damaged/);
    mkdirSync(join(bench.root, "empty"));
    assert.throws(
      () => openStoredImage(join(bench.root, "empty"), PLATFORM),
      /neither an OCI image layout nor a docker-archive/,
    );
    assert.throws(() => openStoredImage(join(bench.root, "nowhere"), PLATFORM), /does not exist/);
  });
});
