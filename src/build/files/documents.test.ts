import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseBuildPlan } from "./build-plan.ts";
import { parseBuildToml } from "./build-toml.ts";
import { isApiAtLeast, parseBuildpackToml } from "./buildpack-toml.ts";
import { formatGroupToml } from "./group-toml.ts";
import { parseLaunchToml } from "./launch-toml.ts";
import { parseLayerTypes, withoutTypes } from "./layer-toml.ts";
import { formatMetadataToml } from "./metadata-toml.ts";
import { parseOrder } from "./order.ts";
import { formatBuildpackPlan, formatPlanToml } from "./plan-toml.ts";
import { checkStoreToml } from "./store-toml.ts";
import { DocumentError, parseTable } from "./toml-document.ts";

const BUILDPACK = '[buildpack]\nid = "a/b"\nversion = "1.2.3"\n';

/** Texts each parser refuses, with what its message must say. */
function refuses(parse: (text: string) => unknown, cases: readonly (readonly [text: string, message: RegExp])[]): void {
  for (const [text, message] of cases) {
    const isRight = (error: unknown): boolean => error instanceof DocumentError && message.test(error.message);
    assert.throws(() => parse(text), isRight, text);
  }
}

describe("buildpack.toml (cnb.md §2)", () => {
  test("what it says, defaults filled in", () => {
    const text = `api = "0.10"\n${BUILDPACK}clear-env = true\n[[targets]]\nos = "linux"\n[metadata]\naliases = ["x/y"]\nother = 1\n`;
    const { targets, aliases, clearEnv, keepsLayerFiles, ...rest } = parseBuildpackToml(text);
    assert.deepEqual(rest, { api: "0.10", id: "a/b", version: "1.2.3", order: [], sbomFormats: [] });
    const expected = [[{ os: "linux", distros: [] }], ["x/y"], true, false];
    assert.deepEqual([targets, aliases, clearEnv, keepsLayerFiles], expected);
    const bare = parseBuildpackToml(`api = "0.7"\n${BUILDPACK}name = "A"\nhomepage = "h"`);
    assert.deepEqual([bare.targets, bare.aliases, bare.clearEnv, bare.name, bare.homepage], [[], [], false, "A", "h"]);
  });
  test("refuses", () => {
    const withId = (id: string): string => `api = "0.10"\n[buildpack]\nid = "${id}"\nversion = "1.2.3"\n`;
    refuses(parseBuildpackToml, [
      [
        `api = "0.1"\n${BUILDPACK}`,
        /^buildpack\.toml: buildpack API version '0\.1' is incompatible with the lifecycle$/,
      ],
      [`api = "0.13"\n${BUILDPACK}`, /incompatible/],
      [BUILDPACK, /^buildpack\.toml: api: /],
      [withId("config"), /cannot be an id/],
      [withId("../a"), /cannot be an id/],
      [withId("a//b"), /cannot be an id/],
      [withId("a b"), /buildpack\.id/],
      ['api = "0.10"\n[buildpack]\nid = "a"\nversion = "../1"\n', /buildpack\.version/],
      ["api = \n", /line 1, column \d+/],
    ]);
  });
  test("versions compare by number", () => {
    assert.deepEqual(
      ["0.7", "0.9", "0.10", "0.12"].map((api) => isApiAtLeast(api, 9)),
      [false, true, true, true],
    );
  });
});

