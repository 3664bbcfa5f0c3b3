import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { GroupMember } from "../buildpack-registry.ts";
import { BuildBench, type FakeBuildpack } from "../testing/build-bench.ts";
import { detect } from "./detect.ts";

let bench: BuildBench;
beforeEach(() => (bench = new BuildBench()));
afterEach(() => bench.dispose());

const required = (id: string, fake?: FakeBuildpack): GroupMember => ({
  buildpack: bench.buildpack(id, fake),
  optional: false,
});
const optional = (id: string, fake?: FakeBuildpack): GroupMember => ({ ...required(id, fake), optional: true });
const plan = (...lines: string[]): string => `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} >"$2"`;
const COUNT = 'echo run >>"$CNB_BUILDPACK_DIR/runs"';
const runs = (id: string): number =>
  readFileSync(join(bench.root, "buildpacks", id, "runs"), "utf8").split("\n").length - 1;

describe("groups (cnb.md §3.2)", () => {
  test("the first group that passes wins; each buildpack is asked once; later groups are not asked", async () => {
    const shared = optional("shared", { detect: `${COUNT}; exit 100` });
    const never = required("never", { detect: COUNT });
    const order = [[required("no", { detect: "exit 100" }), shared], [required("yes"), shared], [never]];
    const found = await detect(order, bench.context());
    assert.deepEqual(found.ok && found.group.map(({ id }) => id), ["yes"]);
    assert.equal(runs("shared"), 1);
    assert.equal(existsSync(join(bench.root, "buildpacks/never/runs")), false);
    assert.deepEqual(bench.output, ["lifecycle: 1 of 2 buildpacks participating", "lifecycle: yes 1.0.0"]);
  });

  test("writes group.toml and plan.toml; a plan of nothing is a file of 0 bytes", async () => {
    const context = bench.context();
    await detect([[required("a")]], context);
    assert.match(readFileSync(join(context.directories.layers, "group.toml"), "utf8"), /id = "a"/);
    assert.equal(statSync(join(context.directories.layers, "plan.toml")).size, 0);
  });

  test("an optional buildpack that says no, breaks or does not fit is left out", async () => {
    const order = [[
      required("a"),
      optional("no", { detect: "exit 100" }),
      optional("broken", { detect: "exit 7" }),
      optional("unmet", { detect: plan("[[requires]]", 'name = "x"') }),
      optional("b"),
    ]]; // prettier-ignore
    const found = await detect(order, bench.context());
    assert.deepEqual(found.ok && found.group.map(({ id }) => id), ["a", "b"]);
  });

  test("a group of which nobody takes part fails", async () => {
    const found = await detect([[optional("a", { detect: "exit 100" })]], bench.context());
    assert.deepEqual(found.ok, false);
  });

  test("a group that passes but whose plans do not fit gives way to the next", async () => {
    const offer = plan("[[provides]]", 'name = "x"');
    const found = await detect([[required("a", { detect: offer })], [required("b")]], bench.context());
    assert.deepEqual(found.ok && found.group.map(({ id }) => id), ["b"]);
  });

  test("all of a group run side by side", async () => {
    // Each waits for the other's mark, so one after the other would never end.
    const meet = (own: string, other: string): string =>
      `: >"$HOME/${own}"; until [ -e "$HOME/${other}" ]; do sleep 0.02; done`;
    const found = await detect(
      [[required("a", { detect: meet("a", "b") }), required("b", { detect: meet("b", "a") })]],
      bench.context(),
    );
    assert.equal(found.ok, true);
  });
});

