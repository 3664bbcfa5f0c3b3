import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProjectToml } from "./project-toml.ts";

const V2 = '[_]\nschema-version = "0.2"\n';

const summary = (raw: string): string =>
  parseProjectToml(raw)
    .diagnostics.map(
      (d) => `${d.code}@${d.line}:${d.column}${d.path ? ` ${d.path}` : ""}${d.otherLine ? ` >${d.otherLine}` : ""}`,
    )
    .join(", ");

test("cnb §11 schema 0.2, whole, is read into one shape", () => {
  const raw = `[_]
schema-version = "0.2"
id = "org.example.shop"
authors = ["a", "b"]
documentation-url = "https://example.org"
[[_.licenses]]
type = "MIT"
[_.metadata]
team = { name = "x" }
[io.buildpacks]
builder = "heroku/builder:24"
exclude = ["docs/", "*.log"]
[[io.buildpacks.group]]
id = "portside/nodejs"
version = "1.2.3"
[[io.buildpacks.group]]
id = "local/hello"
[io.buildpacks.group.script]
api = "0.10"
inline = """
echo "hello"
"""
[[io.buildpacks.group]]
uri = "from=builder"
[[io.buildpacks.build.env]]
name = "NODE_ENV"
value = "production"
[com.heroku]
anything = 1
`;
  assert.deepEqual(parseProjectToml(raw), {
    value: {
      schemaVersion: "0.2",
      project: {
        id: "org.example.shop",
        authors: ["a", "b"],
        licenses: [{ type: "MIT" }],
        documentationUrl: "https://example.org",
        metadata: { team: { name: "x" } },
      },
      builder: "heroku/builder:24",
      exclude: ["docs/", "*.log"],
      env: [{ name: "NODE_ENV", value: "production" }],
      group: [
        { id: "portside/nodejs", version: "1.2.3" },
        { version: "0.0.0", id: "local/hello", script: { api: "0.10", shell: "/bin/sh", inline: 'echo "hello"\n' } },
        { uri: "from=builder" },
      ],
    },
    diagnostics: [],
  });
});

test("cnb §11 schema 0.1 gives the same shape", () => {
  const raw = `[_]
schema-version = "0.1"
[project]
id = "shop"
source-url = "https://example.org/git"
[build]
include = ["src"]
[[build.buildpacks]]
uri = "https://example.org/bp.tgz"
[[build.env]]
name = "A"
value = ""
[metadata]
a = 1
`;
  assert.deepEqual(parseProjectToml(raw), {
    value: {
      schemaVersion: "0.1",
      project: { id: "shop", metadata: { a: 1 }, sourceUrl: "https://example.org/git" },
      include: ["src"],
      env: [{ name: "A", value: "" }],
      group: [{ uri: "https://example.org/bp.tgz" }],
    },
    diagnostics: [],
  });
});

test("cnb §11 without a version it is 0.1, and what only 0.2 has counts too", () => {
  const { value, diagnostics } = parseProjectToml('\n[[io.buildpacks.build.env]]\nname = "BP_X"\nvalue = "1"\n');
  assert.deepEqual(value, { schemaVersion: "0.1", project: {}, env: [{ name: "BP_X", value: "1" }] });
  assert.deepEqual(
    diagnostics.map((d) => [d.code, d.severity, d.line, d.column, d.hint]),
    [["PROJ_VERSION_MISSING", "warning", 1, 1, 'Add `schema-version = "0.2"` under `[_]`.']],
  );
  const both = parseProjectToml('[build]\ninclude = ["a"]\n[io.buildpacks]\nexclude = ["b"]\n');
  assert.deepEqual(both.value, { schemaVersion: "0.1", project: {}, include: ["a"], env: [] });
  assert.match(both.diagnostics[0]?.message ?? "", /ignored beside `build`/);
  assert.equal(summary('[project]\nid = "x"\n'), "PROJ_VERSION_MISSING@1:1");
  assert.equal(summary('a = 1\n[_]\nid = "x"\n'), "PROJ_VERSION_MISSING@2:1 /_");
  assert.equal(summary(""), "PROJ_VERSION_MISSING@1:1");
});

