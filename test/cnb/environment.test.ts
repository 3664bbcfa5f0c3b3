// What buildpacks see: the lifecycle's own environment, platform files, operator's settings, layers. cnb.md §6, §16 "Env".
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CnbBench, heredoc, type Call, type Pack } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => (bench = new CnbBench()));
afterEach(() => bench.dispose());

/** What the last of the buildpacks sees in its `bin/build`, by name; values whole, whatever they hold. */
async function seen(packs: Readonly<Record<string, Pack>> = {}, call: Call = {}): Promise<Map<string, string>> {
  const all = { ...packs, last: { build: 'env -0 >"$1/env"', ...packs["last"] } };
  for (const [id, pack] of Object.entries(all)) bench.pack(id, pack);
  bench.group(Object.keys(all));
  const { code, err } = await bench.run("build", call);
  assert.deepEqual([code, err], [0, ""]);
  const pairs = bench.text("layers/last/env").split("\0").filter(Boolean);
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const));
}

describe("the lifecycle's own environment (cnb.md §6.1)", () => {
  const KEPT = [
    ...["LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH", "CNB_STACK_ID", "HOSTNAME"],
    ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
  ];
  for (const name of KEPT) {
    test(`${name} is kept`, async () => assert.equal((await seen({}, { env: { [name]: "v" } })).get(name), "v"));
  }
  for (const name of [
    "SECRET",
    "CNB_PLATFORM_API",
    "CNB_GROUP_PATH",
    "CNB_REGISTRY_AUTH",
    "NODE_OPTIONS",
    "TMPDIR",
    "USER",
  ]) {
    test(`${name} is dropped`, async () => {
      const values: Record<string, string> = {
        CNB_PLATFORM_API: "0.14",
        CNB_GROUP_PATH: bench.at("layers/group.toml"),
      };
      assert.equal((await seen({}, { env: { [name]: values[name] ?? "leak" } })).has(name), false);
    });
  }
  test("PATH and HOME are the lifecycle's", async () => {
    const env = await seen();
    assert.deepEqual([env.get("PATH"), env.get("HOME")], ["/usr/bin:/bin", bench.at("home")]);
  });
});

describe("platform files (cnb.md §6.1)", () => {
  const VALUES: readonly (readonly [name: string, value: string])[] = [
    ["EMPTY", ""],
    ["NEWLINE", "value\n"],
    ["BLANKS", "  value \t"],
    ["LINES", "a=b\nc='d' \"e\" $HOME `x`\n"],
    ["UNICODE", "é \u{1f600}"],
    ["LONG", "a=b\n".repeat(16_384)],
  ];
  for (const [name, value] of VALUES) {
    test(`${name} arrives byte for byte`, async () => {
      bench.write(`platform/env/${name}`, value);
      assert.equal((await seen()).get(name), value);
    });
  }
  test("it overrides; PATH and its kin are prepended", async () => {
    for (const name of ["HOME", "PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"]) {
      bench.write(`platform/env/${name}`, "/user");
    }
    const env = await seen({}, { env: { LD_LIBRARY_PATH: "/old" } });
    const shown = ["HOME", "PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"].map((name) =>
      env.get(name),
    );
    assert.deepEqual(shown, ["/user", "/user:/usr/bin:/bin", "/user:/old", "/user", "/user", "/user"]);
  });
  test("links to files are followed, links to nothing and directories are passed over", async () => {
    bench.write("elsewhere", "linked");
    symlinkSync("../../elsewhere", bench.at("platform/env/LINK"));
    symlinkSync("nowhere", bench.at("platform/env/BROKEN"));
    bench.write("platform/env/DIR/INNER", "x");
    const env = await seen();
    assert.deepEqual(
      [env.get("LINK"), env.has("BROKEN"), env.has("DIR"), env.has("INNER")],
      ["linked", false, false, false],
    );
  });
  test("detect sees them too", async () => {
    bench.write("platform/env/USER_VALUE", "v");
    bench.pack("A", { detect: '[ "$USER_VALUE" = v ] || exit 100' });
    bench.order("A");
    assert.equal((await bench.run("detect")).code, 0);
  });
  test("under clear-env neither detect nor build sees them; the operator's settings stay", async () => {
    bench.write("platform/env/USER_VALUE", "v");
    bench.write("cnb/build-config/env/OPERATOR", "o");
    const env = await seen({ last: { toml: "clear-env = true" } });
    assert.deepEqual([env.has("USER_VALUE"), env.get("OPERATOR")], [false, "o"]);
    bench.pack("A", { toml: "clear-env = true", detect: '[ -z "$USER_VALUE" ] || exit 100' });
    bench.order("A");
    assert.equal((await bench.run("detect")).code, 0);
  });
  test("no platform directory at all", async () => {
    assert.equal((await seen({}, { flags: ["-platform", "nowhere"] })).get("CNB_PLATFORM_DIR"), bench.at("nowhere"));
  });
});

describe("the operator's settings (cnb.md §6.1)", () => {
  const ROWS: readonly (readonly [
    name: string,
    files: Readonly<Record<string, string>>,
    user: string | undefined,
    expected: string,
  ])[] = [
    ["no suffix is a default: unset", { X: "o" }, undefined, "o"],
    ["no suffix is a default: the user's stays", { X: "o" }, "u", "u"],
    [".override", { "X.override": "o" }, "u", "o"],
    [".append with .delim", { "X.append": "o", "X.delim": ":" }, "u", "u:o"],
    [".prepend with .delim", { "X.prepend": "o", "X.delim": ":" }, "u", "o:u"],
    [".default", { "X.default": "o" }, "u", "u"],
  ];
  for (const [name, files, user, expected] of ROWS) {
    test(name, async () => {
      for (const [file, value] of Object.entries(files)) bench.write(`cnb/build-config/env/${file}`, value);
      if (user !== undefined) bench.write("platform/env/X", user);
      assert.equal((await seen()).get("X"), expected);
    });
  }
});

