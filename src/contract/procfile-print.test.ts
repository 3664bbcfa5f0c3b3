import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { printProcfile } from "./procfile-print.ts";
import { parseProcfile } from "./procfile.ts";

test("§2 entries are written one a line", () =>
  assert.deepEqual(
    printProcfile([
      { name: "web", command: "a  # b" },
      { name: "x-1", command: "c" },
    ]),
    {
      ok: true,
      text: "web: a  # b\nx-1: c\n",
    },
  ));

for (const [name, command, reason] of [
  ["-web", "a", "The process name `-web` cannot start with `-`."],
  ["web", "", "The line `web:` has nothing after its colon."],
  ["web", "a\nb: c", "It would read back differently"],
  ["web", "a\\", "The line"],
  ["web", " a", "It would read back differently"],
  ["a: b", "c", "It would read back differently"],
] as const) {
  test(`§2 ${JSON.stringify(`${name}: ${command}`)} cannot be written`, () => {
    const printed = printProcfile([
      { name: "ok", command: "x" },
      { name, command },
    ]);
    assert.ok(!printed.ok && printed.unprintable.length === 1 && printed.unprintable[0]?.name === name);
    assert.ok(printed.unprintable[0].reason.startsWith(reason.slice(0, 8)), printed.unprintable[0].reason);
  });
}

test("§2 names that collide cannot be written", () => {
  const printed = printProcfile(["a-b", "c", "A_b", "c"].map((name) => ({ name, command: "x" })));
  assert.deepEqual(printed.ok ? [] : printed.unprintable.map((one) => one.name), ["A_b", "c"]);
});

const text = fc.oneof(fc.constantFrom("web", "a_b", "a-b", "x y", "#", "\\", ":"), fc.string({ unit: "binary" }));

test("§2 what is written reads back, and what was read can be written (fuzz)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: text, command: text }, { noNullPrototype: true }), { maxLength: 5 }),
      (entries) => {
        const printed = printProcfile(entries);
        const raw = printed.ok ? printed.text : entries.map(({ name, command }) => `${name}:${command}\n`).join("");
        const read = parseProcfile(raw).value.map(({ name, command }) => ({ name, command }));
        if (printed.ok) assert.deepEqual(read, entries);
        const again = printProcfile(read);
        assert.ok(again.ok);
        assert.deepEqual(
          parseProcfile(again.text).value.map(({ name, command }) => ({ name, command })),
          read,
        );
      },
    ),
    { numRuns: 3_000 },
  );
});
