import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  applyBuildLayers,
  applyEnvOperations,
  buildRootDirectories,
  launchRootDirectories,
  prependPath,
  readEnvDirectory,
} from "./layer-environment.ts";
import { BuildBench, type Tree } from "./testing/build-bench.ts";

let bench: BuildBench;
beforeEach(() => (bench = new BuildBench()));
afterEach(() => bench.dispose());

describe("env files (cnb.md §6.2)", () => {
  const CASES: readonly (readonly [files: Tree, old: string | undefined, expected: string | undefined])[] = [
    [{ X: "v" }, "o", "v"],
    [{ "X.override": "v" }, "o", "v"],
    [{ "X.append": "v" }, "o", "ov"],
    [{ "X.append": "v", "X.delim": "[]" }, "o", "o[]v"],
    [{ "X.prepend": "v", "X.delim": "[]" }, "o", "v[]o"],
    [{ "X.prepend": "v" }, "o", "vo"],
    [{ "X.default": "v" }, "o", "o"],
    [{ "X.default": "v" }, "", "v"],
    [{ X: "v" }, undefined, "v"],
    [{ "X.append": "v", "X.delim": "[]" }, undefined, "v"],
    [{ "X.prepend": "v", "X.delim": "[]" }, undefined, "v"],
    [{ "X.default": "v" }, undefined, "v"],
    [{ "X.append": "a", "X.delim": ":", "X.prepend": "p" }, "", "p:a"],
    [{ "X.append": "a", "X.delim": ":", "X.prepend": "p" }, "m", "p:m:a"],
    [{ "X.unknown": "v", "X.delim": ":" }, "o", "o"],
    [{ "X.append.more": "v" }, "o", "o"],
    [{ "Y.delim": ":", "X.append": "v" }, "o", "ov"],
    [{ X: " v\n" }, "o", " v\n"],
    [{ "X/in": "v" }, "o", "o"],
    [{ ".X": "v" }, undefined, undefined],
  ];
  for (const [files, old, expected] of CASES) {
    test(`${JSON.stringify(files)} on ${JSON.stringify(old)}`, () => {
      const directory = bench.write(files, "env");
      const environment: Record<string, string> = old === undefined ? {} : { X: old };
      assert.equal(applyEnvOperations(environment, readEnvDirectory(directory))["X"], expected);
    });
  }

  test("files are taken in byte order of their names", () => {
    const directory = bench.write({ "B.append": "1", "A.append": "2", "a.append": "3", "Z.append": "4" }, "env");
    assert.deepEqual(
      readEnvDirectory(directory).map(({ name }) => name),
      ["A", "B", "Z", "a"],
    );
  });

  test("a long value with line ends and `=`, and one behind a link, arrive whole", () => {
    const value = `${"a=b\n".repeat(16_384)}\u{1f600}`;
    const directory = bench.write({ X: value, "../target": "linked" }, "env");
    symlinkSync("../target", join(directory, "Y"));
    assert.deepEqual(applyEnvOperations({}, readEnvDirectory(directory)), { X: value, Y: "linked" });
  });

  test("no directory, no operations; `bare` is what a name without suffix means", () => {
    assert.deepEqual(readEnvDirectory(join(bench.root, "nowhere")), []);
    assert.deepEqual(
      readEnvDirectory(bench.write({ X: "v" }, "env"), "default").map(({ action }) => action),
      ["default"],
    );
  });
});

describe("root directories (cnb.md §6.2)", () => {
  test("only those that exist, for build and for launch", () => {
    const layer = bench.write({ "bin/x": "", "lib/x": "", "include/x": "", "pkgconfig/x": "", "share/x": "" }, "layer");
    const build = buildRootDirectories(layer).map(({ name, directory }) => `${name}=${directory.slice(layer.length)}`);
    assert.deepEqual(build, [
      "PATH=/bin",
      "LD_LIBRARY_PATH=/lib",
      "LIBRARY_PATH=/lib",
      "CPATH=/include",
      "PKG_CONFIG_PATH=/pkgconfig",
    ]);
    assert.deepEqual(
      launchRootDirectories(layer).map(({ name }) => name),
      ["PATH", "LD_LIBRARY_PATH"],
    );
    assert.deepEqual(buildRootDirectories(bench.write({ bin: "a file" }, "other")), []);
  });
  test("a link to a directory is a directory", () => {
    const layer = bench.write({ "real/x": "" }, "layer");
    symlinkSync("real", join(layer, "bin"));
    assert.deepEqual(launchRootDirectories(layer), [{ name: "PATH", directory: join(layer, "bin") }]);
  });
  test("they are prepended with a colon", () => {
    assert.deepEqual(prependPath({ PATH: "/a" }, "PATH", "/b"), { PATH: "/b:/a" });
    assert.deepEqual(prependPath({ PATH: "" }, "PATH", "/b"), { PATH: "/b" });
    assert.deepEqual(prependPath({}, "CPATH", "/b"), { CPATH: "/b" });
  });
});

test("build layers: roots of all first, then env/ and env.build/ of each; env.launch/ never (§5.2)", () => {
  const one = bench.write(
    { "bin/x": "", "env/X.append": "1", "env.build/X.append": "2", "env.launch/X.append": "9" },
    "one",
  );
  const two = bench.write({ "env/PATH.prepend": "/first:", "env/X.append": "3" }, "two");
  mkdirSync(join(two, "bin"));
  const environment = applyBuildLayers({ PATH: "/usr/bin" }, [one, two]);
  assert.deepEqual(environment, { PATH: `/first:${two}/bin:${one}/bin:/usr/bin`, X: "123" });
});
