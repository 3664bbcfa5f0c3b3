import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { OciLayout } from "../../src/build/image/oci-layout.ts";
import { openStoredImage, type StoredImage } from "../../src/build/image/stored-image.ts";
import { layoutOf } from "../../src/build/phases/layouts.ts";
import { hostTarget } from "../../src/build/target.ts";
import { CnbBench, type Ended } from "./cnb-bench.ts";
import { ImageBench, listLayer, readFromLayer } from "./image-bench.ts";

const HERE = { os: process.platform, architecture: hostTarget().arch } as const;
const LAYOUTS = "layouts";
/** Makes the layer once; later it declares it and leaves it to the image before. */
const LAUNCH_ONLY = `
printf '[types]\\nlaunch = true\\n[metadata]\\nmade = "yes"\\n' >"$1/l.toml.new"
[ -e "$1/l.toml" ] || { mkdir -p "$1/l/env"; printf kept >"$1/l/env/KEPT"; }
mv "$1/l.toml.new" "$1/l.toml"
printf '[[processes]]\\ntype = "web"\\ncommand = ["sh"]\\nargs = ["-c", "echo $KEPT"]\\ndefault = true\\n' >"$1/launch.toml"`;

/** A cache layer and a launch and cache layer with an SBOM file each; says what of them it found. */
const CACHING = `
echo "found: [$(cat "$1/c/mark" 2>/dev/null)] [$(cat "$1/l/mark" 2>/dev/null)] [$(cat "$1/c.sbom.cdx.json" "$1/l.sbom.cdx.json" 2>/dev/null | tr -d '\n')]"
for layer in c l; do
  mkdir -p "$1/$layer"; printf built >"$1/$layer/mark"
  printf '{"of":"%s"}' $layer >"$1/$layer.sbom.cdx.json"
done
printf '[types]\ncache = true\n' >"$1/c.toml"
printf '[types]\ncache = true\nlaunch = true\n' >"$1/l.toml"
printf '[[processes]]\ntype = "web"\ncommand = ["sh"]\n' >"$1/launch.toml"`;

let bench: CnbBench;
beforeEach(async () => {
  bench = new CnbBench();
  bench.write("app/file", "x");
  await makeRunImage();
});
afterEach(() => bench.dispose());

/** A run image with a shell, as a layout of its own. */
async function makeRunImage(): Promise<void> {
  using images = new ImageBench();
  const base = images.base(["bin/sh"], {
    User: "5:6",
    Labels: { "io.buildpacks.base.distro.name": "debian", "io.buildpacks.base.distro.version": "12" },
  });
  const { signal } = new AbortController();
  const layout = new OciLayout(layoutOf("run/base", bench.at(LAYOUTS)).directory, signal);
  const [layer] = base.layers;
  assert.ok(layer !== undefined);
  const written = await layout.copyLayer(layer, "gzip");
  layout.writeImage({ ...base.config, ...HERE }, [written], "latest");
}

function run(phase: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const flags = ["-layout", "-layout-dir", bench.at(LAYOUTS), ...words];
  return bench.run(phase, { flags, env: { CNB_LAUNCHER_PATH: "/nowhere", ...env } });
}

const CREATE = ["-run-image", "run/base", "shop"];
const output = (name = "shop"): StoredImage => openStoredImage(layoutOf(name, bench.at(LAYOUTS)).directory, HERE);

