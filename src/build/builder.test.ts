import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { create } from "tar";
import { readAppContract } from "../contract/app-contract.ts";
import { readSourceManifest } from "../contract/source-manifest.ts";
import { execGroup } from "../lib/exec-group.ts";
import { secret } from "../lib/secret.ts";
import type { AppName } from "../model/app.ts";
import { findProcess, type Artifact } from "../model/artifact.ts";
import { PortsideError } from "../model/error-registry.ts";
import { homeAt, type Home } from "../model/home.ts";
import { resolveLaunch } from "../model/launch-plan.ts";
import { digestHex, type Digest } from "../model/source.ts";
import { BuildpackBuilder, type BuilderOptions, type BuildRequest } from "./builder.ts";
import { PhaseFailure } from "./lifecycle/phase-failure.ts";
import { BuildConfinement } from "./sandbox/confinement.ts";
import { BuildBench, type FakeBuildpack, type Tree } from "./testing/build-bench.ts";

const OWN_BUILDPACKS = join(import.meta.dirname, "../../buildpacks");
const BASE_PATH = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
const CANARY = "canary-5e1f";

let bench: BuildBench;
let home: Home;
let builder: BuildpackBuilder;
let folders = 0;
beforeEach(() => {
  bench = new BuildBench();
  home = homeAt(join(bench.root, "home"));
  builder = builderWith({});
});
afterEach(() => bench.dispose());

const APP = "shop" as AppName;
const noSleep = (): Promise<void> => Promise.reject(new Error("a build does not wait"));

function builderWith(options: Partial<BuilderOptions>): BuildpackBuilder {
  const clock = { now: () => 1_234, sleep: noSleep };
  // What is built does not depend on how it is held; `test/security/hostile-builds.test.ts` shows the rooms.
  const confinement = new BuildConfinement({ home: home.root, isolation: "none" });
  return new BuildpackBuilder({
    home,
    confinement,
    buildpacksDir: OWN_BUILDPACKS,
    basePath: BASE_PATH,
    clock,
    ...options,
  });
}

