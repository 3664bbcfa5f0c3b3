import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJsonDocument, parseStrictJson, type JsonNode } from "./json-document.ts";

function toValue(node: JsonNode): unknown {
  if (node.kind === "object") return node.members.map(({ key, node: inner }) => [key, toValue(inner)]);
  if (node.kind === "list") return node.items.map(toValue);
  return "value" in node ? node.value : null;
}

test("offsets are those of the values and of the keys' quotes", () => {
  assert.deepEqual(parseStrictJson(' {"a" : [1,\n"b"] }', 9), {
    kind: "object",
    offset: 1,
    members: [
      {
        key: "a",
        offset: 2,
        node: {
          kind: "list",
          offset: 8,
          items: [
            { kind: "number", offset: 9, value: 1 },
            { kind: "text", offset: 12, value: "b" },
          ],
        },
      },
    ],
  });
});

test("depth has a limit", () => {
  assert.notEqual(parseStrictJson("[[1]]", 2), undefined);
  assert.equal(parseStrictJson("[[[1]]]", 2), undefined);
});

const piece = fc.constantFrom(
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  '"a"',
  "1",
  "-",
  "0",
  ".",
  "e",
  "+",
  "true",
  "null",
  "nul",
  "//",
  "\n",
  "\\",
  "\\u00e9",
  "\0",
  " ",
  "\u00a0",
  "\uFEFF",
  "é",
  "\ud800",
);

test("it takes what JSON.parse takes, and reads the same (fuzz)", () => {
  let taken = 0;
  const text = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
    fc.array(piece, { maxLength: 4 }).map((pieces) => `[${pieces.join("")}]`),
    fc.jsonValue().map((value) => JSON.stringify(value, undefined, " ")),
    fc.string({ unit: "binary" }).map((value) => `[${JSON.stringify(value)}]`),
  );
  fc.assert(
    fc.property(text, (raw) => {
      const node = parseStrictJson(raw, 100);
      let expected: unknown;
      try {
        expected = JSON.parse(raw, (_key, value: unknown) =>
          typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : value,
        );
      } catch {
        return assert.equal(node, undefined);
      }
      assert.ok(node !== undefined, raw);
      taken += 1;
      // Duplicate keys and numbers as keys are kept in the order of the file, which plain objects are not.
      if (!raw.includes("{")) assert.deepEqual(toValue(node), expected);
      return undefined;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(taken > 5_000, `${taken}`);
});

test("the quick parser and the tolerant one give the same nodes (fuzz)", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("", " ", "\n", "\t"), (value, indent) => {
      const raw = JSON.stringify(value, undefined, indent);
      const [strict, tolerant] = [parseJsonDocument(raw), parseJsonDocument(`${raw}\n// c`)];
      assert.ok(strict.ok && tolerant.ok && strict.commentAt === undefined && tolerant.commentAt === raw.length + 1);
      assert.deepEqual(tolerant.root, strict.root);
    }),
    { numRuns: 2_000 },
  );
});