describe("creator with -layout (cnb.md §1, §8)", () => {
  test("five phases in order; image, analyzed.toml and report.toml", async () => {
    bench.pack("a", { build: LAUNCH_ONLY });
    bench.order("a");
    const { code, out, err } = await run("create", CREATE, { SOURCE_DATE_EPOCH: "86400" });
    assert.equal(code, 0, out + err);
    const banners = [...out.matchAll(/===> (\w+)/g)].map(([, name]) => name);
    assert.deepEqual(banners, ["ANALYZING", "DETECTING", "RESTORING", "BUILDING", "EXPORTING"]);
    const image = output();
    assert.deepEqual(image.config.config.Entrypoint, ["/cnb/process/web"]);
    assert.deepEqual([image.config.config.User, image.config.created], ["5:6", "1970-01-02T00:00:00Z"]);
    assert.ok((await listLayer(image.layers[1])).includes(`${bench.at("layers/a/l")}/ 755 5:6`));
    assert.ok(image.layers.every(({ blob }) => blob?.compression === "gzip"));
    const { "run-image": runImage } = bench.toml("layers/analyzed.toml");
    assert.deepEqual((runImage as { target: unknown }).target, {
      os: HERE.os,
      arch: HERE.architecture,
      distro: { name: "debian", version: "12" },
    });
    const { image: report } = bench.toml("layers/report.toml") as { image: Record<string, unknown> };
    assert.deepEqual([report["tags"], report["digest"]], [["shop"], image.reference]);
    assert.ok(Number(report["manifest-size"]) > 100);
  });

  test("a second build: metadata from the image, the layer without contents is the image's, the rest is reused", async () => {
    bench.pack("a", { build: LAUNCH_ONLY });
    bench.order("a");
    assert.equal((await run("create", CREATE)).code, 0);
    const first = output();
    bench.remove("layers/a");
    const { code, out, err } = await run("create", CREATE);
    assert.equal(code, 0, out + err);
    assert.match(out, /Reusing layer 'a:l'\n[^]*Reusing 1\/1 app layer/);
    assert.deepEqual(output().layers[1]?.diffId, first.layers[1]?.diffId);
    const launcher = await readFromLayer(output().layers[3], "/cnb/lifecycle/launcher");
    assert.match(launcher, /KEPT='kept'/);
    assert.equal(output().reference, first.reference);
  });

  test("a second build: cache layers and SBOM files of the first are back (cnb.md §4, §9)", async () => {
    bench.pack("a", { build: CACHING, toml: 'sbom-formats = ["application/vnd.cyclonedx+json"]' });
    bench.order("a");
    const create = ["-cache-dir", bench.at("cache"), ...CREATE];
    const first = await run("create", create);
    assert.equal(first.code, 0, first.out + first.err);
    assert.match(first.out, /found: \[\] \[\] \[\]/);
    const blobs = bench.files("cache/committed").filter((name) => name.endsWith(".tar"));
    assert.equal(blobs.length, 3, "two layers and their SBOM files");
    const { diffId } = output().layers[1] ?? {};
    assert.ok(blobs.includes(`${diffId}.tar`), "a layer has one digest in image and cache");
    bench.remove("layers/a");
    const second = await run("create", create);
    assert.equal(second.code, 0, second.out + second.err);
    assert.match(second.out, /found: \[built\] \[built\] \[\{"of":"c"\}\{"of":"l"\}\]/);
    assert.equal(output().layers[1]?.diffId, diffId);
    bench.write(`cache/committed/${diffId}.tar`, "damaged");
    bench.remove("layers/a");
    const third = await run("create", create);
    assert.equal(third.code, 0, third.out + third.err);
    assert.match(third.out + third.err, /SHA/);
    assert.match(third.out, /found: \[built\] \[\]/);
  });

  test("a cache that cannot be written is a warning", async () => {
    bench.pack("a", { build: CACHING, toml: 'sbom-formats = ["application/vnd.cyclonedx+json"]' });
    bench.order("a");
    bench.write("blocked", "a file");
    const { code, out, err } = await run("create", ["-cache-dir", bench.at("blocked"), ...CREATE]);
    assert.equal(code, 0, out + err);
    assert.match(out + err, /Failed to export cache/);
  });

  test("an operator's launcher; several tags; a process type", async () => {
    bench.pack("a", { build: LAUNCH_ONLY });
    bench.order("a");
    bench.write("launcher", "\x7fELF");
    const env = { CNB_LAUNCHER_PATH: bench.at("launcher") };
    assert.equal((await run("create", CREATE, env)).code, 0);
    const exported = await run("export", ["-process-type", "web", "one", "registry.example:5000/two:v2"], env);
    assert.equal(exported.code, 0, exported.err);
    assert.equal(output("one").reference, output("registry.example:5000/two:v2").reference);
    assert.equal(await readFromLayer(output("one").layers[3], "/cnb/lifecycle/launcher"), "\x7fELF");
  });
});

describe("exit codes (cnb.md §10)", () => {
  for (const [what, phase, words, code, message] of [
    ["analyze without an image", "analyze", [], 3, /image argument is required/],
    ["export without an image", "export", [], 3, /at least one image argument is required/],
    [
      "a run image that is not there",
      "analyze",
      ["-run-image", "no/such", "shop"],
      32,
      /failed to analyze: run image no\/such not found/,
    ],
    ["what is no image's name", "analyze", ["../etc"], 32, /failed to analyze: could not parse reference/],
    ["export before build", "export", ["shop"], 62, /failed to export: .*metadata\.toml/],
    ["create with a run image that is not there", "create", ["-run-image", "no/such", "shop"], 32, /failed to analyze/],
  ] as const) {
    test(`${what}: ${code}`, async () => {
      const ended = await run(phase, words);
      assert.equal(ended.code, code, ended.err);
      assert.match(ended.err, message);
    });
  }

  test("a process type that is not there: 62; without -layout: 32 and 62", async () => {
    bench.pack("a", { build: LAUNCH_ONLY });
    bench.order("a");
    await run("create", CREATE);
    const wrong = await run("export", ["-process-type", "nope", "shop"]);
    assert.deepEqual([wrong.code, /tried to set nope to default but it doesn't exist/.test(wrong.err)], [62, true]);
    assert.equal((await bench.run("analyze", { flags: ["shop"] })).code, 32);
    assert.equal((await bench.run("export", { flags: ["shop"] })).code, 62);
  });

  test("create as root without -uid and -gid is refused", async () => {
    const { code, err } = await bench.run("create", { uid: 0, flags: ["shop"] });
    assert.deepEqual([code, /refusing to run as root/.test(err)], [1, true]);
  });
});

test("names become directories, and never leave the layouts'", () => {
  const at = (name: string): string => layoutOf(name, "/l").directory;
  assert.deepEqual(
    ["shop", "org/shop:v1", "r.example/a/b", "localhost/x", "localhost:5000/x:y", `shop@sha256:${"a".repeat(64)}`].map(
      at,
    ),
    [
      "/l/index.docker.io/library/shop/latest",
      "/l/index.docker.io/org/shop/v1",
      "/l/r.example/a/b/latest",
      "/l/localhost/x/latest",
      "/l/localhost:5000/x/y",
      `/l/index.docker.io/library/shop/sha256/${"a".repeat(64)}`,
    ],
  );
  for (const name of ["", "..", "../x", "a/../b", "/x", "A", "a b", "x:", "a//b/../c", "x:../y"])
    assert.throws(() => at(name), /could not parse reference/, name);
});
