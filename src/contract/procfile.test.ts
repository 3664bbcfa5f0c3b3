import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { Diagnostic } from "../model/diagnostic.ts";
import { parseProcfile } from "./procfile.ts";

type Case = {
  readonly id: string;
  readonly input: string;
  readonly expect: { readonly entries: readonly unknown[]; readonly diagnostics: readonly Partial<Diagnostic>[] };
};

const CASES = JSON.parse(
  readFileSync(new URL("../../test/cases/procfile.json", import.meta.url), "utf8"),
) as readonly Case[];

test("§2 there are cases to run", () => assert.ok(CASES.length >= 57));

for (const { id, input, expect } of CASES) {
  test(`§2 ${id}`, () => {
    const { value, diagnostics } = parseProcfile(input);
    assert.deepEqual(value, expect.entries);
    assert.equal(diagnostics.length, expect.diagnostics.length, JSON.stringify(diagnostics));
    for (const [index, expected] of expect.diagnostics.entries())
      assert.partialDeepStrictEqual(diagnostics[index], expected);
  });
}

/** `code@line:column>otherLine`, and the names that stay. */
const RULINGS: readonly [title: string, input: string, findings: string, names: string][] = [
  ["D1 a form feed and an ideographic space are blanks", "\fweb\u3000:\va b\n", "", "web"],
  ["D2 NUL in a comment is an error", "# a\0b\nweb: x\n", "PROC_INVALID_LINE@1:4", "web"],
  ["D2 a carriage return before CRLF is an error", "web: a\r\r\n", "PROC_INVALID_LINE@1:7", ""],
  ["D2 a carriage return at the end of the file is an error", "web: a\r", "PROC_INVALID_LINE@1:7", ""],
  [
    "D3 a column counts UTF-16 units, a tab one, a mark nothing",
    "\uFEFF\t😀a: x\n",
    "PROC_BOM@1:1 PROC_INVALID_NAME@1:2",
    "",
  ],
  [
    "D4 every `//` line has its warning",
    " // a\nweb: x\n\t// b\n",
    "PROC_SLASH_COMMENT@1:2 PROC_SLASH_COMMENT@3:2",
    "web",
  ],
  ["D5 an indented marker is none", " <<<<<<< HEAD\n", "PROC_INVALID_LINE@1:2", ""],
  [
    "D5 eight are no marker, mixed signs neither",
    "========\n=======>\n",
    "PROC_INVALID_LINE@1:1 PROC_INVALID_LINE@2:1",
    "",
  ],
  ["D5 a marker with a colon behind it is one", "||||||| base: x\n", "PROC_MERGE_CONFLICT@1:1", ""],
  ["D6 a first word that is too long is no name", `${"a".repeat(64)} x\n`, "PROC_INVALID_LINE@1:1", ""],
  [
    "D7 one error about the name and one about the command",
    "-web:\n",
    "PROC_INVALID_NAME@1:1 PROC_EMPTY_COMMAND@1:5",
    "",
  ],
  ["D7 a long name that is invalid is invalid", `${"a".repeat(64)}.: x\n`, "PROC_INVALID_NAME@1:65", ""],
  ["D7 the last `-` of several is the wrong one", "web--: x\n", "PROC_INVALID_NAME@1:5", ""],
  [
    "D8 a name counts also when its command is wrong",
    "web:\nweb: x\n",
    "PROC_EMPTY_COMMAND@1:4 PROC_DUPLICATE@2:1>1",
    "",
  ],
  [
    "D8 a duplicate of a colliding name is a duplicate",
    "web: a\nWeb: b\nWeb: c\n",
    "PROC_COLLIDING_NAMES@2:1>1 PROC_DUPLICATE@3:1>2",
    "web",
  ],
  ["D9 a command that starts with # is a comment", "web:#x\n", "PROC_EMPTY_COMMAND@1:4", ""],
  ["D10 an even number of backslashes is fine", "web: echo \\\\\n", "", "web"],
  ["D10 blanks behind the backslash do not hide it", "web: echo \\  \n", "PROC_CONTINUATION@1:11", ""],
  ["D11 no empty-file warning beside an error", "web\n", "PROC_MISSING_COLON@1:1", ""],
  ["D11 a lone mark is an empty file", "\uFEFF", "PROC_BOM@1:1 PROC_EMPTY@1:1", ""],
  ["D12 case and `_` together collide", "My_job: a\nmy-Job: b\n", "PROC_COLLIDING_NAMES@2:1>1", "My_job"],
  ["names of Object.prototype are free", "constructor: a\ntoString: b\n", "", "constructor toString"],
];

for (const [title, input, findings, names] of RULINGS) {
  test(`§2 ${title}`, () => {
    const { value, diagnostics } = parseProcfile(input);
    const found = diagnostics.map(
      (d) => `${d.code}@${d.line}:${d.column}${d.otherLine === undefined ? "" : `>${d.otherLine}`}`,
    );
    assert.equal(found.join(" "), findings);
    assert.equal(value.map((entry) => entry.name).join(" "), names);
  });
}

test("§2 a message shows the line, names both lines, and holds no control character", () => {
  const { diagnostics } = parseProcfile("web \u001b[31mred\nok: a\nok: b\n", "app/Procfile");
  assert.deepEqual(
    diagnostics.map(({ file, message, hint }) => ({ file, message, hint })),
    [
      {
        file: "app/Procfile",
        message: "The line `web \\u{1b}[31mred` has no colon after `web`.",
        hint: "Write `web: ` and then the command.",
      },
      {
        file: "app/Procfile",
        message: "`ok` on line 3 is already defined on line 2.",
        hint: "Rename or remove one of the two.",
      },
    ],
  );
});

const piece = fc.oneof(
  fc.constantFrom(
    "web",
    "worker",
    ":",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "#",
    "//",
    "\\",
    "-",
    "_",
    "<<<<<<<",
    "=======",
    "\uFEFF",
    "\u00a0",
    "__proto__",
    "😀",
  ),
  fc.string({ unit: "binary" }),
);

test("§2 any text gives entries and findings that fit together (fuzz)", () => {
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join("")),
      (raw) => {
        const { value, diagnostics } = parseProcfile(raw);
        const wrongLines = new Set(diagnostics.filter((d) => d.severity === "error").map((d) => d.line));
        const lineCount = raw.split("\n").length;
        for (const d of diagnostics) {
          assert.ok(d.line >= 1 && d.line <= lineCount && d.column >= 1, JSON.stringify(d));
          assert.ok(d.message.endsWith(".") && d.hint.endsWith("."), JSON.stringify(d));
        }
        for (const entry of value) {
          assert.match(entry.name, /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/);
          assert.equal(entry.command, entry.command.trim());
          assert.ok(entry.command !== "" && raw.includes(entry.command) && !wrongLines.has(entry.line));
        }
        assert.equal(new Set(value.map((entry) => entry.name.toLowerCase().replaceAll("_", "-"))).size, value.length);
      },
    ),
    { numRuns: 2_000 },
  );
});
