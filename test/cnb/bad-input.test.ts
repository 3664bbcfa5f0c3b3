// Buildpacks that leave what they must not: each a clear error with phase, buildpack and document, and the phase's exit code.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CnbBench, heredoc } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => (bench = new CnbBench()));
afterEach(() => bench.dispose());

/** What stands for a document: shell text that makes it at "$f", and what is said about it. */
const FORMS: readonly (readonly [name: string, make: string, message: string])[] = [
  ["invalid TOML", heredoc("$f", "[[broken"), "line 1"],
  ["another shape", heredoc("$f", "metadata = 1\nprocesses = 1\nunmet = 1\ntypes = 1\nprovides = 1"), ""],
  ["binary", `printf '\\377\\376\\000\\001' >"$f"`, "is not UTF-8"],
  ["a key named __proto__", heredoc("$f", "__proto__ = 1"), "line 1"],
  ["a link", 'ln -sf /etc/passwd "$f"', "is a link"],
  ["a pipe", 'rm -f "$f"; mkfifo "$f"', "is not a regular file"],
  ["17 MiB", 'head -c 17825792 /dev/zero >"$f"', "is larger than 16 MiB"],
];

describe("the build plan", () => {
  for (const [name, make, message] of FORMS) {
    test(name, async () => {
      bench.pack("x/a", { detect: `f="$2"\n${make}` });
      bench.order("x/a");
      const { code, out } = await bench.run("detect");
      assert.equal(code, 21);
      assert.match(out, /======== Error: x\/a@1\.0\.0 ========\nbuild plan: /);
      assert.ok(out.includes(message), out);
    });
  }
  for (const [name, content] of [
    ["a version outside of metadata", '[[requires]]\nname = "x"\nversion = "1"'],
    ["a version outside of metadata in an `or`", '[[or]]\n[[or.requires]]\nname = "x"\nversion = "1"'],
    ["a name that is missing", "[[provides]]"],
  ] as const) {
    test(name, async () => {
      bench.pack("a", { detect: heredoc("$2", content) });
      bench.order("a");
      const { code, out } = await bench.run("detect");
      assert.deepEqual([code, /^build plan: .*(version|name)/m.test(out)], [21, true]);
    });
  }
});

for (const document of ["launch.toml", "build.toml", "store.toml", "layer.toml"]) {
  describe(document, () => {
    for (const [name, make, message] of FORMS) {
      test(name, async () => {
        bench.pack("x/a", { build: `f="$1/${document}"\n${make}` });
        bench.group(["x/a"]);
        const { code, err } = await bench.run("build");
        assert.equal(code, 52);
        assert.ok(err.startsWith(`ERROR: failed to build: x/a left a wrong ${document}: `), err);
        assert.ok(err.includes(message), err);
        assert.equal(bench.has("layers/config/metadata.toml"), false);
      });
    }
  });
}

describe("links out of a layer (decision 0011)", () => {
  const BUILD_TYPE = heredoc("$1/l.toml", "[types]\nbuild = true\nlaunch = true\ncache = true");
  const ROWS: readonly (readonly [name: string, script: string, message: string])[] = [
    ["the layer itself", `ln -s / "$1/l"`, "layer `l`: it is not a directory"],
    ["the layer is a file", `echo >"$1/l"`, "layer `l`: it is not a directory"],
    [
      "a variable",
      'mkdir -p "$1/l/env"; ln -s /etc/passwd "$1/l/env/X"',
      "file `env/X`: it is a link out of the layers directory",
    ],
    [
      "a variable of env.build",
      'mkdir -p "$1/l/env.build"; ln -s /etc/passwd "$1/l/env.build/X"',
      "file `env.build/X`",
    ],
    ["the directory of variables", 'mkdir "$1/l"; ln -s /etc "$1/l/env"', "it is a link out of the layers directory"],
    ["a variable of 1 GB", 'mkdir -p "$1/l/env"; truncate -s 1G "$1/l/env/X"', "it is larger than a variable can be"],
    ["a variable with a NUL", `mkdir -p "$1/l/env"; printf 'a\\000b' >"$1/l/env/X"`, "file `env/X`: it holds a NUL"],
    ["an SBOM file", `ln -s /etc/passwd "$1/launch.sbom.cdx.json"`, "launch.sbom.cdx.json: is a link"],
    ["its own layers directory", 'rm -r "$1"; ln -s / "$1"', "layers directory: it is gone"],
  ];
  for (const [name, script, message] of ROWS) {
    test(name, async () => {
      const toml = 'sbom-formats = ["application/vnd.cyclonedx+json"]';
      const own = name.startsWith("its own") ? "" : BUILD_TYPE;
      bench.pack("a", { toml, build: `${script}\n${own}` });
      bench.group(["a"]);
      const { code, err } = await bench.run("build");
      assert.equal(code, 52);
      assert.ok(err.startsWith("ERROR: failed to build: a left a wrong ") && err.includes(message), err);
    });
  }
  test("any other link stays as it is", async () => {
    bench.pack("a", {
      build: `mkdir -p "$1/l/bin"; ln -s /usr/bin/env "$1/l/bin/python"; ln -s ../../../.. "$1/l/up"\n${BUILD_TYPE}`,
    });
    bench.group(["a"]);
    assert.equal((await bench.run("build")).code, 0);
    assert.deepEqual(
      [bench.link("layers/a/l/bin/python"), bench.link("layers/a/l/up")],
      ["/usr/bin/env", "../../../.."],
    );
  });
});

