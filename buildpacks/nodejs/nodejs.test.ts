import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { DEPENDING, LOCK, NodejsBench } from "./testing/bench.ts";

let bench: NodejsBench;
beforeEach(() => {
  bench = new NodejsBench();
});
afterEach(() => bench.dispose());

describe("detect (cnb.md §15)", () => {
  const parsed = (plan: string): unknown => JSON.parse(JSON.stringify(parse(plan)));
  for (const file of ["package.json", "server.js", "index.js"]) {
    test(`${file}: offers Node and asks for it, under its alias too`, () => {
      bench.write({ [`app/${file}`]: "{}" });
      const { code, plan } = bench.detect();
      assert.equal(code, 0);
      assert.deepEqual(parsed(plan), {
        provides: [{ name: "nodejs" }],
        requires: [{ name: "nodejs" }],
        or: [{ provides: [{ name: "nodejs" }, { name: "heroku/nodejs" }], requires: [{ name: "nodejs" }] }],
      });
    });
  }
  test("anything else: offers it", () => {
    const { code, plan } = bench.detect();
    assert.equal(code, 0);
    assert.deepEqual(parsed(plan), { provides: [{ name: "nodejs" }], or: [{ provides: [{ name: "heroku/nodejs" }] }] });
  });
});

describe("dependencies", () => {
  test("none: npm is not started", () => {
    bench.files({ name: "x" });
    assert.equal(bench.run().code, 0);
    assert.deepEqual(bench.calls(), []);
    assert.deepEqual([bench.types("modules"), bench.types("node_env")], [undefined, "launch,build"]);
    assert.equal(bench.read("layers/node_env/env/NODE_ENV.default"), "production");
  });

  test("a lock file: npm ci without development ones, into a layer with a link", () => {
    bench.files(DEPENDING, { "package-lock.json": LOCK });
    assert.equal(bench.run().code, 0);
    assert.deepEqual(bench.calls(), ["npm ci --omit=dev NODE_ENV=production"]);
    assert.equal(readlinkSync(join(bench.app, "node_modules")), join(bench.layers, "modules/node_modules"));
    assert.equal(bench.read("app/node_modules/dep/kind"), "--omit=dev\n");
    assert.deepEqual(
      [bench.types("modules"), bench.types("npm_cache"), bench.types("z_node_module_bins")],
      ["launch,build,cache", "cache", "launch,build"],
    );
    assert.equal(
      readlinkSync(join(bench.layers, "z_node_module_bins/bin")),
      join(bench.layers, "modules/node_modules/.bin"),
    );
  });

  test("no lock file: npm install, and a warning", () => {
    bench.files(DEPENDING);
    assert.match(bench.run().output, /Warning: there is no package-lock\.json/);
    assert.deepEqual(bench.commands(), ["npm install --omit=dev --no-package-lock"]);
  });

  test("unchanged: not installed again; the link is made anew", () => {
    bench.files(DEPENDING, { "package-lock.json": LOCK });
    bench.run();
    bench.nextBuild(DEPENDING, { "package-lock.json": LOCK, "other.js": "changed" });
    assert.match(bench.run().output, /Reusing node_modules/);
    assert.deepEqual(bench.calls(), []);
    assert.equal(bench.read("app/node_modules/dep/kind"), "--omit=dev\n");
    assert.equal(bench.types("modules"), "launch,build,cache");
  });

  const CHANGES: readonly (readonly [
    string,
    Record<string, unknown>,
    Record<string, string>,
    Record<string, string>,
  ])[] = [
    ["a dependency", { ...DEPENDING, dependencies: { dep: "2" } }, { "package-lock.json": LOCK }, {}],
    ["an override", { ...DEPENDING, overrides: { x: "1" } }, { "package-lock.json": LOCK }, {}],
    ["the lock file", DEPENDING, { "package-lock.json": `${LOCK} ` }, {}],
    [".npmrc", DEPENDING, { "package-lock.json": LOCK, ".npmrc": "legacy-peer-deps=true" }, {}],
    ["NODE_ENV", DEPENDING, { "package-lock.json": LOCK }, { NODE_ENV: "staging" }],
    ["a setting of npm", DEPENDING, { "package-lock.json": LOCK }, { NPM_CONFIG_OMIT: "optional" }],
  ];
  for (const [name, manifest, files, env] of CHANGES) {
    test(`installed again when ${name} changed`, () => {
      bench.files(DEPENDING, { "package-lock.json": LOCK });
      bench.run();
      bench.nextBuild(manifest, files);
      bench.run(env);
      assert.deepEqual(bench.commands(), ["npm ci --omit=dev"]);
    });
  }

  test("what the metadata says without the content is not believed", () => {
    bench.files(DEPENDING, { "package-lock.json": LOCK });
    bench.run();
    bench.nextBuild(DEPENDING, { "package-lock.json": LOCK });
    rmSync(join(bench.layers, "modules"), { recursive: true });
    bench.run();
    assert.deepEqual(bench.commands(), ["npm ci --omit=dev"]);
  });

  const IN_PLACE: readonly (readonly [string, Record<string, unknown>, Record<string, string>])[] = [
    ["install scripts of its own", { ...DEPENDING, scripts: { postinstall: "x" } }, {}],
    ["prepare", { ...DEPENDING, scripts: { prepare: "x" } }, {}],
    ["workspaces", { workspaces: ["a"] }, {}],
    ["local dependencies", { dependencies: { a: "file:./a" } }, {}],
    ["links in the lock file", DEPENDING, { "package-lock.json": '{"packages": {"node_modules/a": {"link": true}}}' }],
    ["native code of its own", DEPENDING, { "binding.gyp": "{}" }],
  ];
  for (const [name, manifest, files] of IN_PLACE) {
    test(`${name}: installed in the app's folder, each time`, () => {
      bench.files(manifest, { "package-lock.json": LOCK, ...files });
      bench.run();
      const expected =
        manifest["devDependencies"] === undefined
          ? ["npm ci --include=dev"]
          : ["npm ci --include=dev", "npm prune --omit=dev"];
      assert.deepEqual(bench.commands(), expected);
      assert.ok(lstatSync(join(bench.app, "node_modules")).isDirectory());
      assert.deepEqual([bench.types("modules"), existsSync(join(bench.app, "node_modules/dep"))], [undefined, true]);
    });
  }

  test("own install scripts without any dependency still run", () => {
    bench.files({ scripts: { postinstall: "x" } });
    bench.run();
    assert.deepEqual(bench.commands(), ["npm install --include=dev --no-package-lock"]);
  });

  test("a failing npm ci: its exit code, its own words last, without the manual", () => {
    bench.files(DEPENDING, { "package-lock.json": '{"broken": "node_modules/"}' });
    const { code, output } = bench.run();
    assert.equal(code, 5);
    assert.match(
      output,
      /npm error code EUSAGE\nnpm error \nnpm error Missing: dep@1\.0\.0 from lock file\nnpm error \n! /,
    );
    assert.ok(
      output.endsWith(
        "! npm ci failed: the lock file does not agree with package.json (Missing: dep@1.0.0 from lock file).\n" +
          "! Run `npm install`, commit package-lock.json, and deploy again.\n",
      ),
    );
  });

  test("no npm on the PATH", () => {
    bench.files(DEPENDING);
    mkdirSync(join(bench.root, "node-alone"));
    symlinkSync(process.execPath, join(bench.root, "node-alone/node"));
    const { code, output } = bench.run({ PATH: join(bench.root, "node-alone") });
    assert.deepEqual([code, output.includes("! there is no npm on the PATH\n! Install npm")], [1, true]);
  });
});

