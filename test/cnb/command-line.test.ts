// The programs themselves: flags > variables > defaults, API checks, root, exit codes. cnb.md §1, §10, §16 "Detect CLI", "Build CLI".
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isProcessAlive } from "../../src/lib/process-alive.ts";
import { CnbBench, heredoc, orderToml, planScript, type Call } from "./cnb-bench.ts";

let bench: CnbBench;
beforeEach(() => {
  bench = new CnbBench();
  bench.pack("A", { detect: planScript("+x -x"), build: 'echo "app $(pwd) platform $2"' });
});
afterEach(() => bench.dispose());

describe("what is refused before anything runs (cnb.md §10)", () => {
  type Row = readonly [name: string, phase: string, call: Call, code: number, message: RegExp];
  const ROWS: readonly Row[] = [
    ...["detect", "restore", "build"].flatMap((phase): Row[] => [
      ["an argument", phase, { flags: ["some-arg"] }, 3, /failed to parse arguments: received unexpected arguments/],
      [
        "an unknown flag",
        phase,
        { flags: ["-nope"] },
        3,
        /failed to parse arguments: flag provided but not defined: -nope/,
      ],
      ["a flag without its value", phase, { flags: ["-layers"] }, 3, /flag needs an argument: -layers/],
      ["no platform API", phase, { unset: ["CNB_PLATFORM_API"] }, 11, /please set 'CNB_PLATFORM_API'/],
      [
        "another platform API",
        phase,
        { env: { CNB_PLATFORM_API: "0.1" } },
        11,
        /platform API version '0\.1' is incompatible with the lifecycle/,
      ],
      ["no version as platform API", phase, { env: { CNB_PLATFORM_API: "x" } }, 11, /incompatible/],
      ["a log level that is none", phase, { flags: ["-log-level", "loud"] }, 3, /failed to parse log level/],
    ]),
    ["root", "detect", { uid: 0 }, 1, /^ERROR: failed to detect: refusing to run as root\n$/],
    ["root", "build", { uid: 0 }, 1, /^ERROR: failed to build: refusing to run as root\n$/],
    ["an unknown phase", "deploy", {}, 3, /unknown phase: deploy/],
    [
      "a switch that is neither yes nor no",
      "restore",
      { flags: ["-skip-layers=maybe"] },
      3,
      /invalid boolean value "maybe" for -skip-layers/,
    ],
    ["a user that is no number", "restore", { flags: ["-uid", "me", "-gid", "1"] }, 3, /invalid value "me" for -uid/],
  ];
  for (const [name, phase, call, code, message] of ROWS) {
    test(`${phase}: ${name}`, async () => {
      bench.order("A");
      const ended = await bench.run(phase, call);
      assert.equal(ended.code, code);
      assert.match(ended.err, message);
      assert.deepEqual([ended.out, bench.has("layers/group.toml"), bench.has("layers/config")], ["", false, false]);
    });
  }
});

describe("detect: the order and its buildpacks (cnb.md §16)", () => {
  test("no order", async () => {
    const { code, err } = await bench.run("detect");
    assert.deepEqual([code, err], [
      1,
      "ERROR: failed to initialize detector: reading order: reading buildpack order file: open /cnb/order.toml: no such file or directory\n",
    ]); // prettier-ignore
  });
  test("an order that is not there", async () => {
    const { code, err } = await bench.run("detect", { flags: ["-order=custom/order.toml"] });
    assert.equal(code, 1);
    assert.ok(
      err.startsWith(
        `ERROR: failed to initialize detector: reading order: reading buildpack order file: open ${bench.at("custom/order.toml")}: no such file`,
      ),
      err,
    );
  });
  test("an order that is no TOML", async () => {
    bench.write("layers/order.toml", "[[order");
    const { code, err } = await bench.run("detect");
    assert.deepEqual(
      [code, /failed to initialize detector: reading order: .*order\.toml: line 1/.test(err)],
      [1, true],
    );
  });
  test("a buildpack that is not there", async () => {
    bench.order("nowhere");
    const { code, err } = await bench.run("detect");
    assert.deepEqual([code, /the buildpack nowhere@1\.0\.0 is not in/.test(err)], [1, true]);
  });
  test("a buildpack.toml that is no TOML", async () => {
    bench.write("cnb/buildpacks/bad/1.0.0/buildpack.toml", "api =");
    bench.order("bad");
    const { code, err } = await bench.run("detect");
    assert.deepEqual([code, /bad\/1\.0\.0\/buildpack\.toml: line 1/.test(err)], [1, true]);
  });
  for (const api of ["0.1", "0.6", "0.13", "1.0", "x"]) {
    test(`buildpack API ${api}, also in a group that would not be tried`, async () => {
      bench.pack("bad", { api });
      bench.order("A | bad");
      const { code, err } = await bench.run("detect");
      assert.equal(code, 12);
      assert.match(err, new RegExp(`buildpack API version '${api}' is incompatible with the lifecycle`));
    });
  }
  for (const api of ["0.7", "0.8", "0.9", "0.10", "0.11", "0.12"]) {
    test(`buildpack API ${api}`, async () => {
      bench.pack("good", { api });
      bench.order("good");
      assert.equal((await bench.run("detect")).code, 0);
    });
  }
});

