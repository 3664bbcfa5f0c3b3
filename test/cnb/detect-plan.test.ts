// Plan resolution through the command line of `detect`. cnb.md §3.3, §16 "Plan".
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CnbBench, heredoc, planScript } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => (bench = new CnbBench()));
afterEach(() => bench.dispose());

type Entry = { providers: { id: string }[]; requires: { name: string }[] };

/** `A: +x -y | -z` is a buildpack and its plan; `A?:` an optional one. Gives `A B; x<-A`, or the exit code. */
async function resolve(...elements: readonly string[]): Promise<string> {
  const names = elements.map((element) => {
    const [name = "", plan = ""] = element.split(":");
    bench.pack(name.replace("?", ""), { detect: planScript(plan) });
    return name;
  });
  bench.order(names.join(" "));
  const { code } = await bench.run("detect");
  if (code !== 0) return String(code);
  const { group } = bench.toml("layers/group.toml") as { group: { id: string }[] };
  const { entries = [] } = bench.toml("layers/plan.toml") as { entries?: Entry[] };
  const shown = entries.map(
    ({ providers, requires }) =>
      `${requires.map(({ name }) => name).join("+")}<-${providers.map(({ id }) => id).join("+")}`,
  );
  return [group.map(({ id }) => id).join(" "), ...shown.toSorted()].join("; ");
}

describe("plan resolution (cnb.md §3.3)", () => {
  const ROWS: readonly (readonly [name: string, elements: readonly string[], expected: string])[] = [
    ["nothing asked, nothing offered", ["A:", "B:"], "A B"],
    ["matched", ["A: +x", "B: -x"], "A B; x<-A"],
    ["one for itself", ["A: +x -x"], "A; x<-A"],
    ["two names", ["A: +x +y", "B: -x -y"], "A B; x<-A; y<-A"],
    ["two providers before one requirement", ["A: +x", "B: +x", "C: -x"], "A B C; x<-A+B"],
    ["two requirements of one provider", ["A: +x", "B: -x", "C: -x"], "A B C; x+x<-A"],
    ["a provider between two requirements joins", ["A: +x -x", "B: +x", "C: -x"], "A B C; x+x<-A+B"],
    ["a second provider nobody asks behind", ["A: +x", "B: -x", "C: +x"], "20"],
    ["a chain", ["A: +x", "B: -x +y", "C: -y"], "A B C; x<-A; y<-B"],
    ["unmet", ["A: -x"], "20"],
    ["a provider behind the requirement is too late", ["A: -x", "B: +x"], "20"],
    ["unused", ["A: +x", "B:"], "20"],
    ["optional and unmet leaves", ["A:", "B?: -x"], "A"],
    ["optional and unused leaves", ["A:", "B?: +x"], "A"],
    ["leaving starts again: the next loses its provider", ["A:", "B?: +x -y", "C?: -x"], "A"],
    ["leaving starts again: the provider loses its user", ["A:", "B?: +x", "C?: -x -y"], "A"],
    ["a required one loses an optional provider", ["A?: +x -y", "B: -x"], "20"],
    ["only optional ones, none fits", ["A?: -x", "B?: +y"], "20"],
    ["only optional ones, one fits", ["A?: -x", "B?:"], "B"],
    ["the first way that fits is taken", ["A: +x -x | +y -y"], "A; x<-A"],
    ["an `or`", ["A: +x | +y", "B: -y"], "A B; y<-A"],
    ["an `or` of nothing", ["A: +x | ", "B:"], "A B"],
    ["several `or`", ["A: +x | +y | +z", "B: -z"], "A B; z<-A"],
    ["an `or` on both sides", ["A: +x | +y", "B: -z | -y"], "A B; y<-A"],
    ["later elements' ways are tried first", ["A: +x | +y", "B: -z | -y | -x"], "A B; x<-A"],
    ["an `or` that fits only at try 16", ["A: +a | +b | +c | +d", "B: -e | -f | -g | -d"], "A B; d<-A"],
    ["optional only in its last way: the earlier ones must fit", ["A: +x | ", "B?: -x | -z"], "A B; x<-A"],
    ["optional in its last way: it leaves there", ["A:", "B?: -x | +y"], "A"],
    ["an optional one's later way is taken", ["A: +y", "B?: -x | -y"], "A B; y<-A"],
    [
      "an optional one leaves at its last way, although another element's later way would suit it",
      ["A: | +x", "B?: -x"],
      "A",
    ],
  ];
  for (const [name, elements, expected] of ROWS) {
    test(`${name}: ${elements.join(", ")}`, async () => assert.equal(await resolve(...elements), expected));
  }

  test("metadata goes into plan.toml; providers carry id and version", async () => {
    const plan =
      '[[provides]]\nname = "some-dep"\n[[requires]]\nname = "some-dep"\n[requires.metadata]\nversion = "1.2"\nlist = [1, 2]\n';
    bench.pack("A", { detect: heredoc("$2", plan) });
    bench.order("A");
    assert.equal((await bench.run("detect")).code, 0);
    assert.deepEqual(bench.toml("layers/plan.toml"), {
      entries: [
        {
          providers: [{ id: "A", version: "1.0.0" }],
          requires: [{ name: "some-dep", metadata: { version: "1.2", list: [1, 2] } }],
        },
      ],
    });
  });

  test("the tries are told at level debug", async () => {
    bench.pack("A", { detect: planScript("-x | +y -y") });
    bench.order("A");
    const { out } = await bench.run("detect", { flags: ["-log-level=debug"] });
    assert.ok(out.includes("Resolving plan... (try #1)\nfail: A@1.0.0 requires x\nResolving plan... (try #2)\n"), out);
  });
});