describe("what went wrong (cnb.md §3.3, §10)", () => {
  test("nobody wants it: the Results block, and nobody is to blame", async () => {
    const found = await detect(
      [[required("a", { detect: "echo why; exit 100" }), optional("b", { detect: "exit 100" })]],
      bench.context(),
    );
    assert.deepEqual(found, {
      ok: false,
      exitCode: 20,
      errored: [],
      report: [
        "======== Output: a@1.0.0 ========",
        "why",
        "======== Results ========",
        "fail: a@1.0.0",
        "skip: b@1.0.0",
        "No buildpack groups passed detection.",
        "Please check that you are running against the correct path.",
      ],
    });
  });

  const BROKEN: readonly (readonly [name: string, script: string, code: number, problem?: RegExp])[] = [
    ["an exit code of its own", "echo oops; exit 3", 3],
    ["a plan that is no TOML", `echo oops; ${plan("[[provides")}`, -1, /^build plan: line 1/],
    [
      "a version outside of metadata",
      `echo oops; ${plan("[[requires]]", 'name = "x"', 'version = "1"')}`,
      -1,
      /`version`/,
    ],
    ["a plan that is gone", 'echo oops; rm "$2"', -1, /^build plan: is gone/],
    ["a pipe instead of a plan", 'echo oops; rm "$2"; mkfifo "$2"', -1, /^build plan: is not a regular file/],
    ["a link instead of a plan", 'echo oops; ln -sf /etc/passwd "$2"', -1, /^build plan: is a link/],
    ["a plan of bytes that are no text", `echo oops; printf '\\377' >"$2"`, -1, /^build plan: is not UTF-8/],
    ["a signal", "echo oops; kill -9 $$", -1, /^bin\/detect was killed by SIGKILL/],
  ];
  for (const [name, script, code, problem] of BROKEN) {
    test(name, async () => {
      const found = await detect([[required("a", { detect: script })]], bench.context());
      assert.ok(!found.ok);
      const [one, ...others] = found.errored;
      assert.deepEqual([found.exitCode, one?.id, one?.code, one?.lines, others], [21, "a", code, ["oops"], []]);
      assert.match(one?.problem ?? "", problem ?? /^$/);
      assert.ok(found.report.includes(code === -1 ? "err:  a@1.0.0" : `err:  a@1.0.0 (${code})`));
    });
  }

  test("one that does not end is killed and counts as broken", async () => {
    const context = bench.context("one", { detectLimitMs: 100 });
    const found = await detect([[required("a", { detect: "echo oops; sleep 300" })]], context);
    assert.ok(!found.ok);
    assert.deepEqual([found.exitCode, found.errored[0]?.problem], [21, "bin/detect took longer than 0.1 s"]);
  });

  test("a program that cannot be started counts as broken; it is named", async () => {
    const member = required("a");
    bench.write({ "buildpacks/a/bin/detect": "#!/nowhere/sh\n" });
    const found = await detect([[member]], bench.context());
    assert.ok(!found.ok);
    assert.deepEqual([found.exitCode, found.errored[0]?.code], [21, -1]);
    assert.match(found.errored[0]?.problem ?? "", /bin\/detect of a could not be started/);
  });

  test("an abort is E_CANCELLED", async () => {
    const context = bench.context("one", { signal: AbortSignal.abort() });
    await assert.rejects(detect([[required("a", { detect: "sleep 300" })]], context), { code: "E_CANCELLED" });
  });
});

describe("what bin/detect sees (cnb.md §3.1)", () => {
  const environmentOf = async (api: string): Promise<Map<string, string>> => {
    const context = bench.context();
    bench.write({ USER_VARIABLE: "u" }, "one/scratch/platform/env");
    await detect(
      [[required("a", { api, detect: 'pwd >"$HOME/cwd"; env >"$HOME/env"; echo "$@" >"$HOME/args"' })]],
      context,
    );
    const lines = readFileSync(join(bench.root, "one/scratch/env"), "utf8").trimEnd().split("\n");
    return new Map(
      lines.map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  };
  const CNB = [
    "CNB_BUILDPACK_DIR",
    "CNB_PLATFORM_DIR",
    "CNB_BUILD_PLAN_PATH",
    "CNB_TARGET_OS",
    "CNB_TARGET_ARCH",
    "CNB_TARGET_DISTRO_NAME",
    "CNB_TARGET_DISTRO_VERSION",
    "CNB_EXEC_ENV",
  ];
  for (const [api, count] of [
    ["0.7", 1],
    ["0.8", 3],
    ["0.9", 3],
    ["0.10", 7],
    ["0.12", 8],
  ] as const) {
    test(`API ${api}`, async () => {
      const env = await environmentOf(api);
      for (const name of ["PWD", "OLDPWD", "SHLVL", "_"]) env.delete(name);
      assert.deepEqual(
        [...env.keys()].toSorted(),
        [...CNB.slice(0, count), "HOME", "PATH", "USER_VARIABLE"].toSorted(),
      );
      const text = (name: string): string => readFileSync(join(bench.root, "one/scratch", name), "utf8").trim();
      assert.equal(text("cwd"), join(bench.root, "one/app"));
      const planFile = join(bench.root, "one/scratch/plans/a@1.0.0.detect.toml");
      assert.equal(text("args"), `${join(bench.root, "one/scratch/platform")} ${planFile}`);
      if (count > 1) assert.equal(env.get("CNB_BUILD_PLAN_PATH"), planFile);
    });
  }
});