describe("flags before variables before defaults (cnb.md §1)", () => {
  const SEES = 'echo "platform_path: $1"; echo "app_dir: $(pwd)"; echo "dir: $CNB_BUILDPACK_DIR"';
  test("every directory and document of detect by variable", async () => {
    bench.write("other/buildpacks/A/1.0.0/buildpack.toml", bench.text("cnb/buildpacks/A/1.0.0/buildpack.toml"));
    bench.write("other/buildpacks/A/1.0.0/bin/detect", `#!/bin/sh\n${SEES}\n`, 0o755);
    bench.write("other/order.toml", orderToml("A"));
    bench.write("other/app/f", "");
    const env = {
      CNB_ORDER_PATH: bench.at("other/order.toml"),
      CNB_BUILDPACKS_DIR: bench.at("other/buildpacks"),
      CNB_APP_DIR: bench.at("other/app"),
      CNB_GROUP_PATH: "./custom_group.toml",
      CNB_PLAN_PATH: "./custom_plan.toml",
      CNB_PLATFORM_DIR: bench.at("other/platform"),
      CNB_LOG_LEVEL: "debug",
    };
    const { code, out } = await bench.run("detect", { env });
    assert.equal(code, 0);
    const expected = [`platform_path: ${env.CNB_PLATFORM_DIR}`, `app_dir: ${env.CNB_APP_DIR}`];
    for (const text of [...expected, `dir: ${env.CNB_BUILDPACKS_DIR}/A/1.0.0`]) assert.ok(out.includes(text), out);
    assert.deepEqual([bench.has("custom_group.toml"), bench.text("custom_plan.toml")], [true, ""]);
    assert.equal(bench.has("layers/group.toml"), false);
  });
  test("a flag wins over its variable; one dash or two, by = or as a word", async () => {
    bench.order("A");
    const flags = ["--group", bench.at("one.toml"), `-plan=${bench.at("two.toml")}`];
    const env = { CNB_GROUP_PATH: bench.at("no.toml"), CNB_PLAN_PATH: bench.at("no.toml") };
    assert.equal((await bench.run("detect", { flags, env })).code, 0);
    assert.deepEqual([bench.has("one.toml"), bench.has("two.toml"), bench.has("no.toml")], [true, true, false]);
  });
  test("documents lie in the layers directory, wherever that is; so does the order", async () => {
    bench.write("elsewhere/order.toml", orderToml("A"));
    assert.equal((await bench.run("detect", { flags: ["-layers", "elsewhere"] })).code, 0);
    assert.deepEqual([bench.has("elsewhere/group.toml"), bench.has("elsewhere/plan.toml")], [true, true]);
  });
  test("`<layers>` in a variable is the layers directory", async () => {
    bench.order("A");
    const env = { CNB_GROUP_PATH: "<layers>/g.toml", CNB_PLAN_PATH: "<layers>/p.toml" };
    assert.equal((await bench.run("detect", { env })).code, 0);
    assert.deepEqual([bench.has("layers/g.toml"), bench.has("layers/p.toml")], [true, true]);
  });
  test("build takes app, platform, group, plan and buildpacks from flags", async () => {
    bench.write("g.toml", '[[group]]\nid = "A"\nversion = "1.0.0"\napi = "0.10"\n');
    bench.write("p.toml", "");
    bench.write("other/f", "");
    const flags = ["-group", "g.toml", "-plan", "p.toml", "-app", "other", "-platform", "pf"];
    const { code, out } = await bench.run("build", { flags });
    assert.deepEqual([code, out], [0, `app ${bench.at("other")} platform ${bench.at("pf")}\n`]);
  });
  test("-version says it and does nothing", async () => {
    const { code, out } = await bench.run("detect", { flags: ["-version"] });
    assert.deepEqual([code, /^portside-\d/.test(out)], [0, true]);
  });
});

