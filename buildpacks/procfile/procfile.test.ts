import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { ForeignLifecycle } from "../foreign-lifecycle.ts";

const { splitWords } = (await import(new URL("lib/split-words.mjs", import.meta.url).href)) as {
  splitWords(command: string): string[];
};
const toml = (await import(new URL("lib/toml.mjs", import.meta.url).href)) as {
  parseToml(text: string): unknown;
  quote(text: string): string;
};
const { parseProcfile } = (await import(new URL("lib/parse-procfile.mjs", import.meta.url).href)) as {
  parseProcfile(text: string): Map<string, string>;
};

let lifecycle: ForeignLifecycle;
/** In each `describe`: hooks outside would run for the tests of other files too. */
function useLifecycle(): void {
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());
}

const binding = (type: string, file: string, name = "b"): Record<string, string> => ({
  [`platform/bindings/${name}/type`]: `${type}\n`,
  [`platform/bindings/${name}/Procfile`]: file,
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const commandsIn = (plan: string): unknown =>
  (plain(parse(plan)) as { requires: { metadata: unknown }[] }).requires[0]?.metadata;

describe("detect: sources, later wins (cnb.md §13.3)", () => {
  useLifecycle();
  type Case = readonly [name: string, files: Record<string, string>, env: Record<string, string>, expected: unknown];
  const CASES: readonly Case[] = [
    ["variable", {}, { BP_PROCFILE_DEFAULT_PROCESS: "a b" }, { web: "a b" }],
    ["file", { "app/Procfile": "test-type: test-command" }, {}, { "test-type": "test-command" }],
    ["two entries", { "app/Procfile": "a: 1\nb: 2\n" }, {}, { a: "1", b: "2" }],
    ["binding, type in any case", binding("PROCFILE", "a: 1"), {}, { a: "1" }],
    ["disjoint file and binding", { "app/Procfile": "a: 1", ...binding("Procfile", "b: 2") }, {}, { a: "1", b: "2" }],
    ["the same key", { "app/Procfile": "a: 1", ...binding("Procfile", "a: 2") }, {}, { a: "2" }],
    [
      "all three",
      { "app/Procfile": "web: 2", ...binding("Procfile", "web: 3\nx: 4") },
      { BP_PROCFILE_DEFAULT_PROCESS: "1" },
      { web: "3", x: "4" },
    ],
    ["another binding counts for nothing", { "app/Procfile": "a: 1", ...binding("postgres", "a: 2") }, {}, { a: "1" }],
    [
      "VCAP_SERVICES",
      {},
      { VCAP_SERVICES: JSON.stringify({ x: [{ name: "n", label: "Procfile", credentials: { Procfile: "a: 1" } }] }) },
      { a: "1" },
    ],
    ["quotes, backslashes, tabs", { "app/Procfile": 'a: echo "x\\n"\t\u007f' }, {}, { a: 'echo "x\\n"\t\u007f' }],
  ];
  for (const [name, files, env, expected] of CASES) {
    test(name, () => {
      lifecycle.write(files);
      const { code, plan, output } = lifecycle.detect(env);
      assert.equal(code, 0, output);
      assert.deepEqual(commandsIn(plan), expected);
      assert.deepEqual((plain(parse(plan)) as { provides: unknown }).provides, [{ name: "procfile" }]);
    });
  }
  test("SERVICE_BINDING_ROOT wins over the platform's", () => {
    lifecycle.write({ ...binding("Procfile", "a: 1"), "other/b/type": "Procfile", "other/b/Procfile": "a: 2" });
    assert.deepEqual(commandsIn(lifecycle.detect({ SERVICE_BINDING_ROOT: `${lifecycle.root}/other` }).plan), {
      a: "2",
    });
  });
  test("CNB_BINDINGS behind SERVICE_BINDING_ROOT, before VCAP_SERVICES, that before the platform's", () => {
    const vcap = JSON.stringify({ x: [{ name: "n", label: "Procfile", credentials: { Procfile: "a: vcap" } }] });
    lifecycle.write({
      ...binding("Procfile", "a: platform"),
      "one/b/type": "Procfile",
      "one/b/Procfile": "a: root",
      "two/b/type": "Procfile",
      "two/b/Procfile": "a: cnb",
    });
    const [root, cnb] = [`${lifecycle.root}/one`, `${lifecycle.root}/two`];
    const found = (env: Record<string, string>): unknown => commandsIn(lifecycle.detect(env).plan);
    const all = { SERVICE_BINDING_ROOT: root, CNB_BINDINGS: cnb, VCAP_SERVICES: vcap };
    assert.deepEqual(found(all), { a: "root" });
    assert.deepEqual(found({ CNB_BINDINGS: cnb, VCAP_SERVICES: vcap }), { a: "cnb" });
    assert.deepEqual(found({ VCAP_SERVICES: vcap }), { a: "vcap" });
    assert.deepEqual(found({}), { a: "platform" });
  });
  test("`kind` for `type`; hidden names, files and directories that are none count for nothing; values are trimmed", () => {
    lifecycle.write({
      "platform/bindings/b/kind": " Procfile\n",
      "platform/bindings/b/provider": "x",
      "platform/bindings/b/Procfile": "\n a: 1\n\n",
      "platform/bindings/b/.Procfile": "a: 2",
      "platform/bindings/b/deeper/Procfile": "a: 3",
      "platform/bindings/.hidden/type": "Procfile",
      "platform/bindings/.hidden/Procfile": "a: 4",
      "platform/bindings/file": "Procfile",
    });
    assert.deepEqual(commandsIn(lifecycle.detect().plan), { a: "1" });
  });
  test("VCAP_SERVICES: texts of the credentials alone; what is no JSON of services is said, without its words", () => {
    const service = { name: "n", label: "PROCFILE", credentials: { Procfile: "a: 1 ", port: 5, deep: { x: "y" } } };
    assert.deepEqual(commandsIn(lifecycle.detect({ VCAP_SERVICES: JSON.stringify({ x: [service] }) }).plan), {
      a: "1",
    });
    lifecycle.write({ "app/Procfile": "a: 2" });
    for (const text of ["{hunter2", '["hunter2"]', '{"x": ["hunter2"]}', "null", '{"x": [null]}']) {
      const { code, output, plan } = lifecycle.detect({ VCAP_SERVICES: text });
      assert.equal(code, 0, output);
      assert.match(output, /^Warning: VCAP_SERVICES is not valid JSON of services; there are no bindings\.\n$/);
      assert.deepEqual(commandsIn(plan), { a: "2" });
    }
  });
  test("the old binding layout", () => {
    lifecycle.write({ "platform/bindings/b/metadata/kind": "Procfile", "platform/bindings/b/secret/Procfile": "a: 1" });
    assert.deepEqual(commandsIn(lifecycle.detect().plan), { a: "1" });
  });
  test("a variable beside a file is said", () => {
    lifecycle.write({ "app/Procfile": "a: 1" });
    assert.match(lifecycle.detect({ BP_PROCFILE_DEFAULT_PROCESS: "x" }).output, /entries of the Procfile win/);
  });

  for (const files of [
    {},
    { "app/Procfile": "" },
    { "app/Procfile": "# c\n" },
    { "app/Procfile": "", ...binding("Procfile", "") },
  ]) {
    test(`not for it: ${JSON.stringify(files)}`, () => {
      lifecycle.write(files);
      const { code, output, plan } = lifecycle.detect({ BP_PROCFILE_DEFAULT_PROCESS: "" });
      assert.deepEqual([code, plan], [100, ""]);
      assert.equal(output, "SKIPPED: No procfile found from environment, source path, or binding.\n");
    });
  }
  const ERRORS: readonly (readonly [Record<string, string>, RegExp])[] = [
    [
      { ...binding("Procfile", "a: 1"), ...binding("Procfile", "a: 1", "c") },
      /more than one binding of type Procfile: b, c/,
    ],
    [{ "platform/bindings/b/type": "Procfile" }, /the binding b has no key Procfile/],
    [{ "app/Procfile": `a: ${"x".repeat(65_533)}` }, /longer than 64 KiB/],
  ];
  for (const [files, message] of ERRORS) {
    test(String(message), () => {
      lifecycle.write(files);
      const { code, output } = lifecycle.detect();
      assert.equal(code, 1);
      assert.match(output, message);
    });
  }
});

describe("lines (cnb.md §13.3)", () => {
  const LINES: readonly (readonly [string, Record<string, string>])[] = [
    ["web:node a.js", { web: "node a.js" }],
    ["web:    x   ", { web: "x   " }],
    [" web: x\nweb : x\nweb:\n#web: x\nwe.b: x", {}],
    ["\uFEFFweb: x", {}],
    ["web: ", { web: " " }],
    ["web: a: b: c", { web: "a: b: c" }],
    ["web: a # c", { web: "a # c" }],
    ["WEB: a\nweb: b", { WEB: "a", web: "b" }],
    ["web: a\nweb: b", { web: "b" }],
    ["_-9: x", { "_-9": "x" }],
    ["a:\t\f\r x", { a: "x" }],
    ["a:\u00a0x", { a: "\u00a0x" }],
    ["a: b\n\n  \nnonsense\nc: d", { a: "b", c: "d" }],
    [`a: ${"x".repeat(65_532)}`, { a: "x".repeat(65_532) }],
    ["a: x\ry\r\n", { a: "x\ry" }],
    ["__proto__: x", Object.fromEntries([["__proto__", "x"]])],
  ];
  for (const [text, expected] of LINES) {
    test(JSON.stringify(text).slice(0, 80), () => assert.deepEqual([...parseProcfile(text)], Object.entries(expected)));
  }
});

describe("build (cnb.md §13.1, §13.3)", () => {
  useLifecycle();
  const planOf = (commands: Record<string, string>): string =>
    `[[entries]]\nname = "procfile"\n[entries.metadata]\n${Object.entries(commands)
      .map(([type, command]) => `${toml.quote(type)} = ${toml.quote(command)}\n`)
      .join("")}`;
  const processes = (launch: string): unknown => (plain(parse(launch)) as { processes: unknown }).processes;
  const one = { args: [], direct: false, default: false };

  test("lines for the shell, sorted by type; a log", () => {
    const { code, launch, output } = lifecycle.build(planOf({ worker: "b && c", api: 'a "$X"' }));
    assert.equal(code, 0);
    assert.deepEqual(processes(launch), [
      { ...one, type: "api", command: 'a "$X"' },
      { ...one, type: "worker", command: "b && c", default: true },
    ]);
    assert.equal(output, 'Process types:\n  api: a "$X"\n  worker: b && c\n');
  });
  const DEFAULTS: readonly (readonly [string[], string | undefined])[] = [
    [["a", "b"], undefined],
    [["web", "worker"], "web"],
    [["WEB", "worker"], "WEB"],
    [["x", "worker"], "worker"],
    [["Worker"], undefined],
  ];
  for (const [types, expected] of DEFAULTS) {
    test(`default of ${types.join(", ")}`, () => {
      const { launch } = lifecycle.build(planOf(Object.fromEntries(types.map((type) => [type, "x"]))));
      const found = (processes(launch) as { type: string; default: boolean }[]).filter((process) => process.default);
      assert.deepEqual(
        found.map(({ type }) => type),
        expected === undefined ? [] : [expected],
      );
    });
  }
  for (const env of [
    ...["1", "t", "T", "TRUE", "true", "True"].map((value) => ({ BP_DIRECT_PROCESS: value })),
    { CNB_STACK_ID: "io.paketo.stacks.tiny" },
    { CNB_STACK_ID: "io.buildpacks.stacks.jammy.tiny" },
    { CNB_STACK_ID: "io.buildpacks.stacks.noble.tiny" },
  ]) {
    test(`direct: ${JSON.stringify(env)}`, () => {
      const { launch, output } = lifecycle.build(planOf({ web: "node 'a b' c" }), env);
      assert.deepEqual(processes(launch), [
        { type: "web", command: "node", args: ["a b", "c"], direct: true, default: true },
      ]);
      assert.match(output, /web: node a b c \(direct\)/);
    });
  }
  test("not direct: other values, static stacks", () => {
    for (const env of [
      ...["", "yes", "0", "f", "F", "FALSE", "false", "False", "tRUE"].map((value) => ({ BP_DIRECT_PROCESS: value })),
      { CNB_STACK_ID: "io.paketo.stacks.static" },
      { CNB_STACK_ID: "io.buildpacks.stacks.jammy.static" },
      { CNB_STACK_ID: "io.buildpacks.stacks.noble" },
    ]) {
      assert.match(lifecycle.build(planOf({ web: "a" }), env).launch, /direct = false/);
    }
  });
  test("shell syntax in direct mode is an error with the line and a hint, for all of a build", () => {
    const { code, output, launch } = lifecycle.build(planOf({ a: "fine", web: "a && b" }), { BP_DIRECT_PROCESS: "T" });
    assert.deepEqual([code, launch], [1, ""]);
    assert.match(
      output,
      /^ERROR: `web: a && b` cannot run without a shell: `&` needs a shell\n {7}.*BP_DIRECT_PROCESS unset\.$/m,
    );
    const tiny = lifecycle.build(planOf({ web: "a $X" }), { CNB_STACK_ID: "io.paketo.stacks.tiny" });
    assert.match(tiny.output, /the expansion `\$X` needs a shell\n {7}.*use a stack that has a shell\.$/m);
  });
  test("no word in direct mode is an error with the line, for a shell it passes", () => {
    assert.match(
      lifecycle.build(planOf({ web: " " }), { BP_DIRECT_PROCESS: "1" }).output,
      /`web:  ` cannot run .*has no word/,
    );
    assert.equal(lifecycle.build(planOf({ web: " " })).code, 0);
  });
  test("the plan counts, not the file", () => {
    lifecycle.write({ "app/Procfile": "web: file" });
    assert.match(lifecycle.build(planOf({ web: "plan" })).launch, /command = "plan"/);
  });
  test("entries of several buildpacks: a later one wins per key; other entries count for nothing", () => {
    const { launch } = lifecycle.build(
      `${planOf({ web: "1", x: "2" })}${planOf({ web: "3" })}[[entries]]\nname = "other"\n[entries.metadata]\ny = "4"\n`,
    );
    assert.deepEqual(
      (processes(launch) as { type: string; command: string }[]).map(({ type, command }) => `${type}=${command}`),
      ["web=3", "x=2"],
    );
  });
  test("no entry: nothing, without an error; a command that is no text: an error", () => {
    const nothing = lifecycle.build("");
    assert.deepEqual([nothing.code, nothing.launch], [0, ""]);
    assert.equal(lifecycle.build('[[entries]]\nname = "procfile"\n[entries.metadata]\nweb = 1\n').code, 1);
  });
});

describe("words without a shell (cnb.md §13.2, D71)", () => {
  const WORDS: readonly (readonly [string, string[]])[] = [
    [`a  'b c'  "d e"`, ["a", "b c", "d e"]],
    ["a b\\ c", ["a", "b c"]],
    ["a \\n b\\tc", ["a", "\n", "b\tc"]],
    ["a \\; b", ["a", ";", "b"]],
    ["bash -c 'echo $PORT && x'", ["bash", "-c", "echo $PORT && x"]],
    ["a {b,c} a*b ~x", ["a", "{b,c}", "a*b", "~x"]],
    ['var --bar="baz"', ["var", "--bar=baz"]],
    [`var "--bar='baz'"`, ["var", "--bar='baz'"]],
    ["a '\\n'", ["a", "\\n"]],
    ["a 'it'\\''s'", ["a", "it's"]],
    [`a '' ""`, ["a", "", ""]],
    ['a a="b c"d', ["a", "a=b cd"]],
    ["foo \\\\", ["foo", "\\"]],
    ["a '$PORT' \\$PORT", ["a", "$PORT", "$PORT"]],
    ["a b#c '# d' 5$", ["a", "b#c", "# d", "5$"]],
    ["a\tb\r\nc", ["a", "b", "c"]],
  ];
  for (const [command, expected] of WORDS)
    test(JSON.stringify(command), () => assert.deepEqual(splitWords(command), expected));
  const REFUSED = [
    "a && b", "&& a", "a 2>f", "a12>f", "1> x", 'a="b c"d', "a (b", "a $(date", "a `date", "a; b", "a | b", "a > f", "a &", "a 2>&1", "a < f", "a (b)", "a )", "", "   ",
    "a $PORT", 'a "$PORT"', "a ${X}", "a $(date)", "a `date`", 'a "`date`"', "a $1", "a $?",
    "FOO=bar a", "exec a", "a # b", "a 'b", 'a "b', "a \\",
  ]; // prettier-ignore
  for (const command of REFUSED)
    test(`refuses ${JSON.stringify(command)}`, () => assert.throws(() => splitWords(command), Error));
});

describe("TOML of plans", () => {
  const TEXTS = [
    '[[entries]]\n  name = "procfile"\n  [entries.metadata]\n    web = "a \\"b\\" \\u00e9 \\\\"\n    "a b" = \'c\\d\'\n',
    'entries = [ { name = "x", metadata = { a = 1, b = [true, "c"] } }, # comment\n]\n',
    'a.b."c.d" = """\nx\\\n   y"z"""\n[t]\nl = \'\'\'\none\'two\'\'\'\n',
    "# only a comment\r\n\r\na = true # c\r\n",
  ];
  for (const text of TEXTS) {
    test(JSON.stringify(text), () => {
      const textsOf = (value: unknown): unknown =>
        typeof value === "object" && value !== null && "text" in value
          ? Number((value as { text: string }).text)
          : value;
      const ours = JSON.parse(JSON.stringify(toml.parseToml(text), (_, value: unknown) => textsOf(value))) as unknown;
      assert.deepEqual(ours, plain(parse(text)));
    });
  }
  for (const text of ["a", "a =", 'a = "b', "[a", "a = 1 b = 2", "a = 1\na = 2", "[[a]\n", 'a = "\\q"']) {
    test(`refuses ${JSON.stringify(text)} with its line`, () =>
      assert.throws(() => toml.parseToml(text), /line 1|line 2/));
  }
});
