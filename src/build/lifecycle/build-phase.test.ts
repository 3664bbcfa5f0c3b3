import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isProcessAlive } from "../../lib/process-alive.ts";
import type { PortsideError } from "../../model/error-registry.ts";
import type { PlanEntry } from "../files/plan-toml.ts";
import { BuildBench, type FakeBuildpack } from "../testing/build-bench.ts";
import { build, requirementsFor, withoutMet, type BuildOutcome } from "./build-phase.ts";

let bench: BuildBench;
beforeEach(() => (bench = new BuildBench()));
afterEach(() => bench.dispose());

const layers = (path: string): string => join(bench.root, "one/layers", path);
const text = (path: string): string => readFileSync(join(bench.root, path), "utf8");

function run(fakes: Readonly<Record<string, FakeBuildpack>>, plan: readonly PlanEntry[] = []): Promise<BuildOutcome> {
  const group = Object.entries(fakes).map(([id, fake]) => bench.buildpack(id, fake));
  return build(group, plan, bench.context());
}

const entry = (name: string, ...providers: string[]): PlanEntry => ({
  providers: providers.map((id) => ({ id, version: "1.0.0" })),
  requires: [{ name, metadata: { for: name } }],
});

/** Resolves when the process is gone; a killed one needs a moment. Rejects after 5 s. */
async function gone(pid: number): Promise<void> {
  for (const until = performance.now() + 5_000; isProcessAlive(pid); await delay(5)) {
    assert.ok(performance.now() < until, `process ${pid} still runs`);
  }
}

describe("plan of one buildpack (cnb.md §5.1, §5.2)", () => {
  const plan = [entry("x", "a", "b"), entry("y", "b")];
  test("what it provides, minus what earlier ones met", () => {
    assert.deepEqual(
      requirementsFor({ id: "a" }, plan).map(({ name }) => name),
      ["x"],
    );
    assert.deepEqual(
      requirementsFor({ id: "b" }, plan).map(({ name }) => name),
      ["x", "y"],
    );
    assert.deepEqual(requirementsFor({ id: "c" }, plan), []);
    assert.deepEqual(withoutMet(plan, new Set(["x"])), [plan[1]]);
  });
  test("met unless the buildpack says unmet", async () => {
    const keep = 'cp "$3" "$CNB_BUILDPACK_DIR/plan"';
    const unmet = `${keep}; printf '[[unmet]]\\nname = "x"\\n' >"$1/build.toml"`;
    await run({ a: { build: unmet }, b: { build: keep }, c: { build: keep } }, [entry("x", "a", "b", "c")]);
    assert.match(text("buildpacks/a/plan"), /name = "x"[^]*for = "x"/);
    assert.match(text("buildpacks/b/plan"), /name = "x"/);
    assert.equal(text("buildpacks/c/plan"), "");
  });
  test("unmet without being in the plan is an error", async () => {
    const unmet = `printf '[[unmet]]\\nname = "x"\\n' >"$1/build.toml"`;
    await assert.rejects(run({ a: { build: unmet } }), {
      code: "E_BUILD_FAILED",
      message: /a left a wrong build\.toml: `x` is unmet/,
    });
  });
});

