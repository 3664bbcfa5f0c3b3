import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { BuildPlan, PlanAlternative } from "../files/build-plan.ts";
import { resolvePlan, type PlanElement } from "./resolve-plan.ts";

/** `+x` provides x, `-x` requires it. */
const way = (text: string): PlanAlternative => {
  const words = text.split(" ").filter(Boolean);
  const named = (sign: string): string[] => words.filter((word) => word.startsWith(sign)).map((word) => word.slice(1));
  return { provides: named("+"), requires: named("-").map((name) => ({ name })) };
};
/** `id: top | or | or`, `id?` when optional. */
const element = (text: string): PlanElement => {
  const [, id = "", mark, plan = ""] = /^(\w+)(\??):(.*)$/.exec(text) ?? [];
  const [first = "", ...more] = plan.split("|");
  return { id, version: "1", optional: mark === "?", plan: [way(first), ...more.map(way)] satisfies BuildPlan };
};
const resolve = (...texts: string[]): ReturnType<typeof resolvePlan> => resolvePlan(texts.map(element));

/** `a b; x<-a` = a and b take part, x is provided by a. `fail`: nothing fits. */
function summary(...texts: string[]): string {
  const outcome = resolve(...texts);
  if (!outcome.ok) return "fail";
  const ids = outcome.taking.map((index) => element(texts[index] ?? "").id);
  const entries = outcome.entries.map(
    ({ providers, requires }) =>
      `${requires.map(({ name }) => name).join("+")}<-${providers.map(({ id }) => id).join("+")}`,
  );
  return [ids.join(" "), ...entries.toSorted()].join("; ");
}

describe("plan resolution (cnb.md §3.3, §16)", () => {
  const CASES: readonly (readonly [name: string, elements: readonly string[], expected: string])[] = [
    ["nothing asked, nothing offered", ["a:", "b:"], "a b"],
    ["matched", ["a: +x", "b: -x"], "a b; x<-a"],
    ["one buildpack for itself", ["a: +x -x"], "a; x<-a"],
    ["two providers before one requirement", ["a: +x", "b: +x", "c: -x"], "a b c; x<-a+b"],
    ["a provider between two requirements serves both lists", ["a: +x -x", "b: +x", "c: -x"], "a b c; x+x<-a+b"],
    ["an unmet requirement fails", ["a: -x"], "fail"],
    ["a provider that comes too late", ["a: -x", "b: +x"], "fail"],
    ["an unused provision fails", ["a: +x", "b:"], "fail"],
    ["an optional element with an unmet requirement leaves", ["a:", "b?: -x"], "a"],
    ["an optional element with an unused provision leaves", ["a:", "b?: +x"], "a"],
    ["leaving starts again: the next one loses its provider", ["a:", "b?: +x -y", "c?: -x"], "a"],
    ["only optional elements, none fits", ["a?: -x", "b?: +y"], "fail"],
    ["an alternative", ["a: +x | +y", "b: -y"], "a b; y<-a"],
    ["the first that passes wins", ["a: +x -x | +y -y"], "a; x<-a"],
    ["later elements' alternatives are tried first", ["a: +x | +y", "b: -z | -y | -x"], "a b; x<-a"],
    ["optional only in its last alternative: the earlier ones must fit", ["a:", "b?: -x | +y"], "a"],
    ["an optional element's fitting alternative is taken", ["a: +y", "b?: -x | -y"], "a b; y<-a"],
  ];
  for (const [name, elements, expected] of CASES) test(name, () => assert.equal(summary(...elements), expected));

  test("an `or` that succeeds only at try 16", () => {
    const outcome = resolve("a: +a1 | +a2 | +a3 | +a4", "b: -b1 | -b2 | -b3 | -a4");
    assert.equal(outcome.ok, true);
    assert.deepEqual(outcome.log.filter((line) => line.startsWith("Resolving")).at(-1), "Resolving plan... (try #16)");
  });

  test("says what failed and what was skipped", () => {
    assert.deepEqual(resolve("a: -d").log, ["Resolving plan... (try #1)", "fail: a@1 requires d"]);
    assert.deepEqual(resolve("a:", "b?: +d").log, ["Resolving plan... (try #1)", "skip: b@1 provides unused d"]);
    assert.deepEqual(resolve("a?: -d").log.slice(1), ["skip: a@1 requires d", "fail: no viable buildpacks in group"]);
  });

  test("metadata goes on as it is", () => {
    const plan: BuildPlan = [{ provides: ["x"], requires: [{ name: "x", metadata: { v: 1 } }] }];
    const outcome = resolvePlan([{ id: "a", version: "1", optional: false, plan }]);
    assert.deepEqual(outcome.ok && outcome.entries, [
      { providers: [{ id: "a", version: "1" }], requires: [{ name: "x", metadata: { v: 1 } }] },
    ]);
  });

  test("a product without end is given up, and said so", () => {
    const many = Array.from({ length: 30 }, (_, index) => `b${index}: -x | -y`);
    const outcome = resolve(...many);
    assert.equal(outcome.ok, false);
    assert.match(outcome.log.at(-1) ?? "", /more than 10000 combinations/);
  });
});

test("whatever passes is sound: each requirement has a provider before it, each provision a user (seeded)", () => {
  const name = fc.constantFrom("x", "y", "z");
  const anyWay = fc.record({
    provides: fc.uniqueArray(name, { maxLength: 2 }),
    requires: fc.uniqueArray(name, { maxLength: 2 }).map((names) => names.map((one) => ({ name: one }))),
  });
  const anyPlan = fc
    .tuple(anyWay, fc.array(anyWay, { maxLength: 1 }))
    .map(([first, more]): BuildPlan => [first, ...more]);
  const anyElements = fc.array(fc.record({ optional: fc.boolean(), plan: anyPlan }), { maxLength: 4 });
  fc.assert(
    fc.property(anyElements, (drawn) => {
      const elements = drawn.map((one, index) => ({ ...one, id: `b${index}`, version: "1" }));
      const outcome = resolvePlan(elements);
      if (!outcome.ok) return;
      assert.ok(elements.every(({ optional }, index) => optional || outcome.taking.includes(index)));
      for (const { providers, requires } of outcome.entries) assert.ok(providers.length > 0 && requires.length > 0);
    }),
    { numRuns: 2_000 },
  );
});
