import assert from "node:assert/strict";
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { DEPENDING, LOCK, NodejsBench } from "./testing/bench.ts";

let bench: NodejsBench;
beforeEach(() => {
  bench = new NodejsBench();
});
afterEach(() => bench.dispose());

const YARN_1 = "# yarn lockfile v1\n\ndep@1:\n";
const YARN_4 = "__metadata:\n  version: 8\n  cacheKey: 10c0\n";
const YARN_3 = "__metadata:\n  version: 6\n";
const PNPM_9 = "lockfileVersion: '9.0'\n";
const PNPM_6 = "lockfileVersion: '6.0'\n";
const NODE_MODULES = { ".yarnrc.yml": "nodeLinker: node-modules\n" };

type Files = Record<string, string>;

describe("which package manager, in which version (decision 0017)", () => {
  const CHOICES: readonly (readonly [name: string, Record<string, unknown>, Files, RegExp])[] = [
    ["no lock file: npm", {}, {}, /Installing node_modules \(npm install\)/],
    ["yarn.lock of Yarn 1", {}, { "yarn.lock": YARN_1 }, /Fetching yarn 1\.22\.22 \(yarn\.lock\)/],
    ["yarn.lock of Yarn 3", {}, { "yarn.lock": YARN_3, ...NODE_MODULES }, /Fetching yarn 3\.8\.6 \(yarn\.lock\)/],
    ["yarn.lock of Yarn 4", {}, { "yarn.lock": YARN_4, ...NODE_MODULES }, /Fetching yarn 4\.18\.1/],
    ["pnpm-lock.yaml 9.0", {}, { "pnpm-lock.yaml": PNPM_9 }, /Fetching pnpm 10\.34\.8 \(pnpm-lock\.yaml\)/],
    ["pnpm-lock.yaml 6.0", {}, { "pnpm-lock.yaml": PNPM_6 }, /Fetching pnpm 8\.15\.9/],
    [
      "packageManager",
      { packageManager: "pnpm@9.15.0" },
      { "pnpm-lock.yaml": PNPM_9 },
      /pnpm 9\.15\.0 \(packageManager/,
    ],
    [
      "packageManager before the lock file",
      { packageManager: "yarn@1.22.19" },
      { "package-lock.json": LOCK },
      /Warning: package-lock\.json is not used, since packageManager of package\.json says yarn\. Remove it\.\n[^]*Fetching yarn 1\.22\.19/,
    ],
    [
      "devEngines.packageManager",
      { devEngines: { packageManager: { name: "pnpm", version: "^9" } } },
      {},
      /Fetching pnpm 9\.15\.0 \(devEngines of package\.json: \^9\)/,
    ],
    [
      "the lock file before engines.npm",
      { engines: { npm: ">=8" } },
      { "yarn.lock": YARN_1 },
      /Fetching yarn 1\.22\.22 \(yarn\.lock\)/,
    ],
    [
      "engines.pnpm alone",
      { engines: { pnpm: "10.x" } },
      {},
      /Fetching pnpm 10\.34\.8 \(engines\.pnpm of package\.json: 10\.x\)/,
    ],
    ["engines.yarn alone", { engines: { yarn: "1.22.19" } }, {}, /Fetching yarn 1\.22\.19/],
    [
      "a wide range: of the line that wrote the lock file",
      { engines: { yarn: ">=1.22" } },
      { "yarn.lock": YARN_4, ...NODE_MODULES },
      /Fetching yarn 4\.18\.1/,
    ],
    ["a wide range, pnpm", { engines: { pnpm: ">=8" } }, { "pnpm-lock.yaml": PNPM_9 }, /Fetching pnpm 10\.34\.8/],
    [
      "two lock files, engines names one",
      { engines: { pnpm: ">=8", node: ">=18" } },
      { "pnpm-lock.yaml": PNPM_9, "package-lock.json": LOCK },
      /Warning: package-lock\.json is not used, since engines\.pnpm/,
    ],
    ["the machine's npm fits engines.npm", { engines: { npm: ">=10" } }, {}, /Installing node_modules \(npm install\)/],
    ["another npm", { engines: { npm: "10.x" } }, {}, /Fetching npm 10\.9\.0 \(engines\.npm of package\.json: 10\.x\)/],
  ];
  for (const [name, manifest, files, message] of CHOICES) {
    test(name, () => {
      bench.files({ ...DEPENDING, ...manifest }, files);
      const { code, output } = bench.run();
      assert.match(output, message);
      assert.equal(code, 0, output);
    });
  }

  const REFUSED: readonly (readonly [Record<string, unknown>, Files, RegExp])[] = [
    [
      {},
      { "bun.lockb": "" },
      /! This app uses bun \(bun\.lockb\); npm, yarn and pnpm are supported\.\n! Run `npm install`/,
    ],
    [{ packageManager: "bun@1.2.0" }, {}, /! This app uses bun \(packageManager of package\.json\)/],
    [
      { packageManager: "yarn" },
      {},
      /! packageManager of package\.json is `yarn`, which is not of the form name@version/,
    ],
    [
      {},
      { "yarn.lock": YARN_1, "package-lock.json": LOCK },
      /! There are lock files of several package managers: package-lock\.json, yarn\.lock\.\n! Keep the one you use/,
    ],
    [
      {},
      { ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.1.0.cjs\n" },
      /! \.yarnrc\.yml names \S+, which is not in the app/,
    ],
    [{ engines: { pnpm: "ten" } }, {}, /! the version `ten` of pnpm .* is not a range/],
    [
      { engines: { pnpm: "5.x" } },
      {},
      /! engines\.pnpm .* asks for pnpm 5\.x, and the registry has no such version.*\n! The newest is 12\.20\.0/,
    ],
  ];
  for (const [manifest, files, message] of REFUSED) {
    test(`refused: ${String(message)}`, () => {
      bench.files(manifest, files);
      const { code, output } = bench.run();
      assert.equal(code, 1);
      assert.match(output, message);
      assert.deepEqual(
        bench.commands().filter((line) => !line.startsWith("npm view")),
        [],
      );
    });
  }

  test("a layer of its own, at launch too; kept for the next build; fetched again when another is asked for", () => {
    bench.files(DEPENDING, { "yarn.lock": YARN_1 });
    bench.run();
    assert.equal(bench.types("yarn"), "launch,build,cache");
    assert.equal(readlinkSync(join(bench.layers, "yarn/bin/yarn")), "../package/bin/yarn.js");
    bench.nextBuild({ ...DEPENDING, scripts: { start: "x" } }, { "yarn.lock": YARN_1 });
    const again = bench.run();
    assert.match(again.output, /Reusing yarn 1\.22\.22/);
    assert.match(again.launch, /command = \["yarn","start"\]/);
    assert.deepEqual(bench.commands(), []);
    bench.nextBuild({ ...DEPENDING, packageManager: "yarn@1.22.19" }, { "yarn.lock": YARN_1 });
    assert.match(bench.run().output, /Fetching yarn 1\.22\.19/);
  });

  test("pnpm 12 gets the program of this platform", () => {
    bench.files(DEPENDING, { "pnpm-lock.yaml": PNPM_9 });
    bench.files({ ...DEPENDING, packageManager: "pnpm@12.20.0" }, { "pnpm-lock.yaml": PNPM_9 });
    assert.equal(bench.run().code, 0);
    assert.match(bench.commands()[1] ?? "", /^npm pack @pnpm\/exe\.\w+-\w+@12\.20\.0 /);
    assert.ok(existsSync(join(bench.layers, "pnpm/package/pnpm")));
  });

  test("the yarn of yarnPath runs, and is found at launch", () => {
    bench.files(
      { ...DEPENDING, packageManager: "npm@11.0.0" },
      {
        "yarn.lock": YARN_4,
        ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.1.0.cjs\nnodeLinker: node-modules\n",
        ".yarn/releases/yarn-4.1.0.cjs":
          "require('fs').mkdirSync('node_modules', { recursive: true }); console.log(process.argv.slice(2).join(' '))",
      },
    );
    const { code, output } = bench.run();
    assert.equal(code, 0, output);
    assert.match(output, /Using yarn 4\.1\.0 \(yarnPath of \.yarnrc\.yml\)\n[^]*\ninstall --immutable\n/);
    assert.equal(bench.types("yarn"), "launch,build");
  });
});

describe("how each manager installs, runs and prunes (cnb.md §15)", () => {
  const building = { ...DEPENDING, scripts: { build: "x" } };
  const COMMANDS: readonly (readonly [string, Record<string, unknown>, Files, string[]])[] = [
    ["npm", DEPENDING, { "package-lock.json": LOCK }, ["npm ci --omit=dev"]],
    ["npm-shrinkwrap.json", DEPENDING, { "npm-shrinkwrap.json": LOCK }, ["npm ci --omit=dev"]],
    [
      "Yarn 1",
      building,
      { "yarn.lock": YARN_1 },
      [
        "yarn install --non-interactive --no-progress --production=false --frozen-lockfile",
        "yarn run build",
        "yarn install --non-interactive --no-progress --production=true --ignore-scripts --prefer-offline --frozen-lockfile",
      ],
    ],
    [
      "Yarn 1 without a lock file",
      { ...DEPENDING, engines: { yarn: "1.22.22" } },
      {},
      ["yarn install --non-interactive --no-progress --production=true --no-lockfile"],
    ],
    [
      "Yarn 4",
      building,
      { "yarn.lock": YARN_4, ...NODE_MODULES },
      ["yarn install --immutable", "yarn run build", "yarn workspaces focus --all --production"],
    ],
    [
      "Yarn 4 without build scripts",
      DEPENDING,
      { "yarn.lock": YARN_4, ...NODE_MODULES },
      ["yarn install --immutable", "yarn workspaces focus --all --production"],
    ],
    [
      "Yarn 3, which cannot prune",
      building,
      { "yarn.lock": YARN_3, ...NODE_MODULES },
      ["yarn install --immutable", "yarn run build"],
    ],
    [
      "pnpm",
      building,
      { "pnpm-lock.yaml": PNPM_9 },
      ["pnpm install --frozen-lockfile --prod=false", "pnpm run build", "pnpm prune --prod"],
    ],
    ["pnpm without build scripts", DEPENDING, { "pnpm-lock.yaml": PNPM_9 }, ["pnpm install --frozen-lockfile --prod"]],
    [
      "pnpm workspaces",
      building,
      { "pnpm-lock.yaml": PNPM_9, "pnpm-workspace.yaml": "packages:\n  - packages/*\n" },
      [
        "pnpm install --frozen-lockfile --prod=false",
        "pnpm run build",
        "pnpm install --prod --frozen-lockfile --prefer-offline --ignore-scripts --config.confirmModulesPurge=false",
      ],
    ],
  ];
  for (const [name, manifest, files, expected] of COMMANDS) {
    test(name, () => {
      bench.files(manifest, files);
      const { code, output } = bench.run();
      assert.equal(code, 0, output);
      const own = bench.commands().filter((line) => !/^npm (?:view|pack)/.test(line));
      assert.deepEqual(own, expected);
      const inPlace = name === "pnpm workspaces";
      assert.equal(lstatSync(join(bench.app, "node_modules")).isDirectory(), inPlace);
    });
  }

  test("pnpm-workspace.yaml with settings alone is no workspace", () => {
    bench.files(DEPENDING, {
      "pnpm-lock.yaml": PNPM_9,
      "pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - esbuild\n",
    });
    bench.run();
    assert.equal(bench.types("modules"), "launch,build,cache");
  });

  test("Plug'n'Play stays in the app, and the web process runs through yarn", () => {
    bench.files(DEPENDING, { "yarn.lock": YARN_4, "server.js": "" });
    const { launch } = bench.run({ NOTE_ENV: "1" });
    assert.match(launch, /command = \["yarn","node","server\.js"\]/);
    assert.equal(bench.types("modules"), undefined);
    assert.match(bench.read("home/env-install") ?? "", /^YARN_ENABLE_GLOBAL_CACHE=false$/m);
  });

  const SETTINGS: readonly (readonly [string, Files, RegExp])[] = [
    ["Yarn 1", { "yarn.lock": YARN_1 }, /^YARN_CACHE_FOLDER=.*\/layers\/yarn_cache$/m],
    ["Yarn 4", { "yarn.lock": YARN_4, ...NODE_MODULES }, /^YARN_NPM_REGISTRY_SERVER=https:\/\/npm\.example\/$/m],
    ["pnpm", { "pnpm-lock.yaml": PNPM_9 }, /^pnpm_config_registry=https:\/\/npm\.example\/$/m],
  ];
  for (const [name, files, expected] of SETTINGS) {
    test(`${name} gets its cache layer, and npm's registry`, () => {
      bench.files(DEPENDING, files);
      bench.run({ NOTE_ENV: "1", NPM_CONFIG_REGISTRY: "https://npm.example/" });
      assert.match(bench.read("home/env-install") ?? "", expected);
      const layer = name === "pnpm" ? "pnpm_store" : "yarn_cache";
      assert.equal(bench.types(layer), "cache");
    });
  }
});

describe("an app that is one of several workspaces (decision 0028)", () => {
  const member = { ...DEPENDING, scripts: { build: "x", start: "x" } };
  const ROOT = { name: "root", workspaces: ["app"] };
  const above = (files: Files): void => bench.write(files);

  test("the root's lock file is installed, at the root; the scripts are the app's own", () => {
    bench.files(member);
    above({ "package.json": JSON.stringify(ROOT), "package-lock.json": LOCK, ".nvmrc": ">=18" });
    const { code, output, launch } = bench.run();
    assert.equal(code, 0, output);
    assert.match(output, /Using Node \S+ \(\.\.\/\.nvmrc: >=18\)/);
    assert.deepEqual(bench.commands(), ["npm ci --include=dev", "npm run build", "npm prune --omit=dev"]);
    assert.deepEqual(
      [existsSync(join(bench.root, "node_modules/dep")), existsSync(join(bench.app, "node_modules"))],
      [true, false],
    );
    assert.equal(bench.read("app/scripts-run"), "build\n");
    assert.equal(readlinkSync(join(bench.layers, "z_node_module_bins/bin")), join(bench.root, "node_modules/.bin"));
    assert.match(launch, /command = \["npm","start"\]/);
  });

  test("the root says which package manager, and pnpm prunes all workspaces", () => {
    bench.files(member);
    above({
      "package.json": JSON.stringify({ packageManager: "pnpm@9.15.0" }),
      "pnpm-workspace.yaml": "packages:\n  - app\n",
      "pnpm-lock.yaml": PNPM_9,
    });
    assert.match(bench.run().output, /Fetching pnpm 9\.15\.0/);
    assert.deepEqual(bench.commands().slice(1), [
      "pnpm install --frozen-lockfile --prod=false",
      "pnpm run build",
      "pnpm install --prod --frozen-lockfile --prefer-offline --ignore-scripts --config.confirmModulesPurge=false",
    ]);
  });

  const ALONE: readonly (readonly [string, Files])[] = [
    ["a directory above that has no workspaces", { "package.json": "{}", "package-lock.json": LOCK }],
    ["workspaces above without a lock file", { "package.json": JSON.stringify(ROOT) }],
  ];
  for (const [name, files] of ALONE) {
    test(`${name} is left alone`, () => {
      bench.files(DEPENDING);
      above(files);
      bench.run();
      assert.deepEqual(bench.commands(), ["npm install --omit=dev --no-package-lock"]);
      assert.equal(existsSync(join(bench.root, "node_modules")), false);
    });
  }

  test("a lock file of its own comes first", () => {
    bench.files(DEPENDING, { "package-lock.json": LOCK });
    above({ "package.json": JSON.stringify(ROOT), "package-lock.json": "{}" });
    bench.run();
    assert.deepEqual(bench.commands(), ["npm ci --omit=dev"]);
    assert.equal(existsSync(join(bench.root, "node_modules")), false);
  });
});