describe("layers (cnb.md §5.2)", () => {
  test("in alphabetical order with their types; one that is for nothing is set aside", async () => {
    const { built } = await run({
      a: {
        build: `for l in z b none; do mkdir "$1/$l"; done
          printf '[types]\\nlaunch = true\\n' >"$1/z.toml"; printf '[types]\\ncache = true\\n' >"$1/b.toml"
          : >"$1/none.toml"; printf '[metadata]\\na = 1\\n' >"$1/store.toml"`,
      },
    });
    assert.deepEqual(
      built[0]?.layers.map(({ name }) => name),
      ["b", "z"],
    );
    assert.ok(existsSync(layers("a/none.ignore")) && !existsSync(layers("a/none")));
  });

  const WRONG: readonly (readonly [string, string, RegExp])[] = [
    ["flags at the top level", 'echo "launch = true" >"$1/x.toml"', /x\.toml: `launch` stands at the top level/],
    ["a broken launch.toml", 'echo "[[processes]" >"$1/launch.toml"', /launch\.toml: line 1/],
    [
      "`direct` under API 0.9",
      `printf '[[processes]]\\ntype = "w"\\ncommand = ["a"]\\ndirect = true\\n' >"$1/launch.toml"`,
      /`direct` is gone/,
    ],
    ["a broken store.toml", 'echo "metadata = 1" >"$1/store.toml"', /store\.toml: metadata/],
  ];
  for (const [name, script, message] of WRONG) {
    test(name, () => assert.rejects(run({ a: { build: script } }), { code: "E_BUILD_FAILED", message }));
  }

  test("build layers reach later buildpacks, launch layers do not; user variables win over env, join PATH", async () => {
    bench.write({ A: "user", PATH: "/user" }, "one/scratch/platform/env");
    const make = `mkdir -p "$1/tool/bin" "$1/tool/env" "$1/run/bin"; printf layer >"$1/tool/env/A"; printf layer >"$1/tool/env/B"
      printf '[types]\\nbuild = true\\n' >"$1/tool.toml"; printf '[types]\\nlaunch = true\\n' >"$1/run.toml"`;
    await run({ a: { build: make }, b: { build: 'echo "$PATH" >"$HOME/path"; echo "$A $B" >"$HOME/values"' } });
    assert.equal(text("one/scratch/path"), `/user:${layers("a/tool/bin")}:/usr/bin:/bin\n`);
    assert.equal(text("one/scratch/values"), "user layer\n");
  });
});

describe("programs (cnb.md §5.1)", () => {
  test("arguments, directory and variables; output goes on line by line", async () => {
    await run({ "x/a": { build: 'echo "$@"; pwd; echo "$CNB_LAYERS_DIR $CNB_BP_PLAN_PATH"; echo err >&2' } });
    const [own, plan] = [layers("x_a"), join(bench.root, "one/scratch/plans/x_a.build.toml")];
    const expected = [
      `${own} ${join(bench.root, "one/scratch/platform")} ${plan}`,
      join(bench.root, "one/app"),
      `${own} ${plan}`,
      "err",
    ];
    assert.deepEqual(bench.output.toSorted(), expected.map((line) => `x/a: ${line}`).toSorted());
  });

  test("a failure carries id, exit code and the last 20 lines; later buildpacks do not run", async () => {
    const fakes = { a: { build: "seq 30; exit 4" }, b: { build: ': >"$HOME/ran"' } };
    await assert.rejects(run(fakes), (error: PortsideError) => {
      assert.deepEqual(
        [error.code, error.message],
        ["E_BUILD_FAILED", "The build failed: in build, a ended with exit code 4."],
      );
      assert.deepEqual(
        error.evidence,
        Array.from({ length: 20 }, (_, index) => String(index + 11)),
      );
      return true;
    });
    assert.equal(existsSync(join(bench.root, "one/scratch/ran")), false);
  });

  for (const line of ["npm error code ENOSPC", "tar: write error: No space left on device", "Disk quota exceeded"]) {
    test(`a full disk is told apart: ${line}`, () =>
      assert.rejects(run({ a: { build: `echo "${line}"; exit 1` } }), {
        code: "E_DISK_FULL",
        message: new RegExp(line),
      }));
  }

  test("nothing it started outlives it", async () => {
    await run({ a: { build: 'sleep 300 & echo $! >"$HOME/pid"' } });
    await gone(Number(text("one/scratch/pid")));
  });

  test("an abort kills it and is E_CANCELLED", async () => {
    const abort = new AbortController();
    const context = bench.context("one", { signal: abort.signal, onOutput: () => abort.abort() });
    await assert.rejects(build([bench.buildpack("a", { build: "echo started; sleep 300" })], [], context), {
      code: "E_CANCELLED",
    });
  });

  test("processes go into metadata.toml, sorted by type", async () => {
    const declare = (type: string): string =>
      `printf '[[processes]]\\ntype = "${type}"\\ncommand = ["c"]\\n' >"$1/launch.toml"`;
    const { processes } = await run({ a: { build: declare("worker") }, b: { build: declare("api") } });
    assert.deepEqual(
      processes.map(({ type, buildpackId }) => `${type} ${buildpackId}`),
      ["worker a", "api b"],
    );
    assert.match(text("one/layers/config/metadata.toml"), /type = "api"[^]*type = "worker"/);
  });
});