describe("order, group, plan (cnb.md §3)", () => {
  test("order.toml", () => {
    const text =
      '[[order]]\n[[order.group]]\nid = "a"\n[[order.group]]\nid = "b"\noptional = true\n[[order]]\n[[order.group]]\nid = "c"\n';
    const expected = [
      [
        { id: "a", optional: false },
        { id: "b", optional: true },
      ],
      [{ id: "c", optional: false }],
    ];
    assert.deepEqual(parseOrder(text), expected);
    refuses(parseOrder, [
      ["[[order]]\n", /order\.0\.group/],
      ["", /order/],
    ]);
  });
  test("group.toml and plan.toml; no plan is an empty file", () => {
    assert.equal(
      formatGroupToml([{ id: "a", version: "1.0.0", api: "0.10" }]),
      '[[group]]\nid = "a"\nversion = "1.0.0"\napi = "0.10"\n',
    );
    assert.equal(formatPlanToml([]), "");
    assert.equal(formatBuildpackPlan([]), "");
    const entries = [
      { providers: [{ id: "a", version: "1.0.0" }], requires: [{ name: "x", metadata: { web: 'say "hi"\n' } }] },
    ];
    assert.deepEqual(JSON.parse(JSON.stringify(parseTable(formatPlanToml(entries), "plan"))), { entries });
    const [entry] = entries;
    assert.deepEqual(JSON.parse(JSON.stringify(parseTable(formatBuildpackPlan(entry?.requires ?? []), "p"))), {
      entries: entry?.requires,
    });
  });
  test("build plan: the top level, then each `or`", () => {
    const text =
      '[[provides]]\nname = "n"\n[[requires]]\nname = "n"\n[requires.metadata]\nversion = "24"\n[[or]]\n[[or.requires]]\nname = "bun"\n[[or]]\n';
    assert.deepEqual(JSON.parse(JSON.stringify(parseBuildPlan(text))), [
      { provides: ["n"], requires: [{ name: "n", metadata: { version: "24" } }] },
      { provides: [], requires: [{ name: "bun" }] },
      { provides: [], requires: [] },
    ]);
    assert.deepEqual(parseBuildPlan(""), [{ provides: [], requires: [] }]);
  });
  test("build plan refuses", () => {
    refuses(parseBuildPlan, [
      ['[[requires]]\nname = "n"\nversion = "1"\n', /`n` has `version` outside of `metadata`/],
      ['[[or]]\n[[or.requires]]\nname = "n"\nversion = "1"\n', /outside of `metadata`/],
      ["[[provides]]\n", /provides\.0\.name/],
      ["[[requires]\n", /line 1/],
      ['__proto__ = "a"\n', /./],
    ]);
  });
});

describe("launch.toml (cnb.md §5.2)", () => {
  const line = (text: string): string => `[[processes]]\ntype = "web"\n${text}\n`;
  test("API 0.9 and newer: a list, always direct", () => {
    const { processes } = parseLaunchToml(
      line('command = ["a"]\nargs = ["b"]\ndefault = true\nworking-dir = "/x"'),
      "0.10",
    );
    const expected = { type: "web", command: ["a"], args: ["b"], direct: true, default: true, workingDir: "/x" };
    assert.deepEqual(processes, [expected]);
  });
  test("before 0.9: a text, for the shell unless direct; working-dir only from 0.8", () => {
    const plain = { type: "web", command: ["a b"], args: [], direct: false, default: false };
    assert.deepEqual(parseLaunchToml(line('command = "a b"\nworking-dir = "/x"'), "0.7").processes, [plain]);
    const direct = parseLaunchToml(line('command = "a b"\ndirect = true\nworking-dir = "/x"'), "0.8").processes;
    assert.deepEqual(direct, [{ ...plain, direct: true, workingDir: "/x" }]);
  });
  test("labels and slices; an empty file says nothing", () => {
    const { labels, slices } = parseLaunchToml(
      '[[labels]]\nkey = "k"\nvalue = "v"\n[[slices]]\npaths = ["a/*"]\n',
      "0.10",
    );
    assert.deepEqual([{ ...labels[0] }, { ...slices[0] }], [{ key: "k", value: "v" }, { paths: ["a/*"] }]);
    assert.deepEqual(parseLaunchToml("", "0.10"), { processes: [], labels: [], slices: [], warnings: [] });
  });
  test("refuses", () => {
    const default2 = line('command = ["a"]\ndefault = true');
    refuses(
      (text) => parseLaunchToml(text, "0.9"),
      [
        [line('command = ["a"]\ndirect = true'), /`direct` is gone since API 0\.9/],
        [line('command = ["a"]\ndirect = false'), /`direct` is gone/],
        [line('command = "a"'), /processes\.0\.command/],
        [line("command = []"), /processes\.0\.command/],
        [`${default2}${default2}`, /more than one process is the default/],
        ['[[processes]]\ntype = "a/b"\ncommand = ["a"]\n', /letters, digits/],
      ],
    );
    refuses((text) => parseLaunchToml(text, "0.8"), [[line('command = ["a"]'), /processes\.0\.command/]]);
  });
});

