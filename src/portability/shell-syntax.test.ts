import assert from "node:assert/strict";
import { test } from "node:test";
import { scanShell } from "./shell-scan.ts";
import { readShell } from "./shell-syntax.ts";
import type { ShellText } from "./shell-text.ts";

function texts(pieces: readonly { readonly text: string }[]): string {
  return pieces.map(({ text }) => text).join(" ");
}

/** A line, its operators, its expansions, its comment. Read the same on the tree and without it. */
const BOTH: readonly [line: string, operators: string, expansions: string, comment?: string][] = [
  ["a && b || c; d | e &", "&& || ; | &", ""],
  ["a > b 2>&1 <c", "> >& <", ""],
  ["(a)", "( )", ""],
  ["a 'b;c' \"d|e\" f\\;g", "", ""],
  ["a $X ${Y:-1} $(b | c) `d;e` $1 $$", "", "$X ${Y:-1} $(b | c) `d;e` $1 $$"],
  ['a \'$X\' "$Y" "\\$Z" \\$W', "", "$Y"],
  ["a # b && $C", "", "", "# b && $C"],
  ["a#b c#d", "", ""],
  ["a ${X#y} $#", "", "${X#y} $#"],
  ["a; # b", ";", "", "# b"],
  ['a "b # c" # d', "", "", "# d"],
  ["# all", "", "", "# all"],
  ["", "", ""],
];

for (const [line, operators, expansions, comment] of BOTH) {
  for (const [how, read] of Object.entries({ tree: readShell, scan: scanShell })) {
    test(`${how}: ${line}`, () => {
      const shell = read(line);
      assert.equal(texts(shell.operators), operators);
      assert.equal(texts(shell.expansions), expansions);
      assert.equal(shell.commentAt === undefined ? undefined : line.slice(shell.commentAt), comment);
      assertInside(shell);
    });
  }
}

function assertInside({ text, operators, expansions, quoted, runningWords }: ShellText): void {
  for (const piece of [...operators, ...expansions, ...quoted]) {
    assert.equal(text.slice(piece.at, piece.at + piece.text.length), piece.text);
  }
  for (const word of runningWords) assert.ok(word.at >= 0 && word.at <= text.length);
}

/** A line, and whether the shell that runs it, or one in front of its program, stays. */
const STAYING: readonly [line: string, outer: boolean, wrapper: boolean][] = [
  ["a", true, false],
  ["exec a", false, false],
  ["A=1 exec a", false, false],
  ["a && exec b", false, false],
  ["exec a | b", true, false],
  ["{ a; exec b; }", false, false],
  ["(exec a)", true, false],
  ["while a; do b; done", true, false],
  ["case $1 in x) exec a;; *) exec b;; esac", false, false],
  ["case $1 in x) exec a;; *) b;; esac", true, false],
  ["A=1", false, false],
  ["$CMD", false, false],
  ["sh -c 'a'", true, true],
  ["exec sh -c 'a'", false, true],
  ["exec sh -c 'exec a'", false, false],
  ["exec sh -c 'x; exec sh -c \"a\"'", false, true],
  ['exec sh -ec "x; exec a --b $C"', false, false],
  ["exec sh -c 'trap x TERM; a'", false, false],
  ["exec sh script.sh", false, false],
  ["exec sh -c", false, false],
  ["exec sh -c 'if a'", false, true],
];

for (const [line, outer, wrapper] of STAYING) {
  test(`who stays: ${line}`, () => {
    const { stays } = readShell(line);
    assert.deepEqual([stays.outer, stays.wrapper !== undefined], [outer, wrapper]);
  });
}

test("the words that are left running", () => {
  const words = (line: string): string =>
    readShell(line)
      .runningWords.map(({ value }) => value)
      .join(" ");
  assert.equal(words("a && b 'c d' | e"), "b c d e");
  assert.equal(words("a; b || c"), "b c");
  assert.equal(words('X=1 a -p"$Y"'), "X=1 a -p$Y");
  assert.equal(words("exec sh -c 'a; b --c'"), "exec sh -c a; b --c b --c");
});

test("a quote that is not closed reaches to the end", () => {
  const shell = readShell("a 'b && $C");
  assert.deepEqual([shell.operators, shell.expansions, texts(shell.quoted)], [[], [], "'b && $C"]);
  assert.equal(texts(readShell('a "b && $C').expansions), "$C");
});

test("what is huge or deep is read all the same", () => {
  for (const line of ["$(".repeat(40_000), "a;".repeat(30_000), `a ${"'b' ".repeat(10_000)}`, "\\".repeat(50_001)])
    assertInside(readShell(line));
});
