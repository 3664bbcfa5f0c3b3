import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseEnv } from "node:util";
import fc from "fast-check";
import type { Diagnostic } from "../model/diagnostic.ts";
import { parseDotenv, printDotenv } from "./dotenv.ts";

type Case = {
  readonly id: string;
  readonly input: string;
  readonly expect: { readonly vars: Record<string, string>; readonly diagnostics: readonly Partial<Diagnostic>[] };
};

const CASES = JSON.parse(
  readFileSync(new URL("../../test/cases/dotenv.json", import.meta.url), "utf8"),
) as readonly Case[];

test("D40 there are cases to run", () => assert.ok(CASES.length >= 36));

const varsOf = (raw: string): Record<string, string> =>
  Object.fromEntries(parseDotenv(raw).value.map(({ name, value }) => [name, value]));

for (const { id, input, expect } of CASES) {
  test(`D40 ${id}`, () => {
    assert.deepEqual(varsOf(input), expect.vars);
    const { diagnostics } = parseDotenv(input);
    assert.equal(diagnostics.length, expect.diagnostics.length, JSON.stringify(diagnostics));
    for (const [index, expected] of expect.diagnostics.entries())
      assert.partialDeepStrictEqual(diagnostics[index], expected);
  });
}

/** Names with the lines they count from, and `code@line:column>otherLine`. */
const RULINGS: readonly [title: string, input: string, entries: string, findings: string][] = [
  ["rule 1 only space and tab are blanks", "A=\fx\u00a0\n\u00a0B=1", "A@1", "ENV_NAME@2:1"],
  ["rule 3 any blanks after export", "export\t A=1\nexport B = 2", "A@1 B@2", ""],
  ["rule 4 export without a name is a name", "export =1\n", "export@1", ""],
  ["rule 4 two words are no name", "export A B=1\n  my var = 2", "", "ENV_NAME@1:1 ENV_NAME@2:3"],
  ["rule 4 the value of a wrong name may go on", "a-b='x\ny=1\n'\nC=1", "C@4", "ENV_NAME@1:1"],
  ["rule 8 a line end inside quotes", "A='x\r\n\r\ny' # c\nB=1", "A@1 B@4", ""],
  ["rule 10 the place is what follows", "A='x\ny' z\nB=1", "B@3", "ENV_INVALID_LINE@2:4"],
  ["rule 10 what follows a value belongs to no other entry", 'A="x\nB="y"\nC=1', "C@3", "ENV_INVALID_LINE@2:4"],
  ["rule 11 the place is the mark", "A= `x\nB='1'", "B@2", "ENV_INVALID_LINE@1:4"],
  ["a wrong name and a wrong value are two findings", "a-b='x\n", "", "ENV_NAME@1:1 ENV_INVALID_LINE@1:5"],
  [
    "rule 13 a carriage return or NUL",
    "A=1\r2\n# \0\nB\0\nC=1\r",
    "",
    "ENV_INVALID_LINE@1:4 ENV_INVALID_LINE@2:3 ENV_INVALID_LINE@3:2 ENV_INVALID_LINE@4:4",
  ],
  ["rule 13 inside quotes, once an entry", "A='x\ny\0\0'z\nB=1", "B@3", "ENV_INVALID_LINE@2:2"],
  ["rule 15 every later line names the first", "A=1\n\nA=2\nA=3", "A@4", "ENV_DUPLICATE@3:1>1 ENV_DUPLICATE@4:1>1"],
  ["rule 15 an entry with an error is none", "A='1\nA=2", "A@2", "ENV_INVALID_LINE@1:3"],
  ["names of Object.prototype are free", "__proto__=1\nconstructor=2", "__proto__@1 constructor@2", ""],
  ["D3 a mark counts nothing, a column UTF-16 units", "\uFEFF😀=1", "", "ENV_NAME@1:1"],
];