describe("layers of earlier buildpacks (cnb.md §6.2)", () => {
  type Files = Readonly<Record<string, string>>;
  const withLayer = (files: Files, types = "build = true", before: Files = {}): Pack => {
    const make = (layer: string, content: Files): string[] =>
      Object.entries(content).map(
        ([path, value]) => `mkdir -p "$1/${layer}/$(dirname '${path}')"; printf '%s' '${value}' >"$1/${layer}/${path}"`,
      );
    const script = [
      ...make("a", before),
      ...make("b", files),
      heredoc("$1/a.toml", "[types]\nbuild = true"),
      heredoc("$1/b.toml", `[types]\n${types}`),
    ];
    return { build: script.join("\n") };
  };
  const valueOf = async (files: Files, old: string | undefined): Promise<string | undefined> =>
    (await seen({ A: withLayer(files, "build = true", old === undefined ? {} : { "env/X": old }) })).get("X");

  const ROWS: readonly (readonly [files: Files, old: string | undefined, expected: string | undefined])[] = [
    [{ "env/X": "v" }, "o", "v"],
    [{ "env/X.override": "v" }, "o", "v"],
    [{ "env/X.append": "v" }, "o", "ov"],
    [{ "env/X.append": "v", "env/X.delim": "[]" }, "o", "o[]v"],
    [{ "env/X.prepend": "v" }, "o", "vo"],
    [{ "env/X.prepend": "v", "env/X.delim": "[]" }, "o", "v[]o"],
    [{ "env/X.default": "v" }, "o", "o"],
    [{ "env/X.default": "v" }, "", "v"],
    [{ "env/X": "v" }, undefined, "v"],
    [{ "env/X.override": "v" }, undefined, "v"],
    [{ "env/X.append": "v", "env/X.delim": "[]" }, undefined, "v"],
    [{ "env/X.prepend": "v", "env/X.delim": "[]" }, undefined, "v"],
    [{ "env/X.default": "v" }, undefined, "v"],
    [{ "env/X.append": "a", "env/X.delim": ":", "env/X.prepend": "p" }, undefined, "p:a"],
    [{ "env/X.append": "a", "env/X.delim": ":", "env/X.prepend": "p" }, "m", "p:m:a"],
    [{ "env/X.append": "v", "env.build/X.delim": ":" }, "o", "ov"],
    [{ "env/X.append": "1", "env.build/X.append": "2" }, "o", "o12"],
    [{ "env.launch/X": "v" }, "o", "o"],
    [{ "env/X.unknown": "v" }, "o", "o"],
    [{ "env/X.append.more": "v" }, "o", "o"],
    [{ "env/X/inner": "v" }, "o", "o"],
    [{ "env/X": "" }, "o", ""],
  ];
  for (const [files, old, expected] of ROWS) {
    test(`${JSON.stringify(files)} on ${JSON.stringify(old)}`, async () =>
      assert.equal(await valueOf(files, old), expected));
  }

  test("root directories that exist are prepended, later layers first", async () => {
    const files = { "bin/x": "", "lib/x": "", "include/x": "", "pkgconfig/x": "", "share/x": "" };
    const env = await seen({ A: withLayer(files, "build = true", { "bin/x": "" }) });
    const b = bench.at("layers/A/b");
    assert.equal(env.get("PATH"), `${b}/bin:${bench.at("layers/A/a")}/bin:/usr/bin:/bin`);
    const shown = ["LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"].map((name) => env.get(name));
    assert.deepEqual(shown, [`${b}/lib`, `${b}/lib`, `${b}/include`, `${b}/pkgconfig`]);
  });
  for (const types of ["launch = true", "cache = true", "launch = true\ncache = true"]) {
    test(`a layer that is not for builds gives nothing: ${types.replace("\n", ", ")}`, async () => {
      const env = await seen({ A: withLayer({ "env/X": "v", "bin/x": "" }, types) });
      assert.deepEqual([env.has("X"), env.get("PATH")], [false, "/usr/bin:/bin"]);
    });
  }
  test("the buildpack itself does not see its own", async () => {
    const pack = withLayer({ "env/X": "v" });
    const env = await seen({ last: { build: `env -0 >"$1/env"\n${pack.build ?? ""}` } });
    assert.equal(env.has("X"), false);
  });
  test("the user's variable wins over a layer's, a layer's over the operator's default", async () => {
    bench.write("platform/env/X", "user");
    bench.write("cnb/build-config/env/Y", "operator");
    const env = await seen({ A: withLayer({ "env/X": "layer", "env/Y": "layer" }) });
    assert.deepEqual([env.get("X"), env.get("Y")], ["user", "layer"]);
  });
  test("a link inside the layers directory is followed", async () => {
    const build = `mkdir -p "$1/l/env"; printf v >"$1/l/value"; ln -s ../value "$1/l/env/X"\n${heredoc("$1/l.toml", "[types]\nbuild = true")}`;
    assert.equal((await seen({ A: { build } })).get("X"), "v");
  });
  test("an empty env directory, and none", async () => {
    mkdirSync(bench.at("x"));
    assert.equal(
      (await seen({ A: { build: `mkdir -p "$1/l/env"\n${heredoc("$1/l.toml", "[types]\nbuild = true")}` } })).has("X"),
      false,
    );
  });
});
