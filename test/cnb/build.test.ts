// What `bin/build` gets and what is made of what it leaves. cnb.md §5, §16 "Build CLI".
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CnbBench, heredoc, type Pack } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => (bench = new CnbBench()));
afterEach(() => bench.dispose());

/** Shell text that writes a document of the buildpack. */
const leave = (name: string, content: string): string => heredoc(`$1/${name}`, content);
const launch = (content: string): string => leave("launch.toml", content);
const layer = (name: string, types: string, content = ""): string =>
  `mkdir -p "$1/${name}"\n${leave(
    `${name}.toml`,
    `[types]\n${types
      .split(" ")
      .map((type) => `${type} = true\n`)
      .join("")}${content}`,
  )}`;

async function build(packs: Readonly<Record<string, Pack>>, plan = ""): ReturnType<CnbBench["run"]> {
  for (const [id, pack] of Object.entries(packs)) bench.pack(id, pack);
  bench.group(Object.keys(packs), plan);
  return bench.run("build");
}

async function built(packs: Readonly<Record<string, Pack>>, plan = ""): Promise<Record<string, unknown>> {
  const ended = await build(packs, plan);
  assert.deepEqual([ended.code, ended.err], [0, ""]);
  return bench.toml("layers/config/metadata.toml");
}

describe("documents it reads (cnb.md §16)", () => {
  type Row = readonly [
    name: string,
    group: string | undefined,
    plan: string | undefined,
    code: number,
    message: RegExp,
  ];
  const GROUP = '[[group]]\nid = "A"\nversion = "1.0.0"\n';
  const ROWS: readonly Row[] = [
    [
      "no group",
      undefined,
      "",
      1,
      /^ERROR: failed to read buildpack group: open .*group\.toml: no such file or directory\n$/,
    ],
    ["an empty group", "", "", 0, /^$/],
    ["a group that is no TOML", "[[group", "", 1, /failed to read buildpack group: .*line 1/],
    ["a group without a version", '[[group]]\nid = "A"\n', "", 1, /failed to read buildpack group: .*version/],
    [
      "a group with a path for an id",
      '[[group]]\nid = "../A"\nversion = "1.0.0"\n',
      "",
      1,
      /failed to read buildpack group/,
    ],
    [
      "a group with a path for a version",
      '[[group]]\nid = "A"\nversion = "../1"\n',
      "",
      1,
      /failed to read buildpack group/,
    ],
    [
      "a group with a buildpack that is not there",
      '[[group]]\nid = "B"\nversion = "1.0.0"\n',
      "",
      52,
      /failed to build: the buildpack B@1\.0\.0 is not there/,
    ],
    [
      "a group with a buildpack of API 0.1",
      '[[group]]\nid = "old"\nversion = "1.0.0"\n',
      "",
      12,
      /buildpack API version '0\.1' is incompatible/,
    ],
    [
      "no plan",
      GROUP,
      undefined,
      1,
      /^ERROR: failed to parse detect plan: open .*plan\.toml: no such file or directory\n$/,
    ],
    ["an empty plan", GROUP, "", 0, /^$/],
    ["a plan that is no TOML", GROUP, "[[entries", 1, /failed to parse detect plan: .*line 1/],
    ["a plan of another shape", GROUP, "entries = 1", 1, /failed to parse detect plan: .*entries/],
  ];
  for (const [name, group, plan, code, message] of ROWS) {
    test(name, async () => {
      bench.pack("A");
      bench.pack("old", { api: "0.1" });
      if (group !== undefined) bench.write("layers/group.toml", group);
      if (plan !== undefined) bench.write("layers/plan.toml", plan);
      const ended = await bench.run("build");
      assert.equal(ended.code, code);
      assert.match(ended.err, message);
    });
  }
});

