import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { LOCK, NodejsBench } from "./testing/bench.ts";

let bench: NodejsBench;
beforeEach(() => {
  bench = new NodejsBench();
});
afterEach(() => bench.dispose());

describe("which Node (cnb.md §15, decision 0017)", () => {
  const own = process.versions.node;
  const major = own.split(".")[0];
  const USED: readonly (readonly [Record<string, unknown>, Record<string, string>, string])[] = [
    [{}, {}, ""],
    [{ engines: { node: ">=18" } }, {}, " (engines.node of package.json: >=18)"],
    [{ engines: { node: own } }, {}, ` (engines.node of package.json: ${own})`],
    [{ engines: { node: "*" } }, { ".nvmrc": "4" }, " (engines.node of package.json: *)"],
    [{}, { ".nvmrc": `v${major}\n` }, ` (.nvmrc: v${major})`],
    [{}, { ".node-version": `\n# ours\n${own}\r\n` }, ` (.node-version: ${own})`],
    [{}, { ".nvmrc": `${major}`, ".node-version": "4" }, ` (.nvmrc: ${major})`],
    [{ devEngines: { runtime: { name: "node", version: ">=18" } } }, {}, " (devEngines.runtime of package.json: >=18)"],
    [{ engines: { node: "" } }, { ".nvmrc": major ?? "" }, ` (.nvmrc: ${major})`],
  ];
  for (const [manifest, files, why] of USED) {
    test(`${JSON.stringify([manifest, files])}: the one on the PATH`, () => {
      bench.files(manifest, files);
      const { output } = bench.run();
      assert.ok(output.includes(`Using Node ${own}${why}\n`), output);
      assert.deepEqual([bench.calls(), bench.types("dist")], [[], undefined]);
    });
  }
  test("two files that differ are told", () => {
    bench.files({ engines: { node: ">=18" } }, { ".nvmrc": "16" });
    assert.match(
      bench.run().output,
      /Warning: engines\.node of package\.json \(>=18\) decides about Node, not \.nvmrc \(16\)\./,
    );
  });

  test("another one: the newest that fits, without headers; first on the PATH of what follows; kept for the next build", () => {
    bench.files({ engines: { node: "99.x" } });
    assert.match(bench.run().output, /Fetching Node 99\.2\.0 \(engines\.node of package\.json: 99\.x\)/);
    assert.match(bench.calls()[1] ?? "", /^npm pack node-\S+@99\.2\.0 --ignore-scripts --pack-destination /);
    assert.deepEqual(readdirSync(join(bench.layers, "dist")), ["bin"]);
    assert.deepEqual([bench.types("dist"), bench.types("node_headers")], ["launch,build,cache", "cache"]);
    bench.nextBuild({ engines: { node: "99.x" } });
    assert.match(bench.run().output, /Reusing Node 99\.2\.0/);
    assert.deepEqual(bench.calls(), []);
    bench.nextBuild({ engines: { node: "99.1" } });
    assert.match(bench.run().output, /Fetching Node 99\.1\.0/);
    assert.deepEqual(
      bench.commands().map((line) => line.split(" ")[1]),
      ["pack"],
      "the list of versions is a day old at most",
    );
  });

  test("the list is asked for again after a day, and a newer Node taken", () => {
    bench.files({ engines: { node: "99.x" } });
    bench.run();
    bench.nextBuild({ engines: { node: "99.x" } });
    const document = join(bench.layers, "node_releases.toml");
    const day = String(Date.now() - 25 * 60 * 60 * 1000);
    writeFileSync(
      document,
      (bench.read("layers/node_releases.toml") ?? "").replace(/asked_at = "\d+"/, `asked_at = "${day}"`),
    );
    bench.run();
    assert.deepEqual(
      bench.commands().map((line) => line.split(" ")[1]),
      ["view"],
    );
  });

  test("the registry is down: the Node of the last build does, when it fits", () => {
    bench.files({ engines: { node: "99.x" } });
    bench.run();
    bench.nextBuild({ engines: { node: "99.2.x" } });
    rmSync(join(bench.layers, "node_releases"), { recursive: true });
    writeFileSync(join(bench.root, "tools/bin/npm"), "#!/bin/sh\necho 'npm error code ECONNREFUSED' >&2\nexit 1\n");
    const { code, output } = bench.run();
    assert.equal(code, 0, output);
    assert.match(
      output,
      /Warning: the versions of node-\S+ could not be listed \(ECONNREFUSED\)\. Node 99\.2\.0 of the last build is used again\.\nReusing Node 99\.2\.0/,
    );
  });

  const REFUSED: readonly (readonly [Record<string, unknown>, Record<string, string>, RegExp])[] = [
    [
      { engines: { node: "30.1.x" } },
      {},
      /! engines\.node of package\.json asks for Node 30\.1\.x; this machine has \S+, and none of the published versions for \S+ fits\.\n! Near it there are 18\.1\.0, 20\.5\.0, 99\.1\.0, 99\.2\.0\. Name one/,
    ],
    [
      {},
      { ".nvmrc": "latest-ish" },
      /! the Node version `latest-ish` in \.nvmrc is not a range: .*\n! Write a version/,
    ],
    [{ engines: { node: "20 or 22" } }, {}, /! the Node version `20 or 22` in engines\.node/],
  ];
  for (const [manifest, files, message] of REFUSED) {
    test(`refused: ${String(message)}`, () => {
      bench.files(manifest, files);
      const { code, output } = bench.run();
      assert.equal(code, 1);
      assert.match(output, message);
      assert.equal(bench.types("dist"), undefined);
    });
  }
});