/** Findings of a file; those in 0.2 stand behind its two lines, so from line 3. */
const FINDINGS: readonly [title: string, raw: string, findings: string][] = [
  ["a mark is ignored", `\uFEFF${V2}`, ""],
  ["an unknown version", '[_]\nschema-version = "1.0"\nid = 5', "PROJ_VERSION@2:18 /_/schema-version"],
  ["a version that is no text", "[_]\nschema-version = 0.2", "PROJ_TYPE@2:18 /_/schema-version"],
  ["syntax", `${V2}a = [1,\n`, "PROJ_SYNTAX@4:1"],
  ["a value without quotes", `${V2}id = shop\n`, "PROJ_SYNTAX@3:6"],
  ["a key given twice", `${V2}id = "a"\nid = "b"`, "PROJ_SYNTAX@4:1"],
  [
    "both lists",
    `${V2}[io.buildpacks]\nexclude = []\ninclude = []`,
    "PROJ_INCLUDE_EXCLUDE@5:11 /io/buildpacks/include >4",
  ],
  ["no id and no uri", `${V2}[[io.buildpacks.group]]\nversion = "1"`, "PROJ_BUILDPACK@3:1 /io/buildpacks/group/0"],
  ["a blank id", `${V2}[[io.buildpacks.group]]\nid = " "`, "PROJ_BUILDPACK@3:1 /io/buildpacks/group/0"],
  [
    "uri with version",
    `${V2}[io.buildpacks]\ngroup = [{id = "a"}, { uri = "b", version = "1" }]`,
    "PROJ_BUILDPACK@4:22 /io/buildpacks/group/1",
  ],
  [
    "a script without id",
    `${V2}[[io.buildpacks.group]]\nscript = {api = "0.10", inline = "x"}`,
    "PROJ_BUILDPACK@3:1 /io/buildpacks/group/0",
  ],
  [
    "a script without its text",
    `${V2}[[io.buildpacks.group]]\nid = "a"\nscript = {api = "0.10"}`,
    "PROJ_BUILDPACK@5:10 /io/buildpacks/group/0/script",
  ],
  [
    "a script beside a uri",
    `${V2}[[io.buildpacks.group]]\nuri = "a"\nscript = {api = "0.10", inline = "x"}`,
    "PROJ_BUILDPACK@3:1 /io/buildpacks/group/0",
  ],
  [
    "the builder's order twice",
    `${V2}[io.buildpacks]\ngroup = [{uri = "from=builder"},\n{uri = "from=builder"}]`,
    "PROJ_DUPLICATE@5:1 /io/buildpacks/group/1 >4",
  ],
  [
    "pre beside a group",
    `${V2}[[io.buildpacks.pre.group]]\nid = "a"\n[[io.buildpacks.group]]\nid = "b"`,
    "PROJ_GROUP_IGNORED@3:1 /io/buildpacks/pre",
  ],
  ["post beside no group", `${V2}[[io.buildpacks.post.group]]\nid = "a"`, ""],
  ["a license of nothing", `${V2}licenses = [{}]`, "PROJ_LICENSE@3:13 /_/licenses/0"],
  [
    "a variable without a value",
    `${V2}[[io.buildpacks.build.env]]\nname = "A"`,
    "PROJ_TYPE@3:1 /io/buildpacks/build/env/0",
  ],
  [
    "a variable's name",
    `${V2}[[io.buildpacks.build.env]]\nname = "A-B"\nvalue = "x"`,
    "PROJ_ENV_NAME@4:8 /io/buildpacks/build/env/0/name",
  ],
  [
    "a variable twice",
    `${V2}[io.buildpacks.build]\nenv = [\n{name="A",value="1"},\n{name="A",value="2"}]`,
    "PROJ_DUPLICATE@6:1 /io/buildpacks/build/env/1 >5",
  ],
  [
    "a value that is no text",
    `${V2}[io.buildpacks.build]\nenv = [{name="A",value=1}]`,
    "PROJ_TYPE@4:24 /io/buildpacks/build/env/0/value",
  ],
  ["a value that is a date", `${V2}id = 2026-01-01`, "PROJ_TYPE@3:6 /_/id"],
  [
    "NUL in a value",
    `${V2}[io.buildpacks.build]\nenv = [{name="A",value="\\u0000"}]`,
    "PROJ_TYPE@4:24 /io/buildpacks/build/env/0/value",
  ],
  [
    "the old name of the variables",
    `${V2}[[io.buildpacks.env.build]]\nname="A"\nvalue="1"`,
    "PROJ_OLD_NAME@3:1 /io/buildpacks/env",
  ],
  ["an unknown key", `${V2}[io.buildpacks]\nbilder = "x"`, "PROJ_UNKNOWN_KEY@4:1 /io/buildpacks/bilder"],
  [
    "an unknown key in 0.3",
    '[_]\nschema-version = "0.3"\n[io.buildpacks]\nbilder = 1\nbuilder = 2',
    "PROJ_TYPE@5:11 /io/buildpacks/builder",
  ],
  [
    "tables of another schema",
    `${V2}[build]\nx = 1\n[project]`,
    "PROJ_UNKNOWN_KEY@3:2 /build, PROJ_UNKNOWN_KEY@5:2 /project",
  ],
  ["a slip in a table's name", '[_]\nschema-version = "0.1"\n[bulid]\n[org.example]', "PROJ_UNKNOWN_KEY@3:2 /bulid"],
  ["a table that is none", `io = 5\n${V2}`, "PROJ_TYPE@1:6 /io"],
  ["a list that is none", `${V2}[io]\nbuildpacks.group = {}`, "PROJ_TYPE@4:20 /io/buildpacks/group"],
  ["a group that is a table", `${V2}[io.buildpacks.group]\nid = "x"`, "PROJ_TYPE@3:1 /io/buildpacks/group"],
  [
    "names of Object.prototype",
    `${V2}__proto__ = 1\nconstructor = 2`,
    "PROJ_UNKNOWN_KEY@3:1 /_/__proto__, PROJ_UNKNOWN_KEY@4:1 /_/constructor",
  ],
  [
    "quoted keys",
    `${V2}[io."buildpacks"]\n"bui\\u006cder" = 1\n'x y' = 1`,
    "PROJ_TYPE@4:18 /io/buildpacks/builder, PROJ_UNKNOWN_KEY@5:1 /io/buildpacks/x y",
  ],
  [
    "keys with dots",
    `${V2}metadata.a.b = 1\nlicenses = [ # c\n  { type = "a" }, {} ]`,
    "PROJ_LICENSE@5:19 /_/licenses/1",
  ],
];

