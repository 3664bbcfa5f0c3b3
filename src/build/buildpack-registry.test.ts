import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { escapedId, hashBuildpacks, readBuildpacks } from "./buildpack-registry.ts";
import { BuildBench } from "./testing/build-bench.ts";

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

test("a document that is not valid is named", () => {
  bench.write({ "portside_a/buildpack.toml": 'api = "9"\n' }, "buildpacks");
  assert.throws(() => readBuildpacks(directory), { code: "E_BUILD_FAILED", message: /portside_a\/buildpack\.toml: / });
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