describe("build scripts (cnb.md §15)", () => {
  const BUILDING = { ...DEPENDING, scripts: { build: "x", "heroku-prebuild": "x", "heroku-postbuild": "x" } };

  const patching = (): Record<string, string> => {
    bench.write({ "tools/patch": "echo patched >>node_modules/dep/kind\nmkdir -p node_modules/.cache" });
    return { SCRIPT: join(bench.root, "tools/patch") };
  };
  const ALL = ["npm run heroku-prebuild", "npm run build", "npm run heroku-postbuild"];

  test("development dependencies are there for them and gone afterwards; what they wrote stays", () => {
    bench.files(BUILDING, { "package-lock.json": LOCK });
    assert.equal(bench.run(patching()).code, 0);
    assert.deepEqual(bench.commands(), ["npm ci --include=dev", ...ALL, "npm prune --omit=dev"]);
    assert.equal(bench.read("app/node_modules/dep/kind"), "--include=dev\npatched\npatched\npatched\n");
    assert.deepEqual([bench.types("modules"), bench.types("build_modules")], ["launch,build", "cache"]);
    assert.ok(existsSync(join(bench.layers, "build_modules/node_modules/dev")));
    assert.equal(existsSync(join(bench.app, "node_modules/dev")), false);
  });

  test("unchanged dependencies, scripts that write into them: a clean copy each time, pruned again", () => {
    bench.files(BUILDING, { "package-lock.json": LOCK });
    bench.run(patching());
    for (let time = 0; time < 2; time += 1) {
      bench.nextBuild(BUILDING, { "package-lock.json": LOCK });
      bench.run(patching());
      assert.deepEqual(bench.commands(), [...ALL, "npm prune --omit=dev"]);
      assert.equal(bench.read("app/node_modules/dep/kind"), "--include=dev\npatched\npatched\npatched\n");
      assert.equal(bench.read("layers/build_modules/node_modules/dep/kind"), "--include=dev\n");
    }
  });

  test("unchanged dependencies, scripts that leave them alone: nothing is installed, copied or pruned", () => {
    bench.files(BUILDING, { "package-lock.json": LOCK });
    bench.run();
    assert.equal(bench.types("modules"), "launch,build,cache");
    const kept = lstatSync(join(bench.layers, "build_modules/node_modules/dep/kind")).ino;
    for (let time = 0; time < 2; time += 1) {
      bench.nextBuild(BUILDING, { "package-lock.json": LOCK });
      bench.run({ SCRIPT: "" });
      assert.deepEqual(bench.commands(), ALL);
      assert.equal(existsSync(join(bench.app, "node_modules/dev")), false);
      assert.equal(lstatSync(join(bench.layers, "build_modules/node_modules/dep/kind")).ino, kept);
      assert.ok(existsSync(join(bench.layers, "build_modules/node_modules/dev")));
    }
  });

  const WRITES: readonly (readonly [string, string])[] = [
    ["changes a file", "echo patched >>node_modules/dep/kind"],
    ["adds a package", "mkdir node_modules/made; mkdir -p node_modules/.cache"],
    ["removes a file of a package", "rm node_modules/dep/kind"],
  ];
  for (const [name, script] of WRITES) {
    test(`a script that for once ${name}: its result is launched, the kept dependencies are not used again`, () => {
      bench.files(BUILDING, { "package-lock.json": LOCK });
      bench.run();
      bench.nextBuild(BUILDING, { "package-lock.json": LOCK });
      bench.write({ "tools/script": script });
      bench.run({ SCRIPT: join(bench.root, "tools/script") });
      assert.deepEqual(bench.commands(), [...ALL, "npm prune --omit=dev"]);
      assert.deepEqual([bench.types("modules"), bench.types("build_modules")], ["launch,build", "cache"]);
      bench.nextBuild(BUILDING, { "package-lock.json": LOCK });
      bench.run();
      assert.equal(bench.commands()[0], "npm ci --include=dev");
      assert.equal(bench.read("app/node_modules/dep/kind"), "--include=dev\n");
    });
  }

  test("a file that a failed build changed through a link to the cache: installed again", () => {
    bench.files(BUILDING, { "package-lock.json": LOCK });
    bench.run();
    bench.nextBuild(BUILDING, { "package-lock.json": LOCK });
    const file = join(bench.layers, "build_modules/node_modules/dep/kind");
    linkSync(file, join(bench.root, "other-name"));
    const later = Date.now() / 1000 + 60;
    writeFileSync(file, "half");
    utimesSync(file, later, later);
    bench.run();
    assert.equal(bench.commands()[0], "npm ci --include=dev");
    assert.equal(bench.read("layers/build_modules/node_modules/dep/kind"), "--include=dev\n");
  });

  for (const name of ["NPM_CONFIG_PRODUCTION", "YARN_PRODUCTION"]) {
    test(`${name}=false: development dependencies stay, and npm is not told`, () => {
      bench.files(BUILDING, { "package-lock.json": LOCK });
      assert.equal(bench.run({ [name]: "false", NOTE_ENV: "1" }).code, 0);
      assert.deepEqual(bench.commands(), ["npm ci --include=dev", ...ALL]);
      assert.ok(existsSync(join(bench.app, "node_modules/dev")));
      assert.doesNotMatch(bench.read("home/env-ci") ?? "", /PRODUCTION/);
    });
  }
  for (const name of ["HEROKU_SKIP_NODE_PRUNE", "PNPM_SKIP_PRUNING", "YARN2_SKIP_PRUNING"]) {
    test(`${name}=true without build scripts: everything is installed`, () => {
      bench.files(DEPENDING, { "package-lock.json": LOCK });
      bench.run({ [name]: "true" });
      assert.deepEqual(bench.commands(), ["npm ci --include=dev"]);
    });
  }
  test("NODE_MODULES_CACHE=false: nothing of an earlier build is used", () => {
    bench.files(DEPENDING, { "package-lock.json": LOCK });
    bench.run();
    bench.nextBuild(DEPENDING, { "package-lock.json": LOCK });
    bench.run({ NODE_MODULES_CACHE: "false" });
    assert.deepEqual(bench.commands(), ["npm ci --omit=dev"]);
  });
  test("USE_NPM_INSTALL=true: npm install with the lock file", () => {
    bench.files(DEPENDING, { "package-lock.json": LOCK });
    bench.run({ USE_NPM_INSTALL: "true" });
    assert.deepEqual(bench.commands(), ["npm install --omit=dev"]);
  });
  test("a daemon that a script leaves behind does not hold up the build", () => {
    bench.files({ scripts: { build: "x" } });
    bench.write({ "tools/script": "sleep 20 & echo $! >pid" });
    const startedAt = performance.now();
    assert.equal(bench.run({ SCRIPT: join(bench.root, "tools/script") }).code, 0);
    assert.ok(performance.now() - startedAt < 15_000);
    process.kill(Number(bench.read("app/pid")));
  });

  test("heroku-build instead of build", () => {
    bench.files({ scripts: { build: "x", "heroku-build": "x" } });
    bench.run();
    assert.deepEqual(bench.commands(), ["npm run heroku-build"]);
  });
});

describe("the default web process (cnb.md §15)", () => {
  const CASES: readonly (readonly [Record<string, unknown>, Record<string, string>, string[] | undefined])[] = [
    [{}, { "server.js": "", "index.js": "" }, ["node", "server.js"]],
    [{ scripts: { start: "x" } }, { "index.js": "" }, ["node", "index.js"]],
    [{ scripts: { start: "x" } }, {}, ["npm", "start"]],
    [{}, {}, undefined],
    [{ scripts: { start: "x" } }, { "server.js": "", Procfile: "web: x" }, undefined],
  ];
  for (const [manifest, files, command] of CASES) {
    test(`${JSON.stringify([manifest, files])}`, () => {
      bench.files(manifest, files);
      const { launch } = bench.run();
      const { processes } = parse(launch) as { processes?: unknown[] };
      const expected = command === undefined ? undefined : [{ type: "web", command, default: true }];
      assert.deepEqual(processes === undefined ? undefined : JSON.parse(JSON.stringify(processes)), expected);
    });
  }
});