describe("the program itself (cnb.md §10)", () => {
  test("detect, restore, build one after the other; the documents carry everything", async () => {
    bench.order("A");
    const detected = await bench.spawn(["detect"]);
    assert.deepEqual([detected.code, detected.output.trim()], [0, "A 1.0.0"]);
    assert.equal((await bench.spawn(["restore"])).code, 0);
    const built = await bench.spawn(["build"]);
    assert.deepEqual([built.code, built.output.includes(`app ${bench.at("app")}`)], [0, true]);
    assert.deepEqual(bench.toml("layers/config/metadata.toml")["buildpacks"], [
      { id: "A", version: "1.0.0", api: "0.10" },
    ]);
  });
  test("exit codes reach the caller", async () => {
    bench.pack("no", { detect: "exit 100" });
    bench.order("no");
    assert.equal((await bench.spawn(["detect"])).code, 20);
  });
  test("as root it refuses", async (t) => {
    if (process.getuid?.() !== 0) return t.skip("not root here: the refusal itself is tested above, in this process");
    bench.order("A");
    for (const phase of ["detect", "build"]) {
      const { code, output } = await bench.spawn([phase], { asRoot: true });
      assert.deepEqual([code, output.trim()], [1, `ERROR: failed to ${phase}: refusing to run as root`]);
    }
  });
  test("restore goes on as the user it is told", async (t) => {
    if (process.getuid?.() !== 0) return t.skip("not root here: there are no rights to give up");
    bench.group(["A"]);
    const { code } = await bench.spawn(["restore"], { asRoot: true, flags: ["-uid", "65534", "-gid", "65534"] });
    assert.deepEqual([code, bench.owner("layers/A"), bench.owner("layers")], [0, "65534:65534", "65534:65534"]);
  });
  test("called by a phase's own name, as the reference's programs are", async () => {
    bench.order("A");
    symlinkSync(new URL("../../bin/portside-lifecycle.ts", import.meta.url), bench.at("detector.ts"));
    const { code, output } = await bench.spawn([], { program: bench.at("detector.ts"), flags: ["surplus"] });
    assert.deepEqual([code, output.trim()], [3, "ERROR: failed to parse arguments: received unexpected arguments"]);
  });
  test("nothing of it is left in the temporary directory", async () => {
    bench.order("A");
    bench.pack("T", { detect: heredoc("$2", "") });
    assert.equal((await bench.spawn(["detect"], { env: { TMPDIR: bench.at("home") } })).code, 0);
    assert.deepEqual(bench.list("home"), []);
  });
});

describe("killed in a phase, and built again (cnb.md §16)", () => {
  /** Starts a phase whose buildpack writes its pid and waits, ends the lifecycle there, and gives how it ended. */
  async function killIn(
    phase: "detect" | "build",
    signal: "SIGTERM" | "SIGKILL",
  ): Promise<{ code: number | null; pid: number }> {
    const wait = `echo $$ >"$HOME/pid.new"; mv "$HOME/pid.new" "$HOME/pid"; exec sleep 300`;
    bench.pack("A", { [phase]: wait });
    const running = bench.start([phase]);
    await until(() => bench.has("home/pid"));
    running.kill(signal);
    return { code: await running.ended, pid: Number(bench.text("home/pid")) };
  }
  const again = async (): Promise<readonly number[]> => {
    bench.pack("A", { build: `mkdir -p "$1/l"; ${heredoc("$1/l.toml", "[types]\nlaunch = true")}` });
    const codes: number[] = [];
    for (const phase of ["detect", "restore", "build"]) codes.push((await bench.run(phase)).code);
    return codes;
  };
  for (const phase of ["detect", "build"] as const) {
    test(`SIGTERM in ${phase}: the buildpack ends with it, exit code 130, nothing hinders the next run`, async () => {
      bench.order("A");
      bench.group(["A"]);
      const { code, pid } = await killIn(phase, "SIGTERM");
      assert.equal(code, 130);
      await until(() => !isProcessAlive(pid));
      assert.deepEqual(await again(), [0, 0, 0]);
    });
    test(`SIGKILL in ${phase}: nothing hinders the next run`, async () => {
      bench.order("A");
      bench.group(["A"]);
      const { code, pid } = await killIn(phase, "SIGKILL");
      process.kill(pid, "SIGKILL");
      assert.equal(code, null);
      assert.deepEqual(await again(), [0, 0, 0]);
    });
  }
});

async function until(isTrue: () => boolean): Promise<void> {
  for (const limit = performance.now() + 30_000; !isTrue(); await delay(20)) {
    assert.ok(performance.now() < limit, "it did not happen within 30 s");
  }
}