describe("its plan (cnb.md §5.1, §5.2)", () => {
  const entry = (name: string, ...providers: readonly string[]): string =>
    `[[entries]]\n${providers.map((id) => `[[entries.providers]]\nid = "${id}"\nversion = "1.0.0"\n`).join("")}[[entries.requires]]\nname = "${name}"\n[entries.requires.metadata]\nfor = "${name}"\n`;
  const KEEP = 'cp "$3" "$HOME/$(basename "$1")"';
  const namesOf = (id: string): string[] =>
    ((bench.toml(`home/${id}`)["entries"] ?? []) as { name: string }[]).map(({ name }) => name);

  test("every require it provides, with metadata; not what others do", async () => {
    await built({ A: { build: KEEP }, B: { build: KEEP } }, entry("x", "A") + entry("y", "A") + entry("z", "B"));
    assert.deepEqual([namesOf("A"), namesOf("B")], [["x", "y"], ["z"]]);
    assert.deepEqual(bench.toml("home/A")["entries"], [
      { name: "x", metadata: { for: "x" } },
      { name: "y", metadata: { for: "y" } },
    ]);
  });
  test("nothing of its own: an empty file", async () => {
    await built({ A: { build: KEEP } });
    assert.equal(bench.text("home/A"), "");
  });
  test("what an earlier one met is gone", async () => {
    await built({ A: { build: KEEP }, B: { build: KEEP } }, entry("x", "A", "B"));
    assert.deepEqual([namesOf("A"), namesOf("B")], [["x"], []]);
  });
  test("what an earlier one left unmet is there", async () => {
    const unmet = `${KEEP}\n${leave("build.toml", '[[unmet]]\nname = "x"')}`;
    await built({ A: { build: unmet }, B: { build: KEEP } }, entry("x", "A", "B") + entry("y", "A", "B"));
    assert.deepEqual([namesOf("A"), namesOf("B")], [["x", "y"], ["x"]]);
  });
  for (const [name, content, message] of [
    ["an unmet one without a name", "[[unmet]]", /unmet\.name is required/],
    ["an unmet one that was not asked", '[[unmet]]\nname = "other"', /`other` is unmet but not in its plan/],
  ] as const) {
    test(name, async () => {
      const { code, err } = await build({ A: { build: leave("build.toml", content) } }, entry("x", "A"));
      assert.equal(code, 52);
      assert.match(err, message);
    });
  }
});

describe("the program (cnb.md §5.1)", () => {
  const variables = async (api: string): Promise<Map<string, string>> => {
    await built({ "x/a": { api, build: 'env >"$HOME/env"; echo "$@" >"$HOME/args"' } });
    const lines = bench.text("home/env").trim().split("\n");
    return new Map(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const));
  };
  const OWN = ["CNB_BUILDPACK_DIR"];
  const SINCE_8 = [...OWN, "CNB_LAYERS_DIR", "CNB_PLATFORM_DIR", "CNB_BP_PLAN_PATH"];
  const SINCE_10 = [...SINCE_8, "CNB_TARGET_OS", "CNB_TARGET_ARCH"];
  for (const [api, expected] of [
    ["0.7", OWN],
    ["0.8", SINCE_8],
    ["0.9", SINCE_8],
    ["0.10", SINCE_10],
    ["0.11", SINCE_10],
    ["0.12", [...SINCE_10, "CNB_EXEC_ENV"]],
  ] as const) {
    test(`variables of API ${api}`, async () => {
      const env = await variables(api);
      const names = [...env.keys()].filter((name) => name.startsWith("CNB_") && !name.startsWith("CNB_TARGET_DISTRO"));
      assert.deepEqual(names.toSorted(), [...expected].toSorted());
      const [layers = "", platform = "", plan = ""] = bench.text("home/args").trim().split(" ");
      assert.deepEqual([layers, platform], [bench.at("layers/x_a"), bench.at("platform")]);
      if (expected.length > 1) {
        assert.deepEqual(
          [env.get("CNB_LAYERS_DIR"), env.get("CNB_PLATFORM_DIR"), env.get("CNB_BP_PLAN_PATH")],
          [layers, platform, plan],
        );
      }
    });
  }
  test("CNB_EXEC_ENV is the lifecycle's own, else production", async () => {
    bench.pack("A", { api: "0.12", build: 'echo "$CNB_EXEC_ENV"' });
    bench.group(["A"]);
    assert.equal((await bench.run("build")).out, "production\n");
    assert.equal((await bench.run("build", { env: { CNB_EXEC_ENV: "test" } })).out, "test\n");
  });
  test("both its streams go to the output; a failure is 51 and ends the phase", async () => {
    const { code, out, err } = await build({
      A: { build: "echo out; echo err >&2; exit 3" },
      B: { build: "echo later" },
    });
    assert.deepEqual(
      [code, out.split("\n").toSorted(), err],
      [51, ["", "err", "out"], "ERROR: failed to build: A ended with exit code 3\n"],
    );
    assert.equal(bench.has("layers/config/metadata.toml"), false);
  });
  test("one that cannot be started is 51", async () => {
    bench.pack("A");
    bench.write("cnb/buildpacks/A/1.0.0/bin/build", "#!/nowhere\n", 0o755);
    bench.group(["A"]);
    const { code, err } = await bench.run("build");
    assert.deepEqual([code, /bin\/build of A could not be started/.test(err)], [51, true]);
  });
});