/** Uploads the files as the CLI does and makes a request of them. */
async function request(files: Tree, more: Partial<BuildRequest> = {}): Promise<BuildRequest> {
  folders += 1;
  const folder = bench.write(files, `folders/${folders}`);
  const { signal } = new AbortController();
  const manifest = await readSourceManifest(folder);
  const tar = create(
    { cwd: folder, portable: true },
    manifest.entries.map(({ path }) => path),
  );
  const source = await builder.storeSource(manifest.digest, tar as AsyncIterable<Uint8Array>, signal);
  const contract = await readAppContract(source.directory);
  assert.deepEqual(
    contract.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  const onOutput = (from: string, line: string): number => bench.output.push(`${from}: ${line}`);
  return {
    app: APP,
    source,
    contract: contract.value,
    env: {},
    envDigest: "e1",
    sourceVersion: "abc123",
    onOutput,
    signal,
    ...more,
  };
}

const build = async (files: Tree, more: Partial<BuildRequest> = {}): Promise<Artifact> =>
  builder.build(await request(files, more));
const digestOf = async (one: BuildRequest, by = builder): Promise<Digest> =>
  by.artifactDigest({ ...one, buildpacks: await by.chooseBuildpacks(one) });
const builds = (): number => bench.output.filter((line) => line === "lifecycle: ===> DETECTING").length;
const artifacts = (): string[] => (existsSync(home.artifacts) ? readdirSync(home.artifacts) : []);
const commands = (artifact: Artifact): string[] =>
  artifact.processes.map(({ type, command }) => `${type}: ${command.join(" ")}`);

/** Runs a process of the artifact as an engine would, and gives what it printed. */
async function launch(artifact: Artifact, type: string, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const process = findProcess(artifact, type);
  assert.ok(process !== undefined);
  const appDir = join(artifact.directory, "app");
  const options = { hasProfile: false, appProfiles: [], shell: "/bin/sh", basePath: BASE_PATH };
  const resolved = resolveLaunch({ plan: artifact.launchPlan, process, env, appDir, ...options });
  const lines: string[] = [];
  const { signal } = new AbortController();
  const onLine = (line: string): number => lines.push(line);
  await execGroup(resolved.argv, { cwd: resolved.cwd, env: resolved.env, limitMs: 20_000, signal, onLine });
  return lines;
}

/** Every file below a directory whose bytes hold the text. */
function filesWith(text: string, directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

const NODE_APP: Tree = {
  "package.json": '{"name": "shop", "version": "1.0.0"}',
  "show.js": "console.log(process.env.NODE_ENV, process.argv[2])",
  Procfile: "worker: node show.js w\nweb: node show.js $X && echo done\n",
};

describe("what is built (contract §2, §10; cnb.md §15)", () => {
  test("a Node app without dependencies: processes in Procfile order, a slug that runs", async () => {
    const artifact = await build(NODE_APP);
    assert.deepEqual(commands(artifact), ["worker: node show.js w", "web: node show.js $X && echo done"]);
    assert.deepEqual(
      artifact.buildpacks.map(({ id }) => id),
      ["portside/nodejs", "portside/procfile"],
    );
    assert.deepEqual(await launch(artifact, "web", { X: "x" }), ["production x", "done"]);
    assert.deepEqual(await launch(artifact, "worker", { NODE_ENV: "test" }), ["test w"]);
    assert.deepEqual(readdirSync(artifact.directory).toSorted(), ["app", "artifact.json", "layers"]);
    const { form, builtAt, directory, sizeBytes } = artifact;
    assert.deepEqual([form, builtAt, directory], ["slug", 1_234, join(home.artifacts, digestHex(artifact.digest))]);
    assert.ok(sizeBytes > 100);
  });

  test("without a Procfile: server.js, then a start script", async () => {
    assert.deepEqual(commands(await build({ "server.js": "" })), ["web: node server.js"]);
    assert.deepEqual(commands(await build({ "package.json": '{"scripts": {"start": "x"}}' })), ["web: npm start"]);
  });

  test("only a Procfile, read as the contract reads it", async () => {
    const artifact = await build({ Procfile: "\uFEFF web : echo a:b # c\r\n// note\r\nclock:echo t\r\n" });
    assert.deepEqual(commands(artifact), ["web: echo a:b # c", "clock: echo t"]);
    assert.deepEqual(
      artifact.buildpacks.map(({ id }) => id),
      ["portside/procfile"],
    );
    assert.deepEqual(await launch(artifact, "web"), ["a:b"]);
  });

  test("web files; and with a Procfile beside them", async () => {
    const artifact = await build({ "public/index.html": "<p>" });
    assert.deepEqual(
      artifact.buildpacks.map(({ id }) => id),
      ["portside/static"],
    );
    assert.match(commands(artifact).join(), /^web: node .*server\.mjs$/);
    assert.equal(findProcess(artifact, "web")?.default, true);
    assert.deepEqual(commands(await build({ "index.html": "", Procfile: "job: true\n" }))[0], "job: true");
  });

  test("the buildpacks app.json names, instead of detection", async () => {
    const files = {
      "index.html": "",
      "static.json": "{}",
      "server.js": "",
      "app.json": '{"buildpacks": [{"url": "heroku/static"}]}',
    };
    assert.deepEqual(
      (await build(files)).buildpacks.map(({ id }) => id),
      ["portside/static"],
    );
  });

  test("build scripts change the app and see the config, which is nowhere afterwards", async () => {
    const files = {
      "package.json": '{"scripts": {"build": "node make.js"}}',
      "make.js":
        'require("fs").writeFileSync("out", `${process.env.SECRET.length} ${process.env.SOURCE_VERSION} ${process.env.HOME}`)',
      Procfile: "web: cat out\n",
    };
    const artifact = await build(files, { env: { SECRET: secret(CANARY) } });
    const [line = ""] = await launch(artifact, "web");
    assert.equal(line, `${CANARY.length} abc123 ${artifact.directory}/scratch/home`);
    assert.deepEqual(filesWith(CANARY, home.root), []);
  });
});

describe("reuse (contract §10)", () => {
  test("the same request gives the stored artifact; nothing runs", async () => {
    const first = await build(NODE_APP);
    assert.deepEqual(await build(NODE_APP), first);
    assert.equal(builds(), 1);
    assert.deepEqual(builder.findArtifact(first.digest), first);
  });

  test("source, config and buildpacks each make another one", async () => {
    const one = await request(NODE_APP);
    const digests = [
      await digestOf(one),
      await digestOf({ ...one, envDigest: "e2" }),
      await digestOf(await request({ ...NODE_APP, more: "" })),
      await digestOf({
        ...one,
        contract: { ...one.contract, appJson: { buildpacks: [{ url: "heroku/nodejs" }] } },
      }),
      await digestOf(one, builderWith({ basePath: "/elsewhere" })),
    ];
    bench.write({ NPM_CONFIG_REGISTRY: "r" }, "home/build-config/env");
    digests.push(await digestOf(one));
    assert.equal(new Set(digests).size, digests.length);
  });

  test("network settings and the version's name do not", async () => {
    const one = await request(NODE_APP);
    assert.equal(await digestOf(one, builderWith({ network: { A: "b" } })), await digestOf(one));
    assert.equal((await builder.build(one)).digest, (await builder.build({ ...one, sourceVersion: "other" })).digest);
    assert.equal(builds(), 1);
  });

  test("two at once build once; when the first is cancelled the second builds", async () => {
    const one = await request(NODE_APP);
    const [left, right] = await Promise.all([builder.build(one), builder.build({ ...one, app: "other" as AppName })]);
    assert.deepEqual([left, builds()], [right, 1]);
    await builder.discardArtifact(left.digest);
    const abort = new AbortController();
    const cancelled = builder.build({ ...one, signal: abort.signal, onOutput: () => abort.abort() });
    const second = builder.build({ ...one, app: "other" as AppName });
    await assert.rejects(cancelled, { code: "E_CANCELLED" });
    assert.deepEqual(await second, left);
  });

  test("removed on request, app caches too", async () => {
    const artifact = await build(NODE_APP);
    mkdirSync(join(home.buildCache, APP), { recursive: true });
    await builder.discardArtifact(artifact.digest);
    builder.removeAppCache(APP);
    assert.deepEqual(
      [artifacts(), existsSync(join(home.buildCache, APP)), builder.findArtifact(artifact.digest)],
      [[], false, undefined],
    );
  });
});

describe("what goes wrong: said, and nothing left behind (contract §10)", () => {
  const rejects = async (files: Tree, code: string, message: RegExp): Promise<PortsideError> => {
    let failure: unknown;
    await assert.rejects(build(files), (error) => {
      failure = error;
      return true;
    });
    assert.ok(failure instanceof PortsideError, String(failure));
    assert.equal(failure.code, code);
    assert.match(failure.message, message);
    assert.deepEqual(artifacts(), []);
    return failure;
  };

  test("a failing build script: exit code and last lines", async () => {
    const files = { "package.json": '{"scripts": {"build": "echo before && exit 3"}}' };
    const { evidence } = await rejects(files, "E_BUILD_FAILED", /portside\/nodejs ended with exit code 3/);
    assert.ok(evidence.includes("before"));
  });
  test("a package.json that is no JSON", async () => {
    const { evidence } = await rejects(
      { "package.json": "{" },
      "E_BUILD_FAILED",
      /portside\/nodejs ended with exit code 1/,
    );
    assert.match(evidence.at(-1) ?? "", /^! Often it is a comma/);
  });
  test("nothing detected", async () => {
    await rejects({ "notes.txt": "" }, "E_NOTHING_DETECTED", /No buildpack/);
    assert.ok(bench.output.includes("lifecycle: No buildpack groups passed detection."));
  });
  test("nothing to run", async () => {
    await rejects({ "package.json": "{}" }, "E_NO_PROCESS", /Nothing says what to run/);
  });
  const naming = (url: string): Tree => ({
    Procfile: "web: x\n",
    "app.json": JSON.stringify({ buildpacks: [{ url }] }),
  });
  test("a buildpack that is not here", async () => {
    await rejects(
      naming("heroku/ruby"),
      "E_BUILDPACK_UNKNOWN",
      /no buildpack `heroku\/ruby` here; there are portside\//,
    );
  });
  test("a named buildpack that does not fit", async () => {
    await rejects(naming("heroku/static"), "E_BUILD_FAILED", /app\.json names heroku\/static/);
  });
  test("a buildpack whose detection breaks", async () => {
    const buildpacksDir = bench.write({ "order.toml": '[[order]]\n[[order.group]]\nid = "a"\n' }, "buildpacks");
    bench.buildpack("a", { detect: "echo oops; exit 9" });
    builder = builderWith({ buildpacksDir });
    const { evidence } = await rejects({ f: "" }, "E_BUILD_FAILED", /detection broke in a \(9\)/);
    assert.deepEqual(evidence, ["oops"]);
  });

  const BAD: readonly (readonly [name: string, pack: FakeBuildpack, exitCode: number, message: RegExp])[] = [
    ["a plan that is no TOML", { detect: 'echo "[[" >"$2"' }, 21, /in detect, detection broke in a \(build plan: line 1/],
    ["exit 0 without output", {}, 0, /Nothing says what to run/],
    ["a failing build", { build: "exit 4" }, 51, /in build, a ended with exit code 4\.$/],
    ["a document that is no TOML", { build: 'echo "[[" >"$1/launch.toml"' }, 52, /in build, a left a wrong launch\.toml: line 1/],
    ["its layers directory removed", { build: 'rm -r "$1"' }, 52, /in build, a left a wrong layers directory: it is gone/],
    ["a layer that is a link", { build: `ln -s / "$1/l"; printf '[types]\\ncache = true\\n' >"$1/l.toml"` }, 52, /in build, a left a wrong layer `l`/],
    ["a layer without contents", { build: `printf '[types]\\ncache = true\\n' >"$1/l.toml"; printf '[[processes]]\\ntype = "web"\\ncommand = ["c"]\\n' >"$1/launch.toml"` }, 62, /in export, a declared the layer `l`/],
  ]; // prettier-ignore
  for (const [name, pack, exitCode, message] of BAD) {
    test(`a buildpack of somebody else's: ${name}; phase, buildpack and exit code are told`, async () => {
      const buildpacksDir = bench.write({ "order.toml": '[[order]]\n[[order.group]]\nid = "a"\n' }, "buildpacks");
      bench.buildpack("a", pack);
      builder = builderWith({ buildpacksDir });
      const failure = await rejects({ f: "" }, exitCode === 0 ? "E_NO_PROCESS" : "E_BUILD_FAILED", message);
      assert.equal(failure instanceof PhaseFailure ? failure.exitCode : 0, exitCode);
    });
  }

  test("an abort in the middle", async () => {
    const abort = new AbortController();
    const files = { "package.json": '{"scripts": {"build": "echo started && sleep 300"}}' };
    const onOutput = (_: string, line: string): void => (line === "started" ? abort.abort() : undefined);
    await assert.rejects(build(files, { signal: abort.signal, onOutput }), { code: "E_CANCELLED" });
    assert.deepEqual(artifacts(), []);
  });

  test("an interrupted build is done again, and swept with the config it had", async () => {
    const one = await request(NODE_APP);
    const hex = digestHex(await digestOf(one));
    bench.write({ "app/old": "", "scratch/platform/env/SECRET": CANARY }, `home/artifacts/${hex}`);
    assert.equal(builder.findArtifact(await digestOf(one)), undefined);
    builder.sweep();
    assert.deepEqual([artifacts(), filesWith(CANARY, home.root)], [[], []]);
    bench.write({ "app/old": "" }, `home/artifacts/${hex}`);
    assert.equal(existsSync(join((await builder.build(one)).directory, "app/old")), false);
  });

  test("a cache that cannot be saved is a note, no failure", async () => {
    const buildpacksDir = bench.write({ "order.toml": '[[order]]\n[[order.group]]\nid = "a"\n' }, "buildpacks");
    const script = `mkdir "$1/c"; printf '[types]\\ncache = true\\n' >"$1/c.toml"; printf '[[processes]]\\ntype = "web"\\ncommand = ["c"]\\n' >"$1/launch.toml"`;
    bench.buildpack("a", { build: script });
    builder = builderWith({ buildpacksDir });
    mkdirSync(home.root, { recursive: true });
    writeFileSync(home.buildCache, "in the way");
    const notes: string[] = [];
    await build({ f: "" }, { onNote: (note) => notes.push(note) });
    assert.match(notes.join(), /^The layer cache could not be saved: /);
  });
});

test("nothing outside the home and the source is touched, and the app's links are kept", async () => {
  const one = await request({ ...NODE_APP, "dir/f": "" });
  const artifact = await builder.build(one);
  assert.deepEqual(readdirSync(bench.root).toSorted(), ["folders", "home"]);
  assert.deepEqual(readdirSync(home.root).toSorted(), ["artifacts", "build-cache", "sources"]);
  assert.ok(lstatSync(join(artifact.directory, "app/dir/f")).isFile());
});

test("a link of the source stays a link in the slug", async () => {
  const folder = bench.write({ Procfile: "web: cat link\n", file: "text\n" }, "linked");
  symlinkSync("file", join(folder, "link"));
  const { digest, entries } = await readSourceManifest(folder);
  const tar = create(
    { cwd: folder, portable: true },
    entries.map(({ path }) => path),
  ) as AsyncIterable<Uint8Array>;
  const source = await builder.storeSource(digest, tar, new AbortController().signal);
  const base = await request({ Procfile: "web: cat link\n" });
  const artifact = await builder.build({ ...base, source });
  assert.equal(readlinkSync(join(artifact.directory, "app/link")), "file");
  assert.deepEqual(await launch(artifact, "web"), ["text"]);
});
