import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { create } from "tar";
import { BuildpackBuilder } from "../../src/build/builder.ts";
import { readAppContract } from "../../src/contract/app-contract.ts";
import { readSourceManifest } from "../../src/contract/source-manifest.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { exec } from "../../src/lib/exec.ts";
import type { AppName } from "../../src/model/app.ts";
import type { Artifact } from "../../src/model/artifact.ts";
import type { PortsideError } from "../../src/model/error-registry.ts";
import { homeAt, type Home } from "../../src/model/home.ts";

const BASE_PATH = "/usr/local/bin:/usr/bin:/bin";
const BUILDPACKS = join(import.meta.dirname, "../../buildpacks");
/** What a machine may need to reach a registry at all. */
const NETWORK = Object.fromEntries(
  Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      /^(NODE_EXTRA_CA_CERTS|npm_config_(registry|cafile))$/i.test(entry[0]) && entry[1] !== undefined,
  ),
);

let root = "";
let home: Home;
let builder: BuildpackBuilder;
let output: string[] = [];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "portside-npm-")));
  home = homeAt(join(root, "home"));
  builder = new BuildpackBuilder({
    home,
    buildpacksDir: BUILDPACKS,
    basePath: BASE_PATH,
    clock: systemClock,
    network: NETWORK,
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function build(files: Readonly<Record<string, string>>): Promise<{ artifact: Artifact; ms: number }> {
  const folder = join(root, "folder");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
  const { signal } = new AbortController();
  const { digest, entries } = await readSourceManifest(folder);
  const tar = create(
    { cwd: folder, portable: true },
    entries.map(({ path }) => path),
  ) as AsyncIterable<Uint8Array>;
  const source = await builder.storeSource(digest, tar, signal);
  const { value: contract } = await readAppContract(source.directory);
  output = [];
  const onOutput = (from: string, line: string): number => output.push(`${from}: ${line}`);
  const startedAt = performance.now();
  const artifact = await builder.build({
    app: "shop" as AppName,
    source,
    contract,
    env: {},
    envDigest: "",
    sourceVersion: "",
    onOutput,
    signal,
  });
  return { artifact, ms: performance.now() - startedAt };
}

async function lockOf(manifest: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = join(root, "lock");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const env = { PATH: BASE_PATH, HOME: folder, ...NETWORK };
  const made = await exec(["npm", "install", "--package-lock-only", "--no-audit"], {
    cwd: folder,
    env,
    limitMs: 120_000,
  });
  assert.equal(made.exitCode, 0, made.stderr);
  return readFileSync(join(folder, "package-lock.json"), "utf8");
}

async function run(artifact: Artifact, script: string): Promise<string> {
  const options = { cwd: join(artifact.directory, "app"), env: { PATH: BASE_PATH }, limitMs: 20_000 };
  const { stdout, stderr } = await exec(["node", "-e", script], options);
  return (stdout + stderr).trim();
}

describe("real packages (needs a package registry)", () => {
  const manifest = {
    name: "shop",
    version: "1.0.0",
    dependencies: { "is-odd": "3.0.1" },
    scripts: { start: "node x.js" },
  };
  const text = JSON.stringify(manifest);
  const program = "console.log(require('is-odd')(3))";

  test("installed once, reused while nothing changes, installed again when it does", async (t) => {
    const lock = await lockOf(manifest);
    const first = await build({ "package.json": text, "package-lock.json": lock });
    assert.equal(await run(first.artifact, program), "true");
    const second = await build({ "package.json": text, "package-lock.json": lock, "x.js": "1" });
    assert.ok(output.includes("portside/nodejs: Reusing node_modules"), output.join("\n"));
    assert.equal(await run(second.artifact, program), "true");
    assert.notEqual(second.artifact.digest, first.artifact.digest);
    t.diagnostic(`first ${first.ms.toFixed(0)} ms, unchanged dependencies ${second.ms.toFixed(0)} ms`);

    const modules = readlinkSync(join(second.artifact.directory, "app/node_modules"));
    assert.equal(modules, join(second.artifact.directory, "layers/portside_nodejs/modules/node_modules"));
    assert.equal(lstatSync(join(modules, "is-odd/package.json")).mode & 0o222, 0, "shared files are read-only");
    assert.deepEqual(readdirSync(home.root).toSorted(), ["artifacts", "build-cache", "sources"]);
    assert.deepEqual(readdirSync(second.artifact.directory).toSorted(), ["app", "artifact.json", "layers"]);

    const more = { ...manifest, dependencies: { "is-odd": "3.0.1", "is-number": "7.0.0" } };
    const third = await build({ "package.json": JSON.stringify(more), "package-lock.json": await lockOf(more) });
    assert.ok(output.includes("portside/nodejs: Installing node_modules (npm ci)"));
    assert.equal(await run(third.artifact, "console.log(require('is-number')(3))"), "true");
    assert.equal(await run(first.artifact, program), "true", "the first artifact is untouched");
  });

  test("a build script with development dependencies, twice", async () => {
    const building = {
      ...manifest,
      devDependencies: { "is-number": "7.0.0" },
      scripts: { ...manifest.scripts, build: "node build.js" },
    };
    const files = {
      "package.json": JSON.stringify(building),
      "package-lock.json": await lockOf(building),
      "build.js": "require('fs').writeFileSync('made.js', 'console.log(' + require('is-number')(1) + ')')",
    };
    for (const extra of ["1", "2"]) {
      const { artifact } = await build({ ...files, extra });
      assert.equal(await run(artifact, "require('./made.js')"), "true");
      assert.equal(await run(artifact, program), "true");
      // is-odd brings its own is-number 6; the app's 7 was for the build alone.
      const version = await run(artifact, "console.log(require('is-odd/package.json').version)");
      assert.equal(version, "3.0.1");
      assert.equal(
        existsSync(join(artifact.directory, "app/node_modules/is-number/index.js")) &&
          (await run(artifact, "console.log(require('is-number/package.json').version)")) === "7.0.0",
        false,
      );
    }
    assert.ok(output.includes("portside/nodejs: Reusing node_modules"), output.join("\n"));
  });

  test("npm ci that fails: npm's own words, nothing left behind", async () => {
    const lock = await lockOf(manifest);
    const wrong = { ...manifest, dependencies: { "is-odd": "3.0.1", "is-number": "7.0.0" } };
    await assert.rejects(
      build({ "package.json": JSON.stringify(wrong), "package-lock.json": lock }),
      (error: PortsideError) => {
        assert.equal(error.code, "E_BUILD_FAILED");
        assert.match(error.evidence.join("\n"), /npm error .*package-lock\.json/);
        return true;
      },
    );
    assert.deepEqual(readdirSync(home.artifacts), []);
  });

  test("a Node the machine does not have", async () => {
    const { artifact } = await build({
      "package.json": JSON.stringify({ engines: { node: "22.x" } }),
      "server.js": "",
    });
    const node = join(artifact.directory, "layers/portside_nodejs/dist/bin/node");
    const asked = await exec([node, "--version"], { cwd: root, env: {}, limitMs: 20_000 });
    assert.match(asked.stdout, /^v22\./);
    const second = await build({ "package.json": JSON.stringify({ engines: { node: "22.x" } }), "server.js": "1" });
    assert.ok(
      output.some((line) => line.startsWith("portside/nodejs: Reusing Node 22.")),
      output.join("\n"),
    );
    assert.ok(dirname(node) !== dirname(second.artifact.directory));
  });
});
