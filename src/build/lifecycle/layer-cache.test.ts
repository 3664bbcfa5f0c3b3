import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Buildpack } from "../buildpack-registry.ts";
import type { BuildContext } from "../run-buildpack.ts";
import { BuildBench, type FakeBuildpack } from "../testing/build-bench.ts";
import { build, type BuiltBuildpack } from "./build-phase.ts";
import { checkLayerContents, exportSlug } from "./export-slug.ts";
import { restore, whatReturns, type Earlier } from "./restore.ts";
import { openLayerCache, saveCache, type LayerCache } from "./save-cache.ts";
import { openTreeCache } from "./tree-cache.ts";

let bench: BuildBench;
beforeEach(() => (bench = new BuildBench()));
afterEach(() => bench.dispose());

const at = (path: string): string => join(bench.root, path);
const text = (path: string): string => readFileSync(at(path), "utf8");
const inode = (path: string): number => lstatSync(at(path)).ino;
const cache = (): LayerCache => openLayerCache(at("cache"));
const earlier = (): Earlier => ({ cache: openTreeCache(cache().committed) });

/** Restores, builds and saves as a whole build does. */
async function round(
  name: string,
  group: readonly Buildpack[],
): Promise<{ built: readonly BuiltBuildpack[]; context: BuildContext }> {
  const context = bench.context(name);
  await restore(group, earlier(), context);
  const { built } = await build(group, [], context);
  checkLayerContents(built, context);
  await saveCache(built, cache(), context);
  return { built, context };
}

/** Shell text that makes a layer with one file, unless it is there. */
const layer = (name: string, ...types: string[]): string =>
  `mkdir -p "$1/${name}"; [ -e "$1/${name}/f" ] || echo made >"$1/${name}/f"
   printf '[types]\\n${types.map((type) => `${type} = true\\n`).join("")}[metadata]\\nv = 1.0\\n' >"$1/${name}.toml"`;
const pack = (script: string, more: FakeBuildpack = {}): Buildpack => bench.buildpack("a", { ...more, build: script });

describe("what comes back (cnb.md §4)", () => {
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
  for (const [isBuild, isCache, isLaunch, metadata, contents] of MATRIX) {
    test(`build ${isBuild}, cache ${isCache}, launch ${isLaunch}`, () =>
      assert.deepEqual(whatReturns({ build: isBuild, cache: isCache, launch: isLaunch }), { metadata, contents }));
  }

  test("contents, and metadata without types, byte for byte; store.toml; not what was not cached", async () => {
    const script = `${layer("kept", "cache", "launch")}; ${layer("gone", "launch")}; printf '[metadata]\\nn = 1.0\\n' >"$1/store.toml"`;
    const group = [pack(script)];
    await round("one", group);
    const context = bench.context("two");
    assert.equal(await restore(group, earlier(), context), 1);
    assert.equal(text("two/layers/a/kept/f"), "made\n");
    assert.equal(text("two/layers/a/kept.toml"), "[metadata]\nv = 1.0\n");
    assert.equal(text("two/layers/a/store.toml"), "[metadata]\nn = 1.0\n");
    assert.deepEqual(readdirSync(at("two/layers/a")).toSorted(), ["kept", "kept.toml", "store.toml"]);
  });

  test("a layer that is not declared again is dropped, from the cache too", async () => {
    await round("one", [pack(layer("kept", "cache"))]);
    const { built } = await round("two", [pack("exit 0")]);
    assert.deepEqual(built[0]?.layers, []);
    assert.ok(existsSync(at("two/layers/a/kept.ignore")));
    assert.deepEqual(readdirSync(at("cache/committed/a")), []);
  });

  test("layers of buildpacks that do not take part are ignored", async () => {
    await round("one", [pack(layer("kept", "cache"))]);
    assert.equal(await restore([bench.buildpack("b")], earlier(), bench.context("two")), 0);
    assert.equal(existsSync(at("two/layers/a")), false);
  });

  test("a corrupt or half-missing cache is said or passed over, never a failure", async () => {
    const group = [pack(`${layer("one", "cache")}; ${layer("two", "cache")}`)];
    await round("one", group);
    writeFileSync(at("cache/committed/a/one.toml"), "[types");
    rmSync(at("cache/committed/a/two"), { recursive: true });
    assert.equal(await restore(group, earlier(), bench.context("two")), 0);
    assert.match(bench.output.join("\n"), /lifecycle: Not restoring a:one: one\.toml: line 1/);
    assert.deepEqual(readdirSync(at("two/layers/a")), []);
  });
});

