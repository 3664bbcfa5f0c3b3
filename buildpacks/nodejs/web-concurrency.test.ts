import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { NodejsBench } from "./testing/bench.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What the program writes to file descriptor 3, for a process in these groups. */
function run(groups: string, files: Record<string, string>, env: Record<string, string> = {}): Record<string, unknown> {
  for (const [path, text] of Object.entries({ cgroup: groups, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const program = join(import.meta.dirname, "lib/web-concurrency.sh");
  const result = spawnSync("/bin/sh", ["-c", 'exec "$1" 3>"$2"', "sh", program, join(root, "out")], {
    env: { PATH: "/usr/bin:/bin", CGROUP_ROOT: root, CGROUP_FILE: join(root, "cgroup"), ...env },
    encoding: "utf8",
  });
  assert.deepEqual([result.status, result.stdout, result.stderr], [0, "", ""]);
  return { ...parse(readFileSync(join(root, "out"), "utf8")) };
}
const values = (memory: string, each: string, concurrency: string): Record<string, string> => ({
  MEMORY_AVAILABLE: memory,
  WEB_MEMORY: each,
  WEB_CONCURRENCY: concurrency,
});
const MIB = 1_048_576;

describe("WEB_CONCURRENCY by the memory limit (cnb.md §15)", () => {
  const CASES: readonly (readonly [string, string, Record<string, string>, Record<string, string>])[] = [
    ["no limit at all", "0::/\n", {}, values("512", "512", "1")],
    ["cgroup v2", "0::/app\n", { "app/memory.max": `${2048 * MIB}\n` }, values("2048", "512", "4")],
    ["v2, max", "0::/app\n", { "app/memory.max": "max\n" }, values("512", "512", "1")],
    [
      "v2, the limit of a group above",
      "0::/slice/app\n",
      { "slice/app/memory.max": "max\n", "slice/memory.max": `${1024 * MIB}\n` },
      values("1024", "512", "2"),
    ],
    [
      "v2, the smaller one",
      "0::/slice/app\n",
      { "slice/app/memory.max": `${4096 * MIB}\n`, "slice/memory.max": `${1536 * MIB}\n` },
      values("1536", "512", "3"),
    ],
    ["in a container", "0::/\n", { "memory.max": `${1024 * MIB}\n` }, values("1024", "512", "2")],
    ["less than one process needs", "0::/app\n", { "app/memory.max": `${100 * MIB}\n` }, values("100", "512", "1")],
    ["more than 16 GB", "0::/app\n", { "app/memory.max": `${32768 * MIB}\n` }, values("32768", "2048", "16")],
    [
      "cgroup v1",
      "5:cpu,cpuacct:/app\n4:memory:/app\n",
      { "memory/app/memory.limit_in_bytes": `${1024 * MIB}\n` },
      values("1024", "512", "2"),
    ],
    [
      "v1 without a limit",
      "4:memory:/app\n",
      { "memory/app/memory.limit_in_bytes": "9223372036854771712\n" },
      values("512", "512", "1"),
    ],
    [
      "v1 and v2 together",
      "4:memory:/app\n0::/app\n",
      { "memory/app/memory.limit_in_bytes": `${1024 * MIB}\n` },
      values("1024", "512", "2"),
    ],
    ["garbage", "0::/app\n", { "app/memory.max": "$(touch x)\n" }, values("512", "512", "1")],
  ];
  for (const [name, groups, files, expected] of CASES) {
    test(name, () => assert.deepEqual(run(groups, files), expected));
  }

  test("what the user set stays, and is counted with", () => {
    const files = { "app/memory.max": `${2048 * MIB}\n` };
    assert.deepEqual(run("0::/app\n", files, { WEB_CONCURRENCY: "7" }), {
      MEMORY_AVAILABLE: "2048",
      WEB_MEMORY: "512",
    });
    assert.deepEqual(run("0::/app\n", files, { WEB_MEMORY: "256" }), {
      MEMORY_AVAILABLE: "2048",
      WEB_CONCURRENCY: "8",
    });
    assert.equal(run("0::/app\n", files, { WEB_MEMORY: "nonsense" })["WEB_CONCURRENCY"], "4");
  });

  test("a layer brings it to web processes alone", () => {
    const bench = new NodejsBench();
    try {
      bench.files({});
      bench.run();
      assert.equal(bench.types("web_env"), "launch");
      assert.match(bench.read("layers/web_env/exec.d/web/web-concurrency") ?? "", /^#!\/bin\/sh/);
    } finally {
      bench.dispose();
    }
  });
});