for (const [title, input, entries, findings] of RULINGS) {
  test(`D40 ${title}`, () => {
    const { value, diagnostics } = parseDotenv(input);
    assert.equal(value.map(({ name, line }) => `${name}@${line}`).join(" "), entries);
    const found = diagnostics.map((d) => `${d.code}@${d.line}:${d.column}${d.otherLine ? `>${d.otherLine}` : ""}`);
    assert.equal(found.join(" "), findings);
  });
}

test("security: no message or hint holds a value", () => {
  const secret = "hunter2/+";
  const inputs = [secret, `${secret}=x`, `A="${secret}`, `A="x"${secret}`, `A=1\nA=${secret}`, `A=${secret}\0`];
  for (const input of inputs) {
    const { diagnostics } = parseDotenv(input);
    assert.equal(diagnostics.length, 1);
    assert.ok(!JSON.stringify(diagnostics).includes(secret), JSON.stringify(diagnostics));
  }
});

const piece = fc.oneof(
  fc.constantFrom("A", "B", "=", "=", "'", '"', "`", "#", " ", "\t", "\n", "\n", "\r\n", "\\n", "\\", "export ", "x"),
  fc.string({ unit: "binary", maxLength: 2 }),
);
const dotenvText = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

test("D40 without an error it reads as Node does, but for the three rules (fuzz)", () => {
  let compared = 0;
  fc.assert(
    fc.property(dotenvText, (raw) => {
      const { diagnostics } = parseDotenv(raw);
      const isOwnRule = /^\uFEFF|[^ \t\r\n#]#|=#|=[ \t]*\r?(\n|$)|#.*['"`]|export\t/.test(raw);
      if (isOwnRule || diagnostics.some((d) => d.severity === "error")) return;
      compared += 1;
      assert.deepEqual(varsOf(raw), { ...parseEnv(raw) });
    }),
    { numRuns: 20_000 },
  );
  assert.ok(compared > 500, `${compared}`);
});

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const value = fc.oneof(fc.string({ unit: "binary" }), dotenvText);

test("D40 what is written reads back, and only what cannot be written is refused (fuzz)", () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (vars) => {
      const entries = Object.entries(vars).map(([key, text]) => ({ name: key, value: text }));
      const printed = printDotenv(entries);
      if (printed.ok) {
        const { value: read, diagnostics } = parseDotenv(printed.text);
        assert.deepEqual(diagnostics, []);
        assert.deepEqual(
          read.map((entry) => ({ name: entry.name, value: entry.value })),
          entries,
        );
        return;
      }
      for (const { name: refused } of printed.unprintable) {
        const text = vars[refused] ?? "";
        assert.ok(
          /[\r\0]/.test(text) || ["'", '"', "`"].every((mark) => text.includes(mark) || text.includes("\\n")),
          text,
        );
      }
    }),
    { numRuns: 5_000 },
  );
});

/** What a value is written as; `undefined`: it cannot be. */
const PRINTED: readonly [value: string, text: string | undefined][] = [
  ["", ""],
  ["postgres://u:p@h/d", "postgres://u:p@h/d"],
  ["a b", "'a b'"],
  ["$HOME", "'$HOME'"],
  ["it's", '"it\'s"'],
  ["one\ntwo\n", '"one\\ntwo\\n"'],
  ['say "\n"', `'say "\n"'`],
  [`a'b"c`, "`a'b\"c`"],
  ["a'b\"c`d", "a'b\"c`d"],
  ["'b\"c`d", undefined],
  ["a\rb", undefined],
  ["a\0b", undefined],
];

for (const [text, expected] of PRINTED) {
  test(`D40 ${JSON.stringify(text)} is written in the plainest form that reads back`, () => {
    const printed = printDotenv([{ name: "A", value: text }]);
    assert.equal(printed.ok ? printed.text : undefined, expected === undefined ? undefined : `A=${expected}\n`);
    if (!printed.ok)
      assert.deepEqual(
        printed.unprintable.map((one) => one.name),
        ["A"],
      );
  });
}

test("D40 a name that is none cannot be written", () =>
  assert.deepEqual(printDotenv([{ name: "a-b", value: "1" }]), {
    ok: false,
    unprintable: [{ name: "a-b", reason: "It cannot be a name." }],
  }));