describe("saving (cnb.md §9)", () => {
  test("a launch layer is shared by hard links and read-only where the buildpack allows it", async () => {
    const group = [pack(layer("l", "cache", "launch"), { keepsLayerFiles: true })];
    await round("one", group);
    assert.equal(inode("one/layers/a/l/f"), inode("cache/committed/a/l/f"));
    assert.equal(lstatSync(at("cache/committed/a/l/f")).mode & 0o222, 0);
    await round("two", group);
    assert.equal(inode("two/layers/a/l/f"), inode("one/layers/a/l/f"));
  });

  test("otherwise every build has its own bytes: writing in place harms no earlier one", async () => {
    const group = [pack(`${layer("l", "cache", "launch")}; echo more >>"$1/l/f"`)];
    await round("one", group);
    await round("two", group);
    assert.deepEqual([text("one/layers/a/l/f"), text("two/layers/a/l/f")], ["made\nmore\n", "made\nmore\nmore\n"]);
  });

  test("a cache-only layer is moved, not copied", async () => {
    await round("one", [pack(layer("c", "cache"))]);
    assert.equal(existsSync(at("one/layers/a/c")), false);
    assert.equal(text("cache/committed/a/c/f"), "made\n");
  });

  // A layer that is in no artifact comes back as a copy, which builds write into, so it is always saved anew: a rename.
  test("nothing is written when no shared layer changed; anything else is", async () => {
    const group = [pack(layer("l", "cache", "launch"), { keepsLayerFiles: true })];
    await round("one", group);
    const before = inode("cache/committed");
    await round("two", group);
    assert.equal(inode("cache/committed"), before);
    await round("three", [
      pack(`${layer("l", "cache", "launch")}; ${layer("c", "cache")}; echo x >"$1/c/new"`, { keepsLayerFiles: true }),
    ]);
    assert.notEqual(inode("cache/committed"), before);
    assert.equal(text("cache/committed/a/c/new"), "x\n");
    assert.deepEqual(readdirSync(at("cache")), ["committed"]);
  });

  test("a crash between the two renames is repaired; leftovers of a staging do not hurt", async () => {
    const group = [pack(layer("c", "cache"))];
    await round("one", group);
    renameSync(at("cache/committed"), at("cache/committed-backup"));
    mkdirSync(at("cache/staging/rest"), { recursive: true });
    assert.equal(await restore(group, earlier(), bench.context("two")), 1);
    await round("three", [pack(`${layer("c", "cache")}; echo x >>"$1/c/f"`)]);
    assert.deepEqual([readdirSync(at("cache")), readdirSync(at("cache/committed"))], [["committed"], ["a"]]);
  });
});

test("SBOM files of cached layers come back with them; the whole build's stay in the artifact (cnb.md §4, §5.2)", async () => {
  const script = `${layer("c", "cache")}; for f in c launch; do echo '{}' >"$1/$f.sbom.cdx.json"; done`;
  const group = [pack(script, { extra: 'sbom-formats = ["application/vnd.cyclonedx+json"]' })];
  await round("one", group);
  assert.deepEqual(readdirSync(at("one/layers/sbom")).toSorted(), ["build", "cache", "launch"]);
  await restore(group, earlier(), bench.context("two"));
  assert.deepEqual(readdirSync(at("two/layers/a")).toSorted(), ["c", "c.sbom.cdx.json", "c.toml"]);
});

describe("slug (cnb.md §7.3, §8.1)", () => {
  test("keeps launch layers, config and documents of the whole; gives steps and bytes", async () => {
    const script = `${layer("l", "launch")}; ${layer("c", "cache")}; ${layer("b", "build")}; ${layer("i")}; mkdir "$1/l/bin"`;
    bench.write({ "one/app/f": "12345" });
    const { built, context } = await round("one", [pack(script)]);
    const slug = await exportSlug(built, context);
    assert.deepEqual(readdirSync(at("one/layers/a")).sort(), ["l", "l.toml"]);
    assert.ok(existsSync(at("one/layers/config/metadata.toml")));
    assert.deepEqual(slug.launchPlan.steps, [
      { kind: "pathDirectory", name: "PATH", directory: at("one/layers/a/l/bin") },
    ]);
    assert.ok(slug.sizeBytes >= 10);
  });
  for (const type of ["launch", "cache"]) {
    test(`a ${type} layer without a directory is an error that names it`, () =>
      assert.rejects(round("one", [pack(`printf '[types]\\n${type} = true\\n' >"$1/x.toml"`)]), {
        code: "E_BUILD_FAILED",
        message: /a declared the layer `x` but did not make it/,
      }));
  }
  test("a launch variable that is a link out of the layers directory is an error of export (decision 0011)", async () => {
    bench.write({ secret: "s" });
    const { built, context } = await round("one", [
      pack(`${layer("l", "launch")}; mkdir -p "$1/l/env.launch/web"; ln -s ${at("secret")} "$1/l/env.launch/web/X"`),
    ]);
    await assert.rejects(exportSlug(built, context), {
      code: "E_BUILD_FAILED",
      phase: "export",
      message: /in export, a launch layer has a wrong file `web\/X`: it is a link out of the layers directory/,
    });
  });
  test("a build layer may be environment alone", async () => {
    const { built } = await round("one", [pack(`printf '[types]\\nbuild = true\\n' >"$1/x.toml"`)]);
    assert.deepEqual(
      built[0]?.layers.map(({ name }) => name),
      ["x"],
    );
  });
});