describe("headers for native modules", () => {
  const depending = { dependencies: { dep: "1" }, engines: { node: "99.2.0" } };
  const native = { "package-lock.json": '{"packages": {"node_modules/dep": {"hasInstallScript": true}}}' };

  test("of the fetched Node, where node-gyp finds them; not at launch", () => {
    bench.files(depending, native);
    bench.run({ NOTE_ENV: "1" });
    const directory = join(bench.layers, "node_headers");
    assert.match(bench.read("home/env-ci") ?? "", new RegExp(`^npm_config_nodedir=${directory}$`, "m"));
    assert.ok(existsSync(join(directory, "include/node/node_version.h")));
    bench.nextBuild(depending, native);
    bench.run();
    assert.equal(bench.types("node_headers"), "cache");
  });
  test("not for packages without native code", () => {
    bench.files({ ...depending, engines: {} }, { "package-lock.json": LOCK });
    bench.run({ NOTE_ENV: "1" });
    assert.doesNotMatch(bench.read("home/env-ci") ?? "", /nodedir/);
  });
  test("the user's npm_config_nodedir stays", () => {
    bench.files(depending, native);
    bench.run({ NOTE_ENV: "1", npm_config_nodedir: "/opt/headers" });
    assert.match(bench.read("home/env-ci") ?? "", /^npm_config_nodedir=\/opt\/headers$/m);
  });
  test("a native app is installed again when its Node changed", () => {
    bench.files(depending, native);
    bench.run();
    bench.nextBuild({ ...depending, engines: { node: "99.1.0" } }, native);
    bench.run();
    assert.ok(bench.commands().includes("npm ci --omit=dev"));
  });
});

describe("an npm that runs on the app's Node", () => {
  test("the machine's does not run on an old one: the newest that does is fetched", () => {
    bench.files({ dependencies: { dep: "1" }, engines: { node: "18.1.0" } }, { "package-lock.json": LOCK });
    const { output } = bench.run();
    assert.match(output, /Fetching Node 18\.1\.0[^]*Fetching npm 6\.14\.18 \(package-lock\.json\)/);
    assert.equal(bench.types("npm"), "launch,build,cache");
  });
  test("one that was asked for and does not run there is refused", () => {
    bench.files({ dependencies: { dep: "1" }, engines: { node: "18.1.0", npm: "10.x" } });
    assert.match(
      bench.run().output,
      /! npm 10\.9\.0 \(engines\.npm of package\.json\) does not run on Node 18\.1\.0\.\n! Ask for another npm/,
    );
  });
});
