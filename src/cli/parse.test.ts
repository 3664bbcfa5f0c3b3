import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "./command-table.ts";
import { toReport } from "./failure.ts";
import { parseCommandLine } from "./parse.ts";

test("words become a command, arguments, switches and texts", () => {
  const CASES: readonly (readonly [words: string, command: string, rest: unknown])[] = [
    ["ps:scale web=2", "ps:scale", [["web=2"], [], []]],
    ["ps scale web=2 worker=1", "ps:scale", [["web=2", "worker=1"], [], []]],
    ["config set A=-1 B==x --app shop", "config:set", [["A=-1", "B==x"], [], [["app", "shop"]]]],
    ["config:set -a shop A=1", "config:set", [["A=1"], [], [["app", "shop"]]]],
    ["--app shop --json ps", "ps", [[], ["json"], [["app", "shop"]]]],
    ["-a shop config get A", "config:get", [["A"], [], [["app", "shop"]]]],
    [
      "logs -n5 -t --ps=web.1",
      "logs",
      [
        [],
        ["tail"],
        [
          ["num", "5"],
          ["ps", "web.1"],
        ],
      ],
    ],
    ["up -- --odd-folder", "up", [["--odd-folder"], [], []]],
    ["config", "config", [[], [], []]],
    ["", "help", [[], [], []]],
    ["--help", "help", [[], ["help"], []]],
    ["--json", "help", [[], ["json"], []]],
    ["--version", "version", [[], [], []]],
    ["-v --json", "version", [[], ["json"], []]],
    ["ps:scale --help", "help", [["ps:scale"], [], []]],
    ["config:set -h", "help", [["config:set"], [], []]],
    ["help ps scale", "help", [["ps", "scale"], [], []]],
  ];
  for (const [words, command, rest] of CASES) {
    const input = parseCommandLine(words.split(" ").filter((word) => word !== ""));
    assert.equal(input.spec.name, command, words);
    assert.deepEqual([input.arguments, [...input.switches], [...input.texts]], rest, words);
  }
});

test("a flag that may be repeated keeps its values in order", () => {
  const input = parseCommandLine(["deploy", "--buildpack", "a/b", "x", "--buildpack=./c", "--path", "services/api"]);
  assert.deepEqual([...input.lists], [["buildpack", ["a/b", "./c"]]]);
  assert.deepEqual([input.arguments, [...input.texts]], [["x"], [["path", "services/api"]]]);
  assert.throws(() => parseCommandLine(["deploy", "--buildpack", "--json"]), /needs a value/);
});

test("what was typed wrongly ends with 2 and names what was meant", () => {
  const CASES: readonly (readonly [words: string, message: string, hint: string])[] = [
    ["ups", "There is no command `ups`.", "Did you mean `portside up`?"],
    ["config:sett A=1", "There is no command `config:sett`.", "Did you mean `portside config:set`?"],
    ["confg set A=1", "There is no command `confg`.", "Did you mean `portside config:set`?"],
    ["xyzzy", "There is no command `xyzzy`.", "Run `portside help` for the commands."],
    ["__proto__", "There is no command `__proto__`.", "Run `portside help` for the commands."],
    ["ps scal", "`portside ps` does not know what to do with `scal`.", "Did you mean `portside ps:scale`?"],
    ["status now", "`portside status` does not know what to do with `now`.", "See `portside help status`."],
    ["logs --tial", "`portside logs` has no flag `--tial`.", "Did you mean `--tail`?"],
    ["logs --follow-everything", "`portside logs` has no flag `--follow-everything`.", "See `portside help logs`."],
    ["logs -x", "`portside logs` has no flag `-x`.", "See `portside help logs`."],
    ["ps --constructor", "`portside ps` has no flag `--constructor`.", "See `portside help ps`."],
    ["ps --json=yes", "`--json` takes no value.", "See `portside help ps`."],
    ["ps --app", "`--app` needs a value: `--app NAME`.", "See `portside help ps`."],
    ["ps --app --json", "`--app` needs a value: `--app NAME`.", "See `portside help ps`."],
    ["config:set", "`portside config:set` needs NAME=VALUE.", "See `portside help config:set`."],
    ["config:get", "`portside config:get` needs NAME.", "See `portside help config:get`."],
    ["--jsno apps", "`portside apps` has no flag `--jsno`.", "Did you mean `--json`?"],
  ];
  for (const [words, message, hint] of CASES) {
    assert.throws(
      () => parseCommandLine(words.split(" ")),
      (error) => {
        const report = toReport(error);
        assert.deepEqual([report.code, report.exit, report.message, report.hint], ["E_USAGE", 2, message, hint], words);
        return true;
      },
    );
  }
});

test("every command of the table can be loaded, and its examples parse as itself", async () => {
  for (const spec of COMMANDS) {
    assert.equal(typeof (await spec.load()).run, "function", spec.name);
    assert.ok(spec.examples.length > 0, spec.name);
    for (const example of spec.examples) {
      const words = [...example.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
      assert.equal(parseCommandLine(words).spec.name, spec.name, example);
    }
  }
});
