import assert from "node:assert/strict";
import { test } from "node:test";
import { secret } from "../../lib/secret.ts";
import type { AppName } from "../../model/app.ts";
import type { LaunchProcess, LaunchStep } from "../../model/launch-plan.ts";
import type { InstanceSpec } from "../engine.ts";
import { InstanceDirectory } from "./instance-directory.ts";
import { findEnvProblem, findShell, planLaunch } from "./launch.ts";
import { planShim } from "./shim.ts";

const directory = new InstanceDirectory("/i/web-1");
const APP = "/store/abc/app";

function specOf(
  process: Partial<LaunchProcess>,
  steps: readonly LaunchStep[] = [],
  env: Record<string, string> = {},
): InstanceSpec {
  const launch: LaunchProcess = {
    type: "web",
    command: [],
    args: [],
    direct: true,
    default: true,
    buildpackId: "test",
    ...process,
  };
  return {
    id: "web-1",
    app: "shop" as AppName,
    kind: "service",
    name: "web.1",
    artifact: {
      digest: `sha256:${"0".repeat(64)}`,
      form: "slug",
      directory: "/store/abc",
      processes: [launch],
      launchPlan: { steps },
      buildpacks: [],
      builtAt: 0,
      sizeBytes: 0,
    },
    process: launch,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, secret(value)])),
    port: false,
    stopTimeoutS: 1,
  };
}

const places = { directory, basePath: "/usr/bin:/bin", shell: "/bin/bash", port: undefined };

test("§4 defaults stand below layers, layers below config, PORT above all", () => {
  const layer = { kind: "env", name: "LANG", action: "override", value: "de", delimiter: "" } as const;
  const plain = planLaunch(specOf({}), places).env;
  assert.deepEqual(plain, { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", HOME: "/i/web-1/app", TMPDIR: "/i/web-1/tmp" });
  assert.equal(planLaunch(specOf({}, [layer]), places).env["LANG"], "de");
  const own = planLaunch(specOf({}, [layer], { LANG: "fr", HOME: "/h", PORT: "1" }), { ...places, port: 12_345 }).env;
  assert.deepEqual([own["LANG"], own["HOME"], own["PORT"]], ["fr", "/h", "12345"]);
});

test("§1 paths of the artifact's app become those of the instance's copy; layers stay", () => {
  const steps = [
    { kind: "pathDirectory", name: "PATH", directory: `${APP}/bin` },
    { kind: "pathDirectory", name: "PATH", directory: "/store/abc/layers/node/bin" },
    { kind: "env", name: "ROOT", action: "override", value: `a:${APP}/lib`, delimiter: "" },
  ] as const;
  const process = { command: [`${APP}/run`], args: [`--root=${APP}`], workingDir: `${APP}/below` };
  const launch = planLaunch(specOf(process, steps), places);
  assert.deepEqual(launch.argv, ["/i/web-1/app/run", "--root=/i/web-1/app"]);
  assert.equal(launch.cwd, "/i/web-1/app/below");
  assert.equal(launch.env["PATH"], "/store/abc/layers/node/bin:/i/web-1/app/bin:/usr/bin:/bin");
  assert.equal(launch.env["ROOT"], "a:/i/web-1/app/lib");
  assert.equal(planLaunch(specOf({ workingDir: "sub" }), places).cwd, "/i/web-1/app/sub");
});

test("§4 what no environment can hold is told without the value", () => {
  const bad = [{ "A=B": "x" }, { "": "x" }, { A: "canary\0" }, { A: "canary".repeat(20_000) }];
  for (const env of bad) assert.doesNotMatch(findEnvProblem(env, 65_536) ?? assert.fail("it is fine"), /canary/);
  assert.equal(findEnvProblem({ A: "é".repeat(32_768), "a.b": "" }, 65_536), undefined);
});

test("§4 no value stands in an argument of the shim", () => {
  const order = {
    attempt: "aa",
    passing: "split",
    argv: ["run"],
    cwd: "/",
    env: { TOKEN: "canary", OTHER: "canary2" },
  } as const;
  const { argv, env } = planShim(directory, order);
  assert.ok(!argv.join(" ").includes("canary") && !argv.join(" ").includes("TOKEN"));
  assert.deepEqual([env["PORTSIDE_E0"], env["PORTSIDE_E1"]], ["TOKEN=canary", "OTHER=canary2"]);
});

test("§2 bash where there is one, else sh", () => {
  assert.equal(findShell("/nowhere:/nowhere/else"), "/bin/sh");
  assert.match(findShell("/nowhere:/usr/bin:/bin"), /^\/(usr\/)?bin\/(ba)?sh$/);
});
