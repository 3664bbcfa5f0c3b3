import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { escapedId, hashBuildpacks, orderFor, readBuildpacks, type BuildpackRegistry } from "./buildpack-registry.ts";
import { BuildBench } from "./testing/build-bench.ts";

const OWN = join(import.meta.dirname, "../../buildpacks");
const ORDER =
  '[[order]]\n[[order.group]]\nid = "portside/a"\n[[order.group]]\nid = "portside/procfile"\noptional = true\n';

let bench: BuildBench;
let directory = "";
beforeEach(() => {
  bench = new BuildBench();
  bench.buildpack("portside/a", { extra: '[metadata]\naliases = ["heroku/a", "https://example.org/team/a"]' });
  bench.buildpack("portside/procfile");
  directory = bench.write({ "order.toml": ORDER, "README.md": "" }, "buildpacks");
});
afterEach(() => bench.dispose());

const shown = (registry: BuildpackRegistry, references: string[]): string[] =>
  orderFor(registry, references).map((group) =>
    group.map(({ buildpack, optional }) => buildpack.id + (optional ? "?" : "")).join(" "),
  );

describe("which buildpacks (contract §3, cnb.md §15)", () => {
  const REFERENCES: readonly (readonly [string[], string])[] = [
    [[], "portside/a portside/procfile?"],
    [["portside/a"], "portside/a portside/procfile?"],
    [["heroku/a"], "portside/a portside/procfile?"],
    [["portside/a@1.0.0"], "portside/a portside/procfile?"],
    [["urn:cnb:registry:heroku/a@2"], "portside/a portside/procfile?"],
    [["urn:cnb:builder:portside/a"], "portside/a portside/procfile?"],
    [["https://example.org/team/a.git#v1"], "portside/a portside/procfile?"],
    [["portside/procfile"], "portside/procfile"],
    [["portside/procfile", "portside/a"], "portside/procfile portside/a"],
    [["portside/a", "heroku/a"], "portside/a portside/procfile?"],
  ];
  for (const [references, expected] of REFERENCES) {
    test(JSON.stringify(references), () => assert.deepEqual(shown(readBuildpacks(directory), references), [expected]));
  }
  for (const reference of ["heroku/ruby", "https://example.org/team/b", "./local", "a"]) {
    test(`${reference} is not here: an error that names it and what there is`, () =>
      assert.throws(() => shown(readBuildpacks(directory), [reference]), {
        code: "E_BUILD_FAILED",
        message: `The build failed: the buildpack ${reference} is not available here; there are portside/a, portside/procfile.`,
      }));
  }
  test("our own: node, static files, Procfile alone", () => {
    const registry = readBuildpacks(OWN);
    assert.deepEqual(
      shown(registry, []).filter((group) => !group.includes("python")),
      ["portside/nodejs portside/procfile?", "portside/static portside/procfile?", "portside/procfile"],
    );
    for (const name of [
      "heroku/nodejs",
      "heroku/static",
      "heroku/procfile",
      "https://github.com/heroku/heroku-buildpack-nodejs",
    ]) {
      assert.equal(orderFor(registry, [name]).length, 1);
    }
  });
  test("a document that is not valid is named", () => {
    bench.write({ "portside_a/buildpack.toml": 'api = "9"\n' }, "buildpacks");
    assert.throws(() => readBuildpacks(directory), {
      code: "E_BUILD_FAILED",
      message: /portside_a\/buildpack\.toml: /,
    });
  });
});

describe("hash of the buildpacks' content (contract §10)", () => {
  test("moves with bytes, names, modes and the order; not with manuals and tests", () => {
    const start = hashBuildpacks(directory);
    const file = join(directory, "portside_a/bin/build");
    bench.write({ "portside_a/README.md": "x", "portside_a/a.test.ts": "x", "own-lifecycle.ts": "x" }, "buildpacks");
    assert.equal(hashBuildpacks(directory), start);
    const seen = new Set([start]);
    const changes: readonly (() => void)[] = [
      () => writeFileSync(file, "#!/bin/sh\nexit 1\n"),
      () => chmodSync(file, 0o644),
      () => writeFileSync(join(directory, "portside_a/more"), ""),
      () => writeFileSync(join(directory, "order.toml"), ORDER.replace("true", "false")),
    ];
    for (const change of changes) {
      change();
      seen.add(hashBuildpacks(directory));
    }
    assert.equal(seen.size, changes.length + 1);
  });
  test("is the same wherever they lie", () => {
    const other = new BuildBench();
    try {
      other.buildpack("portside/a", { extra: '[metadata]\naliases = ["heroku/a", "https://example.org/team/a"]' });
      other.buildpack("portside/procfile");
      const copy = other.write({ "order.toml": ORDER, "README.md": "" }, "buildpacks");
      assert.equal(hashBuildpacks(copy), hashBuildpacks(directory));
    } finally {
      other.dispose();
    }
  });
});

test("ids as directory names", () => assert.equal(escapedId("a/b/c"), "a_b_c"));