for (const [title, raw, findings] of FINDINGS) test(`cnb §11 ${title}`, () => assert.equal(summary(raw), findings));

test("cnb §11 wrong parts are left out of the value, the rest stays", () => {
  const raw = `${V2}[io.buildpacks]
exclude = ["a", 5]
include = []
builder = "b"
group = [{ id = "a", version = "1" }, {}, { uri = "from=builder" }, { uri = "from=builder" }]
pre.group = [{ id = "x" }]
build.env = [{ name = "A", value = "1" }, { name = "B", value = 2 }, { name = "A", value = "3" }]
`;
  assert.deepEqual(parseProjectToml(raw).value, {
    schemaVersion: "0.2",
    project: {},
    builder: "b",
    env: [{ name: "A", value: "3" }],
    group: [{ id: "a", version: "1" }, { uri: "from=builder" }],
  });
});

test("cnb §11 a buildpack with a wrong part is left out whole", () => {
  for (const part of [
    "id = []",
    'id = "a"\nuri = 5',
    'id = "a"\nscript = { api = "0.10", inline = 5 }',
    'id = "a"\nscript = 1',
  ]) {
    const { value, diagnostics } = parseProjectToml(`${V2}[[io.buildpacks.group]]\n${part}\n`);
    assert.deepEqual([value.group, diagnostics.map((d) => d.code)], [undefined, ["PROJ_TYPE"]], part);
  }
});

test("cnb §11 messages say what and what to do", () => {
  const [finding] = parseProjectToml(`${V2}id = shop\n`).diagnostics;
  assert.equal(finding?.message, "This is not TOML: invalid value.");
  assert.equal(finding?.hint, "Put text in double quotes; `true`, `false`, numbers and dates stand alone.");
  const [both] = parseProjectToml(`${V2}[io.buildpacks]\nexclude = []\ninclude = []`).diagnostics;
  assert.equal(both?.message, "`io.buildpacks` has both `include` and `exclude`.");
});

test("security: no message or hint holds a value", () => {
  const env = (text: string): string => `${V2}[io.buildpacks.build]\nenv = [${text}]`;
  for (const raw of [
    env("{name='A',value=hunter2}"),
    env("{name='A',value=['hunter2']}"),
    env("{name='A',value='hunter2"),
    env("{name='A',value='hunter2' x}"),
  ]) {
    const { diagnostics } = parseProjectToml(raw);
    assert.equal(diagnostics.length, 1);
    assert.ok(!JSON.stringify(diagnostics).includes("hunter2"), JSON.stringify(diagnostics));
  }
});

test("cnb §11 nesting has a limit, and no depth makes it throw", () => {
  const deep = [`a = ${"[".repeat(200_000)}`, `${"a.".repeat(200_000)}b = 1`, `[${"a.".repeat(20_000)}b]\nc = 1`];
  for (const raw of deep) assert.match(summary(V2 + raw), /^PROJ_SYNTAX@3:\d+$/);
});
