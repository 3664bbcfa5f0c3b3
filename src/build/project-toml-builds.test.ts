import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { create } from "tar";
import { readAppContract } from "../contract/app-contract.ts";
import { readSourceManifest } from "../contract/source-manifest.ts";
import { secret } from "../lib/secret.ts";
import type { AppName } from "../model/app.ts";
import type { Artifact } from "../model/artifact.ts";
import { homeAt } from "../model/home.ts";
import { BuildpackBuilder, type BuildRequest } from "./builder.ts";
import { BuildConfinement } from "./sandbox/confinement.ts";
import { BuildBench } from "./testing/build-bench.ts";
import {
  HELLO_BOTH,
  HELLO_MOON,
  HELLO_WORLD,
  packCnb,
  scriptBuildpack,
  writeFiles,
  type Files,
} from "./testing/third-party.ts";

const OWN = join(import.meta.dirname, "../../buildpacks");
const BASE_PATH = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
const CANARY = "canary-71d0c2";

let bench: BuildBench;
let builder: BuildpackBuilder;
beforeEach(() => {
  bench = new BuildBench();
  const clock = { now: () => 1_234, sleep: (): Promise<void> => Promise.reject(new Error("a build does not wait")) };
  builder = new BuildpackBuilder({
    confinement: new BuildConfinement({ home: bench.root, isolation: "none" }),
    ...{ home: homeAt(join(bench.root, "home")), buildpacksDir: OWN, basePath: BASE_PATH, clock },
  });
});
afterEach(() => bench.dispose());

async function build(files: Files, more: Partial<BuildRequest> = {}): Promise<Artifact> {
  const folder = join(bench.root, "folder");
  writeFiles(folder, { Procfile: "web: true\n", ...files });
  const { signal } = new AbortController();
  const { digest, entries } = await readSourceManifest(folder);
  const paths = entries.map(({ path }) => path);
  const tar = create({ cwd: folder, portable: true }, paths) as AsyncIterable<Uint8Array>;
  const source = await builder.storeSource(digest, tar, signal);
  const { value: contract, diagnostics } = await readAppContract(join(source.directory, more.appPath ?? "."));
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  const onOutput = (from: string, line: string): number => bench.output.push(`${from}: ${line}`);
  const given = { env: {}, envDigest: "", sourceVersion: "abc", onOutput, signal };
  return builder.build({ app: "shop" as AppName, source, contract, ...given, ...more });
}

const read = (artifact: Artifact, path: string): string => readFileSync(join(artifact.directory, "app", path), "utf8");
const tree = (artifact: Artifact): string[] =>
  readdirSync(join(artifact.directory, "app"), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(artifact.directory.length + "/app/".length))
    .toSorted();
const project = (text: string): Files => ({ "project.toml": `[_]\nschema-version = "0.2"\n${text}` });
const inline = (script: string, shell = ""): string =>
  `[[io.buildpacks.group]]\nid = "inline/one"\n[io.buildpacks.group.script]\napi = "0.10"\n${shell}inline = '''\n${script}\n'''\n`;

