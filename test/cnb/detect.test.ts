// Orders, composites, verdicts and targets through the command line of `detect`. cnb.md §3, §16 "Order" and "Detect CLI".
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { CnbBench, planScript, type Ended, type Pack } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => (bench = new CnbBench()));
afterEach(() => bench.dispose());

const NO: Pack = { detect: "exit 100" };
const BROKEN: Pack = { detect: "echo oops; exit 7" };

/** Lays out buildpacks and an order, runs detect, and says who takes part (`A@1.0.0 B@1.0.0`), or the exit code. */
async function detect(packs: Readonly<Record<string, Pack>>, order: string): Promise<string> {
  const { taking, ended } = await detectAll(packs, order);
  return taking ?? String(ended.code);
}

async function detectAll(
  packs: Readonly<Record<string, Pack>>,
  order: string,
  flags: readonly string[] = [],
): Promise<{ taking: string | undefined; ended: Ended }> {
  for (const [name, pack] of Object.entries(packs)) {
    const [id = "", version] = name.split("@");
    bench.pack(id, version === undefined ? pack : { ...pack, version });
  }
  bench.order(order);
  const ended = await bench.run("detect", { flags });
  if (ended.code !== 0) return { taking: undefined, ended };
  const { group } = bench.toml("layers/group.toml") as { group: { id: string; version: string }[] };
  return { taking: group.map(({ id, version }) => (version === "1.0.0" ? id : `${id}@${version}`)).join(" "), ended };
}

type Row = readonly [name: string, packs: Readonly<Record<string, Pack>>, order: string, expected: string];

describe("groups (cnb.md §3.2)", () => {
  const ROWS: readonly Row[] = [
    ["one buildpack that passes", { A: {} }, "A", "A"],
    ["two, in the order's order", { B: {}, A: {} }, "B A", "B A"],
    ["the first group that passes wins", { A: NO, B: {}, C: {} }, "A | B | C", "B"],
    ["a required one that says no fails the group", { A: {}, B: NO, C: {} }, "A B | C", "C"],
    ["a required one that breaks fails the group", { A: {}, B: BROKEN, C: {} }, "A B | C", "C"],
    ["an optional one that says no is left out", { A: {}, B: NO }, "A B?", "A"],
    ["an optional one that breaks is left out", { A: {}, B: BROKEN }, "A B?", "A"],
    ["an optional one that passes takes part", { A: {}, B: {} }, "A? B", "A B"],
    ["a group of which nobody passed fails", { A: NO, B: {} }, "A? | B", "B"],
    ["nothing passed: 20", { A: NO, B: NO }, "A | B", "20"],
    ["nothing passed, a required one broke: 21", { A: NO, B: BROKEN }, "A | B", "21"],
    ["the broken one first: 21", { A: BROKEN, B: NO }, "A | B", "21"],
    ["an optional one broke, a required one said no: 21", { A: BROKEN, B: NO }, "A? B", "21"],
    ["an optional one broke and nobody passed: 20", { A: BROKEN }, "A?", "20"],
    ["an id listed twice counts once", { A: {}, B: {} }, "A B A", "A B"],
    ["of two versions in a group the first wins", { "A@1.0.0": {}, "A@2.0.0": {} }, "A@2.0.0 A@1.0.0", "A@2.0.0"],
    ["another version is asked in another group", { "A@1.0.0": NO, "A@2.0.0": {} }, "A@1.0.0 | A@2.0.0", "A@2.0.0"],
    ["ids with slashes", { "x/a": {}, "x/b/c": {} }, "x/a x/b/c", "x/a x/b/c"],
  ];
  for (const [name, packs, order, expected] of ROWS) {
    test(name, async () => assert.equal(await detect(packs, order), expected));
  }

  test("each is asked once, whatever the number of groups; all of a group are asked although one failed", async () => {
    const count = 'echo run >>"$HOME/$(basename "$(dirname "$CNB_BUILDPACK_DIR")")"';
    const packs = { A: { detect: `${count}; exit 100` }, B: { detect: count }, C: { detect: count } };
    assert.equal(await detect(packs, "A B | A C | B"), "B");
    for (const id of ["A", "B", "C"]) assert.equal(bench.text(`home/${id}`), "run\n");
  });
});

