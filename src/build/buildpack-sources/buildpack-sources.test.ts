import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { create } from "tar";
import { parseProjectToml } from "../../contract/project-toml.ts";
import { AddressGuard } from "../../lib/address-guard.ts";
import type { AppJson } from "../../model/app-contract.ts";
import { BuildBench } from "../testing/build-bench.ts";
import { BuildpackSources } from "./buildpack-sources.ts";
import type { ChosenBuildpacks } from "./chosen-buildpacks.ts";

const OWN = join(import.meta.dirname, "../../../buildpacks");
const BASE_PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;
const ORDER =
  '[[order]]\n[[order.group]]\nid = "portside/a"\n[[order.group]]\nid = "portside/procfile"\noptional = true\n' +
  '[[order]]\n[[order.group]]\nid = "portside/procfile"\n';

let bench: BuildBench;
let sources: BuildpackSources;
beforeEach(() => {
  bench = new BuildBench();
  bench.buildpack("portside/a", { extra: '[metadata]\naliases = ["heroku/a", "https://example.org/team/a"]' });
  bench.buildpack("portside/procfile");
  bench.write({ "order.toml": ORDER }, "buildpacks");
  sources = open(join(bench.root, "buildpacks"));
});
afterEach(() => bench.dispose());

function open(ownDirectory: string): BuildpackSources {
  const clock = { now: () => 1_234, sleep: (): Promise<void> => Promise.reject(new Error("nothing waits here")) };
  const directory = join(bench.root, "home/buildpacks");
  return new BuildpackSources({ directory, ownDirectory, guard: new AddressGuard(), basePath: BASE_PATH, clock });
}

type Asked = { readonly urls?: readonly string[]; readonly toml?: string; readonly override?: readonly string[] };

function choose({ urls, toml, override = [] }: Asked, by = sources): Promise<ChosenBuildpacks> {
  const root = bench.write({}, "source");
  const appJson: AppJson = urls === undefined ? {} : { buildpacks: urls.map((url) => ({ url })) };
  const projectToml =
    toml === undefined ? {} : { projectToml: parseProjectToml(`[_]\nschema-version = "0.2"\n${toml}`).value };
  return by.choose({
    contract: { appJson, ...projectToml },
    named: { override, setting: [] },
    source: { root, base: root },
    onLine: () => undefined,
    signal: new AbortController().signal,
  });
}

const shown = ({ order }: ChosenBuildpacks): string[] =>
  order.map((group) => group.map(({ buildpack, optional }) => buildpack.id + (optional ? "?" : "")).join(" "));

const toml = (id: string, version = "1.0.0"): string =>
  `api = "0.10"\n[buildpack]\nid = "${id}"\nversion = "${version}"\n`;