describe("programs", () => {
  test("exit 0 without any output: no layers, no processes", async () => {
    bench.pack("a");
    bench.order("a");
    assert.equal((await bench.run("detect")).code, 0);
    assert.equal((await bench.run("build")).code, 0);
    const metadata = bench.toml("layers/config/metadata.toml");
    assert.deepEqual(metadata["processes"] ?? [], []);
  });
  test("its layers directory removed", async () => {
    bench.pack("a", { build: 'rm -r "$1"' });
    bench.group(["a"]);
    const { code, err } = await bench.run("build");
    assert.deepEqual([code, err], [52, "ERROR: failed to build: a left a wrong layers directory: it is gone\n"]);
  });
  test("its own directory removed by detect: build says it is not there", async () => {
    bench.pack("a", { detect: 'rm -r "$CNB_BUILDPACK_DIR"' });
    bench.order("a");
    assert.equal((await bench.run("detect")).code, 0);
    const { code, err } = await bench.run("build");
    assert.deepEqual([code, err], [52, "ERROR: failed to build: the buildpack a@1.0.0 is not there\n"]);
  });
  test("its programs removed by an earlier buildpack: 51, named", async () => {
    bench.pack("a", { build: 'rm -r "$(dirname "$(dirname "$CNB_BUILDPACK_DIR")")/b/1.0.0/bin"' });
    bench.pack("b");
    bench.group(["a", "b"]);
    const { code, err } = await bench.run("build");
    assert.deepEqual([code, err], [51, "ERROR: failed to build: bin/build of b could not be started (ENOENT)\n"]);
  });
  test("the app's directory removed by an earlier buildpack: 51, named", async () => {
    bench.pack("a", { build: 'rm -r "$PWD"' });
    bench.pack("b");
    bench.group(["a", "b"]);
    bench.write("work/app/f", "");
    const { code, err } = await bench.run("build", { flags: ["-app", bench.at("work/app")] });
    assert.deepEqual([code, /bin\/build of b could not be started/.test(err)], [51, true]);
  });
  test("a line of 1 MB and bytes that are no text go through in pieces; the end is still told", async () => {
    bench.pack("a", {
      build: `head -c 1048576 /dev/zero | tr '\\0' x; printf '\\n\\377\\000\\033[31m\\n'; echo end; exit 9`,
    });
    bench.group(["a"]);
    const { code, out, err } = await bench.run("build");
    assert.deepEqual([code, err], [51, "ERROR: failed to build: a ended with exit code 9\n"]);
    assert.equal(out.match(/x/g)?.length, 1_048_576);
    assert.ok(out.endsWith("end\n"));
  });
  test("a layer document without a name", async () => {
    bench.pack("a", { build: heredoc("$1/.toml", "[types]\nlaunch = true") });
    bench.group(["a"]);
    const { code, err } = await bench.run("build");
    assert.deepEqual([code, err], [52, "ERROR: failed to build: a left a wrong .toml: has no layer's name\n"]);
  });
  test("a platform variable with a NUL: the buildpack that would get it is named", async () => {
    bench.write("platform/env/X", "a\0b");
    bench.pack("a");
    bench.group(["a"]);
    bench.order("a");
    const { code, err } = await bench.run("build");
    assert.deepEqual(
      [code, err],
      [51, "ERROR: failed to build: bin/build of a could not be started (ERR_INVALID_ARG_VALUE)\n"],
    );
    assert.equal((await bench.run("detect")).code, 21);
  });
  test("a signal is told", async () => {
    bench.pack("a", { build: "kill -9 $$" });
    bench.group(["a"]);
    const { code, err } = await bench.run("build");
    assert.deepEqual([code, err], [51, "ERROR: failed to build: a was killed by SIGKILL\n"]);
  });
});