describe("composites (cnb.md §3.2)", () => {
  const E: Pack = { order: "B C | D" };
  const ROWS: readonly Row[] = [
    ["its first group, then the rest", { E, A: {}, F: {}, B: {}, C: {}, D: {} }, "E A F", "B C A F"],
    ["its second group, then the rest", { E, A: {}, F: {}, B: {}, C: NO, D: {} }, "E A F", "D A F"],
    ["before and behind others", { E, A: {}, B: {}, C: {}, D: {} }, "A E", "A B C"],
    ["required and none of its groups fits", { E, A: {}, B: NO, C: {}, D: NO }, "A E", "20"],
    ["optional and none of its groups fits", { E, A: {}, B: NO, C: {}, D: NO }, "A E?", "A"],
    ["optional and one of its groups fits", { E, A: {}, B: NO, C: {}, D: {} }, "A E?", "A D"],
    ["optional, broken inside, the rest does not fit either", { E, A: NO, B: BROKEN, C: {}, D: NO }, "E? A", "20"],
    ["required, broken inside", { E, A: {}, B: BROKEN, C: {}, D: NO }, "A E", "21"],
    ["listed twice counts once", { E, A: {}, B: {}, C: {}, D: {} }, "E A E", "B C A"],
    ["sharing a member counts it once", { E, G: { order: "C A" }, A: {}, B: {}, C: {}, D: {} }, "E G", "B C A"],
    ["a member listed before it counts once", { E, B: {}, C: {}, D: {} }, "C E", "C B"],
    ["the first version wins", { E, "B@2.0.0": {}, B: {}, C: {}, D: {} }, "B@2.0.0 E", "B@2.0.0 C"],
    ["optional members", { E: { order: "B? C" }, B: NO, C: {} }, "E", "C"],
    ["one inside another", { E: { order: "G A" }, G: { order: "B" }, A: {}, B: {} }, "E", "B A"],
    ["a composite of a composite's other groups", { E: { order: "G | A" }, G: { order: "B" }, A: {}, B: NO }, "E", "A"],
  ];
  for (const [name, packs, order, expected] of ROWS) {
    test(name, async () => assert.equal(await detect(packs, order), expected));
  }

  test("the reference's nested order is tried in its order", async () => {
    // E=[A,F,B], F=[[C],[G?],[D]], G=[[A2,B2],[C2,D2]]: nobody fits, so each group shows its results.
    const ids = ["A", "B", "C", "D", "A2", "B2", "C2", "D2"];
    const packs: Record<string, Pack> = Object.fromEntries(ids.map((id) => [id, NO]));
    packs["E"] = { order: "A F B" };
    packs["F"] = { order: "C | G? | D" };
    packs["G"] = { order: "A@2.0.0 B@2.0.0 | C@2.0.0 D@2.0.0" };
    for (const id of ["A", "B", "C", "D"]) packs[`${id}@2.0.0`] = NO;
    const { ended } = await detectAll(packs, "E");
    const tried = ended.out
      .split("======== Results ========\n")
      .slice(1)
      .map((block) =>
        [...block.matchAll(/^(?:fail|skip): (\S+)@(\d)\.0\.0/gm)]
          .map(([, id, v]) => `${id}${v === "1" ? "" : v}`)
          .join(" "),
      );
    assert.deepEqual(tried, ["A C B", "A B2", "A C2 D2 B", "A B", "A D B"]);
  });

  const CIRCLES: readonly Row[] = [
    ["itself", { E: { order: "E" } }, "E", "E@1.0.0 → E@1.0.0"],
    ["each other", { E: { order: "A G" }, G: { order: "E" }, A: {} }, "E", "E@1.0.0 → G@1.0.0 → E@1.0.0"],
    ["each other, optional", { E: { order: "G?" }, G: { order: "E?" } }, "E?", "E@1.0.0 → G@1.0.0 → E@1.0.0"],
  ];
  for (const [name, packs, order, circle] of CIRCLES) {
    test(`composites that name ${name}: an error with the circle`, async () => {
      const { ended } = await detectAll(packs, order);
      assert.equal(ended.code, 22);
      assert.match(
        ended.err,
        new RegExp(`^ERROR: failed to detect: composites name each other in a circle: ${circle}\n$`),
      );
    });
  }

  test("composites that multiply are given up", async () => {
    const packs: Record<string, Pack> = { Z: NO };
    for (let level = 0; level < 12; level += 1) {
      const next = level === 11 ? "Z" : `E${level + 1}`;
      packs[`E${level}`] = { order: `${next} | ${next}` };
    }
    const { ended } = await detectAll(packs, "E0");
    assert.deepEqual([ended.code, /more than 1000 groups/.test(ended.err)], [22, true]);
  });

  test("a member that is not there is named", async () => {
    const { ended } = await detectAll({ E: { order: "nowhere@3.0.0" } }, "E");
    assert.deepEqual(
      [ended.code, ended.err],
      [22, "ERROR: failed to detect: E@1.0.0 names nowhere@3.0.0, which is not there\n"],
    );
  });

  test("two members whose layers would lie in one directory are an error (decision 0013)", async () => {
    bench.pack("x/a");
    bench.pack("x_a", { version: "2.0.0" });
    bench.order("x/a x_a@2.0.0");
    const { code, err } = await bench.run("detect");
    assert.deepEqual(
      [code, err],
      [22, "ERROR: failed to detect: x/a@1.0.0 and x_a@2.0.0 would share one layers directory\n"],
    );
  });
});