/** A buildpack as files. */
function write(place: string, id: string, version = "1.0.0"): string {
  const directory = bench.write({ "buildpack.toml": toml(id, version) }, place);
  mkdirSync(join(directory, "bin"), { recursive: true });
  for (const program of ["detect", "build"])
    writeFileSync(join(directory, "bin", program), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  return directory;
}

async function pack(directory: string, file: string, entries: readonly string[] = ["."]): Promise<string> {
  await create({ cwd: directory, file, gzip: file.endsWith("gz"), portable: true }, [...entries]);
  return file;
}

describe("contract §3, cnb.md §15: which buildpacks", () => {
  const REFERENCES: readonly (readonly [string[], string])[] = [
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
  for (const [urls, expected] of REFERENCES)
    test(JSON.stringify(urls), async () => assert.deepEqual(shown(await choose({ urls })), [expected]));

  test("detection tries the installation's own groups", async () =>
    assert.deepEqual(shown(await choose({})), ["portside/a portside/procfile?", "portside/procfile"]));

  test("from=builder stands for those groups, with others around it; the Procfile buildpack stays last", async () => {
    write("source/x", "x/x");
    const group = '[[io.buildpacks.group]]\nuri = "./x"\n[[io.buildpacks.group]]\nuri = "from=builder"\n';
    assert.deepEqual(shown(await choose({ toml: group })), [
      "x/x portside/a portside/procfile?",
      "x/x portside/procfile",
    ]);
  });

  test("pre and post of project.toml stand around what detection finds", async () => {
    write("source/x", "x/x");
    write("source/y", "y/y");
    const around = '[[io.buildpacks.pre.group]]\nuri = "./x"\n[[io.buildpacks.post.group]]\nuri = "./y"\n';
    assert.deepEqual(shown(await choose({ toml: around })), [
      "x/x portside/a y/y portside/procfile?",
      "x/x y/y portside/procfile",
    ]);
  });

  test("Portside's own, under the names Heroku and Paketo users know", async () => {
    const own = open(OWN);
    const names = ["heroku/nodejs", "heroku-community/static", "paketo-buildpacks/procfile", "heroku/procfile"];
    for (const name of [...names, "https://github.com/heroku/heroku-buildpack-nodejs", "paketo-buildpacks/nodejs"])
      assert.match(shown(await choose({ urls: [name] }, own)).join(), /^portside\//, name);
  });

  const UNKNOWN: readonly (readonly [string, RegExp, RegExp])[] = [
    [
      "heroku/ruby",
      /`heroku\/ruby` here; there are portside\/a, portside\/procfile/,
      /buildpacks:install FILE\|DIR\|URL`, or name its git address, such as https:\/\/github\.com\/heroku\/ruby/,
    ],
    ["heroku/b", /`heroku\/b`/, /Did you mean `heroku\/a`\?/],
    ["portside/a@2.0.0", /there are portside\/a@1\.0\.0/, /buildpacks:install/],
  ];
  for (const [name, message, hint] of UNKNOWN)
    test(`${name} is not here: the error says what is, and how to get it`, () =>
      assert.rejects(choose({ urls: [name] }), { code: "E_BUILDPACK_UNKNOWN", message, hint }));
});

describe("buildpacks from the app's source", () => {
  test("a directory, an archive, an archive with one directory on top; inside the source only", async () => {
    write("source/own", "own/one");
    await pack(write("made", "own/two"), join(bench.root, "source/two.tgz"));
    await pack(bench.root, join(bench.root, "source/three.tar"), ["made"]);
    const found = await choose({ urls: ["./own", "./two.tgz"] });
    assert.deepEqual(shown(found), ["own/one own/two portside/procfile?"]);
    assert.deepEqual(found.notes, ["own/one 1.0.0 from ./own", "own/two 1.0.0 from ./two.tgz"]);
    assert.deepEqual(shown(await choose({ urls: ["./three.tar"] })), ["own/two portside/procfile?"]);
    for (const { buildpack } of found.order.flat().slice(0, 2))
      assert.match(buildpack.directory, /home\/buildpacks\/trees\/[0-9a-f]{64}$/);
  });

  test("the digest follows the content, not the place", async () => {
    write("source/own", "own/one");
    const first = await choose({ urls: ["./own"] });
    write("source/again", "own/one");
    assert.equal((await choose({ urls: ["./again"] })).digest, first.digest);
    writeFileSync(join(bench.root, "source/own/bin/build"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    assert.notEqual((await choose({ urls: ["./own"] })).digest, first.digest);
  });

  test("an inline script becomes a buildpack whose detect passes", async () => {
    const group =
      '[[io.buildpacks.group]]\nid = "l/hello"\n[io.buildpacks.group.script]\napi = "0.10"\ninline = "echo hi"\n';
    const [member] = (await choose({ toml: group })).order.flat();
    assert.deepEqual([member?.buildpack.id, member?.buildpack.version], ["l/hello", "0.0.0"]);
    assert.equal(readFileSync(join(member?.buildpack.directory ?? "", "bin/build"), "utf8"), "#!/bin/sh\necho hi\n");
  });

  test("a classic buildpack is wrapped", async () => {
    const classic = bench.write({}, "source/heroku-buildpack-x");
    mkdirSync(join(classic, "bin"));
    for (const program of ["detect", "compile"])
      writeFileSync(join(classic, "bin", program), "#!/bin/sh\n", { mode: 0o755 });
    const [member] = (await choose({ urls: ["./heroku-buildpack-x"] }, open(OWN))).order.flat();
    assert.equal(member?.buildpack.id, "classic/heroku-buildpack-x");
  });
});

describe("security rule 10, bad input: nothing outside the source, nothing half", () => {
  type Case = readonly [name: string, url: string, message: RegExp, prepare?: () => unknown];
  const CASES: readonly Case[] = [
    ["a path out of the source", "../elsewhere", /outside the app's source/],
    ["out and back by name", "../source-other/x", /outside the app's source/],
    ["an absolute path", "/etc", /names no buildpack|only name what lies in its source/],
    ["a path that is not there", "./nowhere", /there is no such path/],
    [
      "a link out of the source",
      "./link",
      /link out of the app's source/,
      () => symlinkSync(write("outside", "out/side"), join(bench.write({}, "source"), "link")),
    ],
    [
      "a link to nothing",
      "./link",
      /link to nothing/,
      () => symlinkSync("gone", join(bench.write({}, "source"), "link")),
    ],
    [
      "a link inside that leaves the buildpack",
      "./own",
      /outside the app's folder/,
      () => symlinkSync("../../../../etc/passwd", join(write("source/own", "own/one"), "secret")),
    ],
    [
      "an empty directory",
      "./empty",
      /neither a buildpack.toml nor a bin\/compile/,
      () => bench.write({}, "source/empty"),
    ],
    [
      "an archive without a buildpack",
      "./a.tgz",
      /neither a buildpack.toml nor a bin\/compile/,
      () => pack(bench.write({ "readme.txt": "" }, "made"), join(bench.write({}, "source"), "a.tgz")),
    ],
    [
      "no archive at all",
      "./a.tgz",
      /the archive is damaged|neither a buildpack/,
      () => bench.write({ "a.tgz": "x".repeat(2000) }, "source"),
    ],
    [
      "a cut archive",
      "./cut.tgz",
      /damaged|in the middle/,
      async () => {
        const whole = readFileSync(await pack(write("made", "own/two"), join(bench.root, "whole.tgz")));
        writeFileSync(join(bench.write({}, "source"), "cut.tgz"), whole.subarray(0, whole.length / 2));
      },
    ],
    [
      "a buildpack.toml that is none",
      "./own",
      /buildpack\.toml: line 1/,
      () => bench.write({ "own/buildpack.toml": "=" }, "source"),
    ],
    [
      "an API of tomorrow",
      "./own",
      /incompatible/,
      () => bench.write({ "own/buildpack.toml": toml("a/b").replace("0.10", "0.99") }, "source"),
    ],
    ["no programs", "./own", /no bin\/detect/, () => bench.write({ "own/buildpack.toml": toml("a/b") }, "source")],
    [
      "programs that are not executable",
      "./own",
      /bin\/detect is not executable/,
      () => bench.write({ "own/buildpack.toml": toml("a/b"), "own/bin/detect": "", "own/bin/build": "" }, "source"),
    ],
  ];
  for (const [name, url, message, prepare] of CASES) {
    test(name, async () => {
      await prepare?.();
      await assert.rejects(choose({ urls: [url] }), { code: "E_BUILDPACK_INVALID", message });
      const trees = join(bench.root, "home/buildpacks/trees");
      assert.deepEqual(existsSync(trees) ? readdirSync(trees) : [], []);
    });
  }

  test("two of one id with different content; the same twice counts once", async () => {
    write("source/one", "own/one");
    write("source/same", "own/one");
    write("source/other", "own/one", "2.0.0");
    assert.deepEqual(shown(await choose({ urls: ["./one", "./same"] })), ["own/one portside/procfile?"]);
    await assert.rejects(choose({ urls: ["./one", "./other"] }), {
      code: "E_BUILDPACK_INVALID",
      message: /named twice with different content \(1\.0\.0 and 2\.0\.0\)/,
    });
  });

  test("what somebody with a right typed may be an absolute path", async () => {
    const directory = write("elsewhere", "else/where");
    assert.deepEqual(shown(await choose({ override: [directory] })), ["else/where portside/procfile?"]);
  });
});

describe("buildpacks that an operator installs", () => {
  const { signal } = new AbortController();

  test("are known by id, in several versions, until they are removed", async () => {
    await sources.install(write("made/1", "acme/x", "1.0.0"), signal);
    await sources.install(await pack(write("made/2", "acme/x", "2.0.0"), join(bench.root, "x.tgz")), signal);
    const version = async (name: string): Promise<string | undefined> =>
      (await choose({ urls: [name] })).order[0]?.[0]?.buildpack.version;
    assert.equal(await version("acme/x@1.0.0"), "1.0.0");
    assert.equal(await version("acme/x@2.0.0"), "2.0.0");
    assert.deepEqual(
      sources.known().map(({ id, version: one, installed }) => `${id}@${one} ${installed?.at ?? ""}`.trim()),
      ["portside/a@1.0.0", "portside/procfile@1.0.0", "acme/x@1.0.0 1234", "acme/x@2.0.0 1234"],
    );
    sources.sweep();
    assert.equal(await version("acme/x@2.0.0"), "2.0.0");
    assert.equal(sources.uninstall("acme/x", "2.0.0").length, 1);
    await assert.rejects(choose({ urls: ["acme/x@2.0.0"] }), { code: "E_BUILDPACK_UNKNOWN" });
    assert.equal(sources.uninstall("acme/x", undefined).length, 1);
    assert.throws(() => sources.uninstall("acme/x", undefined), { code: "E_BUILDPACK_UNKNOWN" });
  });

  for (const reference of ["acme/x", "./x", "from=builder"])
    test(`${reference} says not where it lies`, () =>
      assert.rejects(sources.install(reference, signal), { code: "E_BUILDPACK_INVALID" }));
});
