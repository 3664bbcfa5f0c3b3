import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { planLaunch } from "./launch-plan-writer.ts";
import { BuildBench } from "./testing/build-bench.ts";

let bench: BuildBench;
beforeEach(() => (bench = new BuildBench()));
afterEach(() => bench.dispose());

test("order: per buildpack roots of all layers, then env by layer; exec.d and profiles after all (cnb.md §7.1)", () => {
  const a1 = bench.write(
    {
      "bin/x": "",
      "env/A": "1",
      "env.launch/B.default": "2",
      "env.launch/web/C.append": "3",
      "env.launch/web/C.delim": ":",
      "env.build/D": "x",
    },
    "a/1",
  );
  const a2 = bench.write(
    { "lib/x": "", "exec.d/10": "", "exec.d/web/20": "", "profile.d/p.sh": "", "profile.d/worker/q.sh": "" },
    "a/2",
  );
  const b1 = bench.write({ "bin/x": "", "exec.d/05": "", "include/x": "" }, "b/1");
  const env = { kind: "env", delimiter: "" } as const;
  assert.deepEqual(planLaunch([[a1, a2], [b1]]).steps, [
    { kind: "pathDirectory", name: "PATH", directory: `${a1}/bin` },
    { kind: "pathDirectory", name: "LD_LIBRARY_PATH", directory: `${a2}/lib` },
    { ...env, name: "A", action: "override", value: "1" },
    { ...env, name: "B", action: "default", value: "2" },
    { ...env, name: "C", action: "append", value: "3", delimiter: ":", processType: "web" },
    { kind: "pathDirectory", name: "PATH", directory: `${b1}/bin` },
    { kind: "execD", path: `${a2}/exec.d/10` },
    { kind: "execD", path: `${a2}/exec.d/web/20`, processType: "web" },
    { kind: "execD", path: `${b1}/exec.d/05` },
    { kind: "profile", path: `${a2}/profile.d/p.sh` },
    { kind: "profile", path: `${a2}/profile.d/worker/q.sh`, processType: "worker" },
  ]);
});

test("a type with dots; layers without anything", () => {
  const layer = bench.write({ "env.launch/process.with.period/A": "1" }, "l");
  const [step, ...more] = planLaunch([[layer, `${bench.root}/nowhere`], []]).steps;
  assert.deepEqual([step && "processType" in step && step.processType, more], ["process.with.period", []]);
});