describe("targets (cnb.md §2, §3.2)", () => {
  const ANALYZED = `[run-image]
reference = "r"
[run-image.target]
os = "linux"
arch = "arm64"
arch-variant = "v8"
[run-image.target.distro]
name = "ubuntu"
version = "24.04"
`;
  const target = (...lines: readonly string[]): string => `[[targets]]\n${lines.join("\n")}`;
  const distro = (name: string, version?: string): string =>
    `[[targets.distros]]\nname = "${name}"\n${version === undefined ? "" : `version = "${version}"`}`;
  const ROWS: readonly (readonly [name: string, toml: string, expected: string])[] = [
    ["none, but a bin/build: linux", "", "A"],
    ["os", target('os = "linux"'), "A"],
    ["another os", target('os = "windows"'), "21"],
    ["os and arch", target('os = "linux"', 'arch = "arm64"'), "A"],
    ["another arch", target('os = "linux"', 'arch = "amd64"'), "21"],
    ["one of several", `${target('arch = "amd64"')}\n${target('arch = "arm64"')}`, "A"],
    ["arch-variant", target('arch-variant = "v8"'), "A"],
    ["another arch-variant", target('arch-variant = "v7"'), "21"],
    ["a distribution", target('os = "linux"', distro("ubuntu", "24.04")), "A"],
    ["any version of a distribution", target(distro("ubuntu")), "A"],
    ["another version", target(distro("ubuntu", "22.04")), "21"],
    ["another distribution", target(distro("debian", "12")), "21"],
    ["one of several distributions", target(distro("debian", "12"), distro("ubuntu", "24.04")), "A"],
    ["everything, by an empty table", target(), "A"],
    ["stack bionic is linux/amd64 ubuntu 18.04", '[[stacks]]\nid = "io.buildpacks.stacks.bionic"', "21"],
    ["stack * is everything", '[[stacks]]\nid = "*"', "A"],
    ["another stack says nothing", '[[stacks]]\nid = "io.buildpacks.stacks.jammy"', "A"],
  ];
  for (const [name, toml, expected] of ROWS) {
    test(name, async () => {
      bench.write("layers/analyzed.toml", ANALYZED);
      assert.equal(await detect({ A: { toml } }, "A"), expected);
    });
  }
  test("an optional buildpack runs whatever it is made for", async () => {
    assert.equal(await detect({ A: {}, B: { toml: target('os = "windows"') } }, "A B?"), "A B");
  });
  test("a required one that does not fit is not run, and said so", async () => {
    const packs = { A: { toml: target('os = "windows"'), detect: 'touch "$HOME/ran"' } };
    const { ended } = await detectAll(packs, "A");
    assert.deepEqual([ended.code, bench.has("home/ran")], [21, false]);
    assert.match(ended.out, /======== Error: A@1\.0\.0 ========\nunable to satisfy target os\/arch constraints/);
  });
  test("the target reaches the buildpack from API 0.10 on", async () => {
    bench.write("layers/analyzed.toml", ANALYZED);
    const detectScript = 'env | grep ^CNB_TARGET | sort >"$HOME/$(basename "$(dirname "$CNB_BUILDPACK_DIR")")"';
    await detect({ A: { detect: detectScript }, B: { detect: detectScript, api: "0.9" } }, "A B");
    const [os, arch, variant] = ["CNB_TARGET_OS=linux", "CNB_TARGET_ARCH=arm64", "CNB_TARGET_ARCH_VARIANT=v8"];
    const distros = ["CNB_TARGET_DISTRO_NAME=ubuntu", "CNB_TARGET_DISTRO_VERSION=24.04"];
    assert.deepEqual(bench.text("home/A").trim().split("\n"), [arch, variant, ...distros, os]);
    assert.equal(bench.text("home/B"), "");
  });
});

