import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineCutter } from "./line-cutter.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

/** Output in pieces as they are read, `|` where 1 s of silence passes, and the lines given. Contract §12. */
const CASES: readonly (readonly [what: string, pieces: readonly string[], lines: readonly string[]])[] = [
  ["LF, CRLF, empty", ["a\nb\r\n\n\r\nc\n"], ["a", "b", "", "", "c"]],
  ["a carriage return within stays", ["10%\r20%\n"], ["10%\r20%"]],
  ["in pieces", ["a", "b", "\n", "c\nd", "\n"], ["ab", "c", "d"]],
  ["CRLF in two pieces", ["a\r", "\nb\n"], ["a", "b"]],
  ["no line end", ["a\nb"], ["a", "b"]],
  ["silence, then only its end", ["name? ", "|", "\n", "x\n"], ["name? ", "x"]],
  ["silence, then its end as CRLF", ["name? ", "|", "\r\n", "x\n"], ["name? ", "x"]],
  ["silence, then more", ["name? ", "|", "Ann\n\n"], ["name? ", "Ann", ""]],
  ["silence twice", ["a", "|", "b", "|", "\n"], ["a", "b"]],
  ["10,000 bytes are one line", ["x".repeat(10_000) + "\n"], ["x".repeat(10_000)]],
  ["10,000 bytes and CRLF are one line", ["x".repeat(10_000), "\r", "\n"], ["x".repeat(10_000)]],
  ["10,001 bytes are two", ["x".repeat(10_001) + "\ny\n"], ["x".repeat(10_000), "x", "y"]],
  ["25,000 bytes without an end", ["x".repeat(25_000)], ["x".repeat(10_000), "x".repeat(10_000), "x".repeat(5_000)]],
  ["cut between characters", ["a" + "€".repeat(4_000) + "\n"], ["a" + "€".repeat(3_333), "€".repeat(667)]],
];

for (const [what, pieces, lines] of CASES) {
  test(`§12 ${what}`, () => {
    const cutter = new LineCutter();
    const given = pieces.flatMap((piece) => (piece === "|" ? cutter.flush(false) : cutter.push(bytes(piece))));
    assert.deepEqual([...given, ...cutter.flush(true)], lines);
  });
}

test("§12 a character that is not complete waits through a silence, not through the end", () => {
  const cutter = new LineCutter();
  const euro = bytes("€");
  assert.deepEqual(cutter.push(Buffer.concat([bytes("a"), euro.subarray(0, 2)])), []);
  assert.deepEqual(cutter.flush(false), ["a"]);
  assert.deepEqual(cutter.push(Buffer.concat([euro.subarray(2), bytes("b\n")])), ["€b"]);
  cutter.push(euro.subarray(0, 2));
  assert.deepEqual(cutter.flush(false), []);
  assert.deepEqual(cutter.flush(true), ["\ufffd"]);
});

test("§12 going on behind any cursor gives the same lines, whatever the pieces", () => {
  const text = fc.array(fc.constantFrom("a", "\n", "\r\n", "€", "x".repeat(6_000), "\u0000"), { maxLength: 30 });
  fc.assert(
    fc.property(
      text,
      fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 40 }),
      fc.nat(),
      (parts, sizes, restartAfter) => {
        const output = bytes(parts.join(""));
        const whole = new LineCutter();
        const expected = [...whole.push(output), ...whole.flush(true)];
        let cutter = new LineCutter();
        let lines: string[] = [];
        for (let turn = 0; cutter.readOffset < output.length; turn += 1) {
          const from = cutter.readOffset;
          lines = lines.concat(cutter.push(output.subarray(from, from + (sizes[turn % sizes.length] ?? 10_000))));
          // A new control plane knows the cursor alone.
          if (turn === restartAfter % 50) cutter = new LineCutter(cutter.cursor);
        }
        assert.deepEqual([...lines, ...cutter.flush(true)], expected);
        assert.equal(cutter.givenOffset, output.length);
      },
    ),
  );
});