describe("cnb.md §11: project.toml in a build", () => {
  test("an inline script runs in the app, with /bin/sh or the shell it names", async () => {
    const one = await build(project(inline('printf "%s %s" "$0" "$#" >out')));
    assert.match(read(one, "out"), /\/bin\/build 3$/);
    const two = await build(project(inline("[[ a == a ]] && printf bash >out", 'shell = "/bin/bash"\n')));
    assert.equal(read(two, "out"), "bash");
    assert.deepEqual(
      two.buildpacks.map(({ id, version }) => `${id}@${version}`),
      ["inline/one@0.0.0", "portside/procfile@1.0.0"],
    );
  });

  test("a failing inline script fails the build with its lines", () =>
    assert.rejects(build(project(inline("echo oh no; exit 7"))), {
      code: "E_BUILD_FAILED",
      message: /inline\/one ended with exit code 7/,
    }));

  test("build variables: seen in the build, below the user's config; gone at launch", async () => {
    const env =
      '[[io.buildpacks.build.env]]\nname = "A"\nvalue = "file"\n[[io.buildpacks.build.env]]\nname = "B"\nvalue = "file"\n';
    const files = project(`${inline('printf "%s %s" "$A" "$B" >out')}${env}`);
    const artifact = await build(files, { env: { B: secret("user") }, envDigest: "1" });
    assert.equal(read(artifact, "out"), "file user");
    assert.deepEqual(
      artifact.launchPlan.steps.filter((step) => step.kind === "env"),
      [],
    );
    assert.ok(!existsSync(join(artifact.directory, "scratch")));
  });

  test("exclude: what a pattern names is not in the build", async () => {
    const files = { "docs/a.md": "", "src/a.js": "", "src/b.log": "", "keep/c.log": "", "x.log": "" };
    const artifact = await build({
      ...files,
      ...project(`[io.buildpacks]\nexclude = ["/docs/", "*.log", "!keep/c.log"]\n${inline("ls >ls.txt")}`),
    });
    assert.deepEqual(tree(artifact), ["Procfile", "keep/c.log", "ls.txt", "project.toml", "src/a.js"]);
    assert.ok(!read(artifact, "ls.txt").includes("docs"));
  });

  test("include: what no pattern names is not in the build; the Procfile counts all the same", async () => {
    const files = { "src/a.js": "", "src/deep/b.js": "", "lib/c.js": "", "d.js": "" };
    const artifact = await build({ ...files, ...project('[io.buildpacks]\ninclude = ["src", "d.js"]\n') });
    assert.deepEqual(tree(artifact), ["d.js", "src/a.js", "src/deep/b.js"]);
    assert.deepEqual(
      artifact.processes.map(({ type }) => type),
      ["web"],
    );
  });

  test("schema 0.1: [build] with its own names", async () => {
    writeFiles(join(bench.root, "folder/bp"), scriptBuildpack("own/bp", { build: 'printf "%s" "$A" >out' }));
    const text =
      '[project]\nid = "x"\n[build]\nexclude = ["*.md"]\n[[build.buildpacks]]\nuri = "./bp"\n[[build.env]]\nname = "A"\nvalue = "old"\n';
    const artifact = await build({ "project.toml": text, "readme.md": "" });
    assert.equal(read(artifact, "out"), "old");
    assert.ok(!tree(artifact).includes("readme.md"));
  });

  test("a builder it names is told to be unused", async () => {
    await build(project(`[io.buildpacks]\nbuilder = "heroku/builder:24"\n`));
    assert.ok(
      bench.output.some((line) => /project\.toml names the builder heroku\/builder:24/.test(line)),
      bench.output.join("\n"),
    );
  });

  test("pre and post stand around detection", async () => {
    for (const name of ["before", "after"])
      writeFiles(join(bench.root, "folder", name), scriptBuildpack(`own/${name}`, { build: `printf ${name}, >>out` }));
    const around = '[[io.buildpacks.pre.group]]\nuri = "./before"\n[[io.buildpacks.post.group]]\nuri = "./after"\n';
    const artifact = await build({ ...project(around), "index.html": "<p>", "static.json": "{}" });
    assert.equal(read(artifact, "out"), "before,after,");
    assert.deepEqual(
      artifact.buildpacks.map(({ id }) => id),
      ["own/before", "portside/static", "own/after", "portside/procfile"],
    );
  });
});

