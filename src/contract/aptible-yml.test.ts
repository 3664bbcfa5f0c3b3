import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAptibleYml } from "./aptible-yml.ts";

const summary = (raw: string): string =>
  parseAptibleYml(raw)
    .diagnostics.map(
      (d) => `${d.code}@${d.line}:${d.column}${d.path ? ` ${d.path}` : ""}${d.otherLine ? ` >${d.otherLine}` : ""}`,
    )
    .join(", ");

test("§6 the nine hooks, each a list of commands", () => {
  const after = ["deploy", "restart", "configure", "scale"].flatMap((what) => [
    `after_${what}_success`,
    `after_${what}_failure`,
  ]);
  const raw = ["before_deploy", ...after].map((key) => `${key}:\n  - bin/a b\n  - "x: y" # c\n`).join("");
  const { value, diagnostics } = parseAptibleYml(raw);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(Object.keys(value), ["before_deploy", ...after]);
  for (const commands of Object.values(value)) assert.deepEqual(commands, ["bin/a b", "x: y"]);
});

test("§6 the old name is read as the new one", () => {
  const { value, diagnostics } = parseAptibleYml("\uFEFF---\nbefore_release: [a, |-\n  b]\n".replace("|-\n  b", "b"));
  assert.deepEqual(value, { before_deploy: ["a", "b"] });
  assert.deepEqual(
    diagnostics.map((d) => [d.code, d.severity, d.line, d.column]),
    [["APT_OLD_NAME", "info", 2, 1]],
  );
});

test("§6 a command of several lines stays as it is, and an alias is opened", () => {
  const raw = "before_deploy: &all\n  - |\n    one\n    two\nafter_deploy_success: *all\n";
  assert.deepEqual(parseAptibleYml(raw), {
    value: { before_deploy: ["one\ntwo\n"], after_deploy_success: ["one\ntwo\n"] },
    diagnostics: [],
  });
});

for (const raw of ["", "# c\n", "---\n", "{}", "\uFEFF", "before_deploy: []"])
  test(`§6 ${JSON.stringify(raw)} is fine`, () => assert.equal(summary(raw), ""));

const FINDINGS: readonly [title: string, raw: string, findings: string][] = [
  ["a command instead of a list", "before_deploy: bin/migrate", "APT_TYPE@1:16 /before_deploy"],
  ["nothing instead of a list", "before_deploy:\n", "APT_TYPE@1:15 /before_deploy"],
  [
    "a number as a command",
    "before_deploy:\n  - a\n  - 5\n  - true",
    "APT_TYPE@3:5 /before_deploy/1, APT_TYPE@4:5 /before_deploy/2",
  ],
  ["a command with a colon", "before_deploy:\n  - echo: b", "APT_TYPE@2:5 /before_deploy/0"],
  [
    "a blank command, and NUL",
    'before_deploy: ["", "a\\0b"]',
    "APT_COMMAND@1:17 /before_deploy/0, APT_COMMAND@1:21 /before_deploy/1",
  ],
  ["a list as the file", "- a", "APT_TYPE@1:1"],
  ["text as the file", "hello", "APT_TYPE@1:1"],
  ["an unknown key", "a: 1\nbefore_deplyo: []", "APT_UNKNOWN_KEY@1:1 /a, APT_UNKNOWN_KEY@2:1 /before_deplyo"],
  ["keys that are no text", "? [a]\n: 1\n5: x", "APT_UNKNOWN_KEY@1:3 /?, APT_UNKNOWN_KEY@3:1 /5"],
  ["a key twice", "before_deploy: [a]\nbefore_deploy: [b]", "APT_DUPLICATE_KEY@2:1 /before_deploy >1"],
  ["both names", "before_release: [a]\nbefore_deploy: [b]", "APT_BOTH_NAMES@2:1 /before_release >1"],
  [
    "names of Object.prototype",
    "__proto__: 1\nconstructor: 2",
    "APT_UNKNOWN_KEY@1:1 /__proto__, APT_UNKNOWN_KEY@2:1 /constructor",
  ],
  ["a tab", "before_deploy:\n\t- a", "APT_SYNTAX@2:1"],
  ["a second colon", "before_deploy: a: b", "APT_SYNTAX@1:16"],
  ["an open quote", 'before_deploy:\n  - "a', "APT_SYNTAX@2:7"],
  ["an alias without an anchor", "before_deploy: *x", "APT_SYNTAX@1:16"],
  ["two documents", "a: 1\n---\nb: 2", "APT_SYNTAX@2:1"],
  ["an unknown tag is text", "before_deploy: [!x a]", ""],
];

for (const [title, raw, findings] of FINDINGS) test(`§6 ${title}`, () => assert.equal(summary(raw), findings));

test("§6 a near name is suggested, and what was wrong is said", () => {
  const { diagnostics } = parseAptibleYml("after_deploy_sucess: [a]\nbefore_deploy: bin/x");
  assert.deepEqual(
    diagnostics.map((d) => `${d.message} ${d.hint}`),
    [
      ".aptible.yml has no key `after_deploy_sucess`; it is ignored. Did you mean `after_deploy_success`?",
      "`before_deploy` is text, but must be a list. Write a list here.",
    ],
  );
});

test("§6 no anchors, depth or size make it slow or throw", () => {
  const names = Array.from(
    { length: 30 },
    (_, index) => `a${index}: &a${index} [${"*a".repeat(0)}${index === 0 ? "x" : `*a${index - 1}, *a${index - 1}`}]`,
  );
  const bombs = [
    names.join("\n"),
    "before_deploy: &a [*a]",
    "[".repeat(20_000),
    "- ".repeat(10_000),
    "{a: ".repeat(5_000),
    "a: x\n".repeat(6_000),
    "x".repeat(40_000),
  ];
  for (const raw of bombs) assert.match(summary(raw), /^APT_SYNTAX@\d+:\d+$/, raw.slice(0, 40));
});

test("security: no message or hint holds a command", () => {
  for (const raw of [
    "before_deploy: hunter2",
    "before_deploy: [hunter2: x]",
    'before_deploy: "hunter2',
    "before_deploy: *hunter2",
    "before_deploy: {hunter2",
  ]) {
    const { diagnostics } = parseAptibleYml(raw);
    assert.ok(diagnostics.length > 0 && !JSON.stringify(diagnostics).includes("hunter2"), JSON.stringify(diagnostics));
  }
});