describe("<layer>.toml (cnb.md §4, §5)", () => {
  test("types; absent ones are false", () => {
    assert.deepEqual(parseLayerTypes("", "l"), { launch: false, build: false, cache: false });
    assert.deepEqual(
      { ...parseLayerTypes("[types]\ncache = true\n", "l") },
      { launch: false, build: false, cache: true },
    );
  });
  test("flags at the top level are the form before 0.6", () => {
    refuses(
      (text) => parseLayerTypes(text, "x.toml"),
      [
        ["launch = true\n", /^x\.toml: `launch` stands at the top level/],
        ["cache = false\n", /`cache`/],
        ['[types]\nlaunch = "yes"\n', /types\.launch/],
      ],
    );
  });
  const KEPT: readonly (readonly [string, string])[] = [
    ["[types]\nlaunch = true\n\n[metadata]\nv = 1.0\n", "\n[metadata]\nv = 1.0\n"],
    ['# c\n[metadata]\na = "x"\n\n[types]\nbuild = true\n', '# c\n[metadata]\na = "x"\n\n'],
    [
      "[metadata]\na = 1\n[types]\ncache = true\n[metadata.b]\nc = 2.50\n",
      "[metadata]\na = 1\n[metadata.b]\nc = 2.50\n",
    ],
    ["[types]\nlaunch = true", ""],
    ["[metadata]\nv = 1.0\n", "[metadata]\nv = 1.0\n"],
  ];
  for (const [text, expected] of KEPT) {
    test(`a restored file keeps the bytes of its metadata: ${JSON.stringify(text)}`, () =>
      assert.equal(withoutTypes(text, "l"), expected));
  }
  test("forms that cannot be cut out are written anew, with the same meaning", () => {
    for (const text of [
      "types = { launch = true }\n[metadata]\na = 1\n",
      "types.launch = true\nmetadata.a = 1\n",
      '[metadata]\na = 1\nb = """\n[types]\nlaunch = true\n"""\n[types]\nlaunch = true\n',
    ]) {
      const { types: _, ...expected } = parseTable(text, "l");
      assert.deepEqual(parseTable(withoutTypes(text, "l"), "l"), expected, text);
    }
  });
});

describe("build.toml, store.toml, metadata.toml (cnb.md §4, §5)", () => {
  test("unmet names must be there", () => {
    assert.deepEqual(parseBuildToml('[[unmet]]\nname = "a"\n'), { unmet: ["a"] });
    assert.deepEqual(parseBuildToml(""), { unmet: [] });
    refuses(parseBuildToml, [
      ["[[unmet]]\n", /name is required/],
      ['[[unmet]]\nname = ""\n', /name is required/],
    ]);
  });
  test("store.toml must be readable", () => {
    checkStoreToml("[metadata]\na = 1\n");
    refuses(checkStoreToml, [
      ["metadata = 1\n", /metadata/],
      ["[metadata\n", /line 1/],
    ]);
  });
  test("metadata.toml: processes sorted by type, without default", () => {
    const one = { command: ["x"], args: [], direct: true, buildpackId: "a" };
    const text = formatMetadataToml({
      group: [{ id: "a", version: "1.0.0", api: "0.10" }],
      processes: [
        { ...one, type: "worker", default: false },
        { ...one, type: "web", default: true, workingDir: "/w" },
      ],
      labels: [],
      slices: [],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(parseTable(text, "m"))), {
      "buildpack-default-process-type": "web",
      buildpacks: [{ id: "a", version: "1.0.0", api: "0.10" }],
      processes: [
        { type: "web", command: ["x"], args: [], direct: true, "buildpack-id": "a", "working-dir": "/w" },
        { type: "worker", command: ["x"], args: [], direct: true, "buildpack-id": "a" },
      ],
    });
  });
});

test("no text makes a parser throw anything but DocumentError (fuzz, cnb.md §16)", () => {
  const parsers: readonly ((text: string) => unknown)[] = [
    parseBuildpackToml,
    parseOrder,
    parseBuildPlan,
    (text) => parseLaunchToml(text, "0.8"),
    (text) => parseLaunchToml(text, "0.10"),
    parseBuildToml,
    checkStoreToml,
    (text) => parseLayerTypes(text, "l"),
    (text) => withoutTypes(text, "l"),
  ];
  const word = fc.constantFrom(
    "[types]",
    "[[processes]]",
    "launch",
    "=",
    "true",
    '"',
    "\n",
    "[metadata]",
    '"""',
    "__proto__",
    "type",
    "{",
    "}",
    "'",
  );
  const anyText = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 20 }).map((words) => words.join(" ")),
  );
  fc.assert(
    fc.property(anyText, fc.constantFrom(...parsers), (text, parse) => {
      try {
        parse(text);
      } catch (error) {
        assert.ok(error instanceof DocumentError, String(error));
      }
    }),
    { numRuns: 3_000 },
  );
});