describe("processes (cnb.md §5.2, §5.3)", () => {
  const process = (type: string, more = "", command = '["c"]'): string =>
    `[[processes]]\ntype = "${type}"\ncommand = ${command}\n${more}\n`;
  const shown = (metadata: Record<string, unknown>): string => {
    const processes = (metadata["processes"] ?? []) as Record<string, unknown>[];
    const list = processes.map((one) => `${String(one["type"])}=${String(one["buildpack-id"])}`).join(" ");
    return `${list}; ${String(metadata["buildpack-default-process-type"] ?? "none")}`;
  };
  type Row = readonly [name: string, packs: Readonly<Record<string, string>>, expected: string];
  const ROWS: readonly Row[] = [
    ["sorted by type", { A: process("web") + process("api") + process("Z") }, "Z=A api=A web=A; none"],
    ["`web` is not the default by itself", { A: process("web") }, "web=A; none"],
    ["a default", { A: process("web", "default = true") }, "web=A; web"],
    ["a later one replaces", { A: process("web"), B: process("web") }, "web=B; none"],
    [
      "the last default wins",
      { A: process("web", "default = true"), B: process("api", "default = true") },
      "api=B web=A; api",
    ],
    [
      "a later one of the default type that is no default takes it away",
      { A: process("web", "default = true"), B: process("web") },
      "web=B; none",
    ],
    ["as a default again", { A: process("web", "default = true"), B: process("web", "default = true") }, "web=B; web"],
    [
      "types with dots and dashes",
      { A: process("process.with.period") + process("a-b_c") },
      "a-b_c=A process.with.period=A; none",
    ],
  ];
  for (const [name, packs, expected] of ROWS) {
    test(name, async () => {
      const fakes = Object.entries(packs).map(([id, content]) => [id, { build: launch(content) }] as const);
      assert.equal(shown(await built(Object.fromEntries(fakes))), expected);
    });
  }
  test("taking the default away is a warning", async () => {
    const packs = { A: { build: launch(process("web", "default = true")) }, B: { build: launch(process("web")) } };
    const { out } = await build(packs);
    assert.match(
      out,
      /^Warning: redefining the following default process type with a process not marked as default: web/m,
    );
  });
  test("command, args, working directory, no `default`", async () => {
    const more = 'args = ["a", "b c"]\ndefault = true\nworking-dir = "/w"';
    const { processes } = await built({ A: { build: launch(process("web", more, '["echo world"]')) } });
    assert.deepEqual(processes, [
      {
        type: "web",
        command: ["echo world"],
        args: ["a", "b c"],
        direct: true,
        "buildpack-id": "A",
        "working-dir": "/w",
      },
    ]);
  });
  test("before API 0.9: one text, for a shell unless direct", async () => {
    const content = process("sh", "", '"echo $X"') + process("direct", "direct = true", '"echo"');
    const { processes } = await built({ A: { api: "0.8", build: launch(content) } });
    const rest = { args: [], "buildpack-id": "A" };
    assert.deepEqual(processes, [
      { type: "direct", command: ["echo"], direct: true, ...rest },
      { type: "sh", command: ["echo $X"], direct: false, ...rest },
    ]);
  });
  test("before API 0.8 a working directory is ignored, with a warning", async () => {
    const { code, out } = await build({
      A: { api: "0.7", build: launch(process("web", 'working-dir = "/w"', '"c"')) },
    });
    assert.equal(code, 0);
    assert.match(out, /^Warning: A: the working directory of `web` is ignored/m);
    assert.doesNotMatch(bench.text("layers/config/metadata.toml"), /working-dir/);
  });
  const WRONG: readonly (readonly [name: string, content: string, message: RegExp])[] = [
    [
      "two defaults",
      process("a", "default = true") + process("b", "default = true"),
      /more than one process is the default/,
    ],
    ["`direct` since API 0.9", process("a", "direct = true"), /`direct` is gone since API 0\.9/],
    ["a text as command since API 0.9", process("a", "", '"c"'), /command/],
    ["an empty command", process("a", "", "[]"), /command/],
    ["a type with a slash", process("a/b"), /a process type is letters/],
    ["no type", '[[processes]]\ncommand = ["c"]', /type/],
  ];
  for (const [name, content, message] of WRONG) {
    test(`wrong: ${name}`, async () => {
      const { code, err } = await build({ A: { build: launch(content) } });
      assert.equal(code, 52);
      assert.match(err, /^ERROR: failed to build: A left a wrong launch\.toml: /);
      assert.match(err, message);
    });
  }
  test("labels and slices of all, in group order", async () => {
    const label = (key: string): string =>
      `[[labels]]\nkey = "${key}"\nvalue = "v"\n[[slices]]\npaths = ["${key}/*"]\n`;
    const { labels, slices } = await built({ A: { build: launch(label("one")) }, B: { build: launch(label("two")) } });
    assert.deepEqual(labels, [
      { key: "one", value: "v" },
      { key: "two", value: "v" },
    ]);
    assert.deepEqual(slices, [{ paths: ["one/*"] }, { paths: ["two/*"] }]);
  });
});