describe("third-party buildpacks in a build (contract §3)", () => {
  test("one provides what the other requires; alone it fails with what is missing", async () => {
    writeFiles(join(bench.root, "folder/moon"), HELLO_MOON);
    writeFiles(join(bench.root, "folder/world"), HELLO_WORLD);
    const named = (...urls: string[]): Files => ({
      "app.json": JSON.stringify({ buildpacks: urls.map((url) => ({ url })) }),
    });
    assert.equal(read(await build(named("./moon", "./world")), "greeting.txt"), "hello moon");
    await assert.rejects(build(named("./world")), { code: "E_BUILD_FAILED", message: /app\.json names \.\/world/ });
    assert.ok(
      bench.output.some((line) => /example\/hello-world.* requires some-world/.test(line)),
      bench.output.join("\n"),
    );
  });

  test("a composite .cnb stands for what came in its package", async () => {
    const cnb = await packCnb(join(bench.root, "hello.cnb"), [
      { id: "example/hello", version: "2.0.0", files: HELLO_BOTH },
      { id: "example/hello-world", version: "1.0.0", files: HELLO_WORLD },
      { id: "example/hello-moon", version: "1.0.0", files: HELLO_MOON },
    ]);
    await builder.installBuildpack(cnb, new AbortController().signal);
    const artifact = await build({ "app.json": '{"buildpacks": [{"url": "example/hello@2.0.0"}]}' });
    assert.equal(read(artifact, "greeting.txt"), "hello moon");
    const used = artifact.buildpacks.map(({ id }) => id);
    assert.deepEqual(used, ["example/hello-moon", "example/hello-world", "portside/procfile"]);
  });

  test("its content is an input of the artifact", async () => {
    const place = join(bench.root, "outside");
    const chosen = async (text: string): Promise<string> => {
      writeFiles(place, scriptBuildpack("own/x", { build: `printf ${text} >out` }));
      const { signal } = new AbortController();
      await builder.installBuildpack(place, signal);
      return read(await build({ "app.json": '{"buildpacks": [{"url": "own/x"}]}' }), "out");
    };
    assert.equal(await chosen("one"), "one");
    assert.equal(await chosen("two"), "two");
  });
});

test(
  "security rule 6: config values and BP_* reach the build as platform files, never as arguments of anything",
  { skip: !existsSync("/proc/self/cmdline") && "needs /proc" },
  async () => {
    const look = `
    printf '%s %s' "$PLANTED" "$BP_PLANTED" >seen
    ls "$CNB_PLATFORM_DIR/env" >files
    for one in /proc/[0-9]*; do
      cat "$one/cmdline" 2>/dev/null
      echo
    done >cmdline
    true`;
    const env = { PLANTED: secret(`${CANARY}-config`), BP_PLANTED: secret(`${CANARY}-bp`) };
    const artifact = await build(project(inline(look)), { env, envDigest: "1" });
    assert.equal(read(artifact, "seen"), `${CANARY}-config ${CANARY}-bp`);
    assert.deepEqual(read(artifact, "files").trim().split("\n"), ["BP_PLANTED", "PLANTED", "SOURCE_VERSION"]);
    assert.match(read(artifact, "cmdline"), /bin\/build/, "the build's own processes were looked at");
    assert.ok(!read(artifact, "cmdline").includes(CANARY));
    assert.ok(!readFileSync("/proc/self/environ", "latin1").includes(CANARY));
  },
);

test("contract §1: an app in a part of the source: buildpacks work there, the rest is beside it", async () => {
  const files = {
    "root.txt": "root",
    "services/api/Procfile": "web: cat out\n",
    "services/api/bp/x": "",
    ...project("[io.buildpacks]\nbogus = 1\n"),
  };
  writeFiles(join(bench.root, "folder/tools/bp"), scriptBuildpack("own/x", { build: "cat ../../root.txt >out" }));
  const appJson = {
    "services/api/app.json": '{"buildpacks": [{"url": "../../tools/bp"}]}',
    "services/api/project.toml": '[_]\nschema-version = "0.2"\n[io.buildpacks]\nexclude = ["bp"]\n',
  };
  const artifact = await build({ ...files, ...appJson }, { appPath: "services/api" });
  assert.equal(artifact.appPath, "services/api");
  assert.equal(read(artifact, "services/api/out"), "root");
  assert.ok(!existsSync(join(artifact.directory, "app/services/api/bp")));
  assert.ok(existsSync(join(artifact.directory, "app/root.txt")));
  await assert.rejects(
    build(
      { ...files, "services/api/app.json": '{"buildpacks": [{"url": "../../../x"}]}' },
      { appPath: "services/api" },
    ),
    {
      code: "E_BUILDPACK_INVALID",
      message: /outside the app's source/,
    },
  );
});
