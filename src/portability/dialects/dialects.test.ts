import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { DIALECT_NAMES, isDialect, readProcfileAs, type Dialect } from "./dialects.ts";

type Case = {
  readonly id: string;
  readonly input: string;
  readonly dialect: Dialect;
  readonly expect: { readonly entries: readonly (readonly [string, string])[] | null; readonly error: boolean };
};

const CASES = JSON.parse(
  readFileSync(new URL("../../../test/cases/procfile-dialects.json", import.meta.url), "utf8"),
) as readonly Case[];

function pairs(dialect: Dialect, input: string): readonly (readonly [string, string])[] | null {
  return readProcfileAs(dialect, input).entries?.map(({ name, command }) => [name, command] as const) ?? null;
}

test("there are cases for every dialect", () => {
  assert.ok(CASES.length >= 369);
  assert.deepEqual(new Set(CASES.map(({ dialect }) => dialect)), new Set(DIALECT_NAMES));
});

for (const { id, input, dialect, expect } of CASES) {
  test(id, () => {
    const { error } = readProcfileAs(dialect, input);
    const read = pairs(dialect, input);
    // Blanks around a herokuish command are not recorded.
    const trim = (entries: typeof read): typeof read =>
      dialect === "herokuish" ? (entries?.map(([name, command]) => [name, command.trim()] as const) ?? null) : entries;
    assert.deepEqual(trim(read), trim(expect.entries));
    assert.equal(error !== null, expect.error);
  });
}

/** What the platforms' own code does with inputs that the cases lack; `null`: refused. */
const FACTS: readonly [title: string, dialect: Dialect, input: string, entries: readonly [string, string][] | null][] =
  [
    ["an empty file is taken", "heroku-cnb", "", []],
    ["a file of blank lines is refused", "heroku-cnb", "\n\n", null],
    ["a carriage return inside a line is refused", "heroku-cnb", "web: a\rb\n", null],
    [
      "a name that comes again moves to the end",
      "heroku-cnb",
      "a: 1\nb: 2\nA: 3\n",
      [
        ["b", "2"],
        ["a", "3"],
      ],
    ],
    ["a name may not span lines", "heroku-cnb", "web x\nworker: y\n", null],
    ["a no-break space is no blank", "heroku-cnb", "\u00A0web: x\n", null],
    ["a line of signs alone is passed over", "heroku-local", "=======\nweb: x\n", [["web", "x"]]],
    ["the wrong line is named", "heroku-local", "web: x\nmy-web: y\n", null],
    ["a command keeps its colons", "heroku-local", "web: a:b::c\n", [["web", "a:b::c"]]],
    ["`//` in place of a command is refused", "dokku", "http://foo: bar\n", null],
    ["quotes do not protect", "dokku", 'web: echo "a # b"\n', [["web", 'echo "a']]],
    ["the last hash counts", "dokku", "web: a # b # c\n", [["web", "a # b"]]],
    ["a hash wins over slashes", "dokku", "web: a // b # c\n", [["web", "a // b"]]],
    ["63 characters are the most", "dokku", `${"a".repeat(63)}: x\n`, [["a".repeat(63), "x"]]],
    ["a line of 64 KiB is refused", "dokku", `web: ${"x".repeat(65_536)}\n`, null],
    ["a strict name starts and ends with a letter or digit", "dokku-strict", "a-: x\n", null],
    ["a vertical tab is no blank for Go", "paketo", "web:\vx\n", [["web", "\vx"]]],
    [
      "the last of a name counts, in the place of the first",
      "paketo",
      "a: 1\nb: 2\na: 3\n",
      [
        ["a", "3"],
        ["b", "2"],
      ],
    ],
    ["a line that is only a name answers for it", "herokuish", "web\nweb: x\n", [["web", "web"]]],
    [
      "a line separator ends a line",
      "honcho",
      "a: 1\u2028b: 2\n",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    ["no entry is no error", "honcho", "# c\n", []],
    ["a carriage return ends the command", "node-foreman", "web: x\r\n", [["web", "x"]]],
    ["a blank line of CRLF is refused", "node-foreman", "web: x\r\n\r\n", null],
    [
      "both of a name run",
      "foreman",
      "a: 1\na: 2\n",
      [
        ["a", "1"],
        ["a", "2"],
      ],
    ],
    [
      "a word without a colon is an entry when something follows",
      "heroku-classic",
      "web\nworker x\n",
      [["worker", "x"]],
    ],
  ];

for (const [title, dialect, input, entries] of FACTS) {
  test(`${dialect}: ${title}`, () => assert.deepEqual(pairs(dialect, input), entries));
}

test("the refused line is named", () => {
  assert.equal(readProcfileAs("heroku-local", "web: x\nmy-web: y\n").error?.line, 2);
  assert.equal(readProcfileAs("dokku", "web: x\nweb: y\n").error?.line, 2);
});

test("entries name the line their command comes from", () => {
  const { entries } = readProcfileAs("dokku", "# c\nworker: b\nweb: a\n");
  assert.deepEqual(entries, [
    { name: "web", command: "a", line: 3 },
    { name: "worker", command: "b", line: 2 },
  ]);
});

test("only dialects are dialects", () => {
  assert.ok(DIALECT_NAMES.every(isDialect));
  for (const name of ["", "constructor", "__proto__", "Dokku"]) assert.ok(!isDialect(name));
});

test("no text makes a dialect throw or lose its place", () => {
  const piece = fc.constantFrom(
    "web",
    "my-job",
    ":",
    " ",
    "\t",
    "#",
    "//",
    "\n",
    "\r\n",
    "\r",
    "\\",
    "\0",
    "\uFEFF",
    "\u2028",
    "é",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const raw = pieces.join("");
      const lineCount = raw.split(/\r\n|[\n\r\v\f\u001C-\u001E\u0085\u2028\u2029]/).length;
      for (const dialect of DIALECT_NAMES) {
        const { entries, error } = readProcfileAs(dialect, raw);
        assert.equal(entries === null, error !== null);
        for (const { line = 1 } of [...(entries ?? []), ...(error === null ? [] : [error])]) {
          assert.ok(line >= 1 && line <= lineCount);
        }
      }
    }),
    { numRuns: 3_000 },
  );
});