describe("what is said (cnb.md §3.1, §3.3)", () => {
  const packs: Readonly<Record<string, Pack>> = {
    A: { detect: "echo a-out; echo a-err >&2" },
    long: { detect: `echo long-out; ${planScript("+d")}` },
    B: { detect: "echo b-out; exit 100" },
    C: { detect: "echo c-out; exit 3" },
  };
  test("after a success: who takes part, aligned; broken ones with their output; no more", async () => {
    const { ended } = await detectAll(packs, "A long? B? C?");
    assert.equal(
      ended.out,
      "======== Output: C@1.0.0 ========\nc-out\nerr:  C@1.0.0 (3)\n1 of 4 buildpacks participating\nA 1.0.0\n",
    );
  });
  test("ids are aligned", async () => {
    const { ended } = await detectAll({ A: {}, "much/longer": {} }, "A much/longer");
    assert.equal(ended.out, "A           1.0.0\nmuch/longer 1.0.0\n");
  });
  test("at level debug: everything", async () => {
    const { ended } = await detectAll(packs, "A long? B? C?", ["-log-level", "debug"]);
    for (const text of [
      "======== Output: A@1.0.0 ========\na-out\na-err\n",
      "======== Output: B@1.0.0 ========\nb-out\n",
      "======== Results ========\npass: A@1.0.0\npass: long@1.0.0\nskip: B@1.0.0\nerr:  C@1.0.0 (3)\n",
      "Resolving plan... (try #1)\nskip: long@1.0.0 provides unused d\n",
    ])
      assert.ok(ended.out.includes(text), `${text}\nnot in\n${ended.out}`);
  });
  test("after a failure: everything, and for code 20 where to look", async () => {
    const { ended } = await detectAll({ A: packs["B"] ?? {} }, "A");
    assert.equal(
      ended.out,
      "======== Output: A@1.0.0 ========\nb-out\n======== Results ========\nfail: A@1.0.0\nNo buildpack groups passed detection.\nPlease check that you are running against the correct path.\n",
    );
    assert.equal(ended.err, "ERROR: failed to detect: no buildpacks participating\n");
  });
  test("after a failure with a broken one: no hint at the path", async () => {
    const { ended } = await detectAll({ A: packs["C"] ?? {} }, "A");
    assert.ok(ended.out.endsWith("err:  A@1.0.0 (3)\nNo buildpack groups passed detection.\n"), ended.out);
    assert.equal(ended.err, "ERROR: failed to detect: buildpack(s) failed with err\n");
  });
});

describe("documents (cnb.md §3.3)", () => {
  test("group.toml carries id, version, api and homepage", async () => {
    await detect({ A: { api: "0.9", toml: 'homepage = "https://example.org"' }, "B@2.1.0": {} }, "A B@2.1.0");
    assert.deepEqual(bench.toml("layers/group.toml"), {
      group: [
        { id: "A", version: "1.0.0", api: "0.9", homepage: "https://example.org" },
        { id: "B", version: "2.1.0", api: "0.10" },
      ],
    });
  });
  test("a plan of nothing is a file of 0 bytes", async () => {
    await detect({ A: {} }, "A");
    assert.equal(statSync(bench.at("layers/plan.toml")).size, 0);
  });
});