describe("layers (cnb.md §5.2)", () => {
  test("one that is for nothing is set aside, also when one was set aside before", async () => {
    const script = `mkdir -p "$1/x/in"\n${leave("x.toml", "[metadata]\na = 1")}`;
    await built({ A: { build: script } });
    await built({ A: { build: script } });
    assert.deepEqual(bench.list("layers/A"), ["x.ignore", "x.toml"]);
  });
  test("a directory without a document is nobody's layer", async () => {
    await built({ A: { build: 'mkdir "$1/x"' } });
    assert.deepEqual(bench.list("layers/A"), ["x"]);
  });
  for (const flag of ["launch", "build", "cache"]) {
    test(`${flag} at the top level, as before API 0.6`, async () => {
      const { code, err } = await build({ A: { build: leave("x.toml", `${flag} = true`) } });
      assert.deepEqual([code, err.includes(`x.toml: \`${flag}\` stands at the top level`)], [52, true]);
    });
  }
  test("SBOM files of layers, launch and build are collected; an older collection is gone", async () => {
    bench.write("layers/sbom/launch/old/sbom.cdx.json", "{}");
    const script = [
      layer("l", "launch cache"),
      layer("b", "build"),
      ...["l", "b", "launch", "build"].map((of) => leave(`${of}.sbom.cdx.json`, `{"of": "${of}"}`)),
      leave("l.sbom.spdx.json", "{}"),
      leave("none.sbom.syft.json", "{}"),
    ].join("\n");
    const toml = 'sbom-formats = ["application/vnd.cyclonedx+json; version=1.4", "application/spdx+json"]';
    await built({ "x/a": { toml, build: script } });
    assert.deepEqual(bench.files("layers/sbom"), [
      "build/x_a/b/sbom.cdx.json",
      "build/x_a/sbom.cdx.json",
      "cache/x_a/l/sbom.cdx.json",
      "cache/x_a/l/sbom.spdx.json",
      "launch/x_a/l/sbom.cdx.json",
      "launch/x_a/l/sbom.spdx.json",
      "launch/x_a/sbom.cdx.json",
    ]);
    assert.equal(bench.text("layers/sbom/launch/x_a/l/sbom.cdx.json").trim(), '{"of": "l"}');
  });
  for (const [name, file, message] of [
    [
      "a format that is not declared",
      "launch.sbom.syft.json",
      "undeclared SBOM media type: 'application/vnd.syft+json'",
    ],
    ["a format that is unknown", "launch.sbom.other.json", "unsupported SBOM file format"],
  ] as const) {
    test(`SBOM: ${name}`, async () => {
      const toml = 'sbom-formats = ["application/vnd.cyclonedx+json"]';
      const { code, err } = await build({ A: { toml, build: leave(file, "{}") } });
      assert.deepEqual([code, err.includes(message)], [52, true]);
    });
  }
});
