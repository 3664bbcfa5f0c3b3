// security.md rule 14: a build is a stranger. What a buildpack tries here fails for it alone, and nothing of it stays.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { create } from "tar";
import { BuildpackBuilder } from "../../src/build/builder.ts";
import { buildOwner } from "../../src/build/sandbox/build-owner.ts";
import { defaultBuildLimits, type BuildLimits } from "../../src/build/sandbox/build-limits.ts";
import { BuildConfinement } from "../../src/build/sandbox/confinement.ts";
import type { BuildUsage } from "../../src/build/sandbox/build-room.ts";
import { readAppContract } from "../../src/contract/app-contract.ts";
import { readSourceManifest } from "../../src/contract/source-manifest.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { secret } from "../../src/lib/secret.ts";
import type { AppName } from "../../src/model/app.ts";
import type { Artifact } from "../../src/model/artifact.ts";
import { PortsideError } from "../../src/model/error-registry.ts";
import { homeAt } from "../../src/model/home.ts";

const MIB = 1_048_576;
const CANARY = "canary-71d0";
const root = realpathSync(mkdtempSync(join(tmpdir(), "hostile-")));
const home = homeAt(join(root, "home"));
const apiSocket = createServer((connection) => connection.end(CANARY));
let packs = 0;

before(async () => {
  process.umask(0o077);
  for (const path of [
    home.root,
    home.sources,
    home.artifacts,
    home.buildConfig,
    join(home.buildCache, "other/committed"),
  ])
    mkdirSync(path, { recursive: true });
  for (const file of [home.masterKey, home.database, home.apiToken, join(home.buildCache, "other/committed/npmrc")])
    writeFileSync(file, CANARY, { mode: 0o600 });
  await new Promise<void>((resolve) => apiSocket.listen(home.apiSocket, resolve));
});
after(() => {
  apiSocket.close();
  rmSync(root, { recursive: true, force: true });
});

type Attempt = {
  readonly detect?: string;
  readonly build: string;
  readonly limits?: Partial<BuildLimits>;
  readonly isolation?: "auto" | "none";
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
};
type Result = {
  readonly artifact?: Artifact;
  readonly error?: PortsideError;
  readonly lines: readonly string[];
  readonly usage: BuildUsage;
  readonly durationMs: number;
};

/** Builds a small app with one buildpack of these scripts. */
async function attempt({
  detect = "exit 0",
  build,
  limits = {},
  isolation = "auto",
  ...more
}: Attempt): Promise<Result> {
  packs += 1;
  const buildpacksDir = join(root, `packs-${packs}`);
  const bin = join(buildpacksDir, "hostile/bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(buildpacksDir, "order.toml"), '[[order]]\n[[order.group]]\nid = "hostile"\nversion = "1.0.0"\n');
  writeFileSync(join(bin, "../buildpack.toml"), 'api = "0.10"\n[buildpack]\nid = "hostile"\nversion = "1.0.0"\n');
  const launch = `printf '[[processes]]\\ntype = "web"\\ncommand = ["true"]\\n' >"$CNB_LAYERS_DIR/launch.toml"`;
  writeFileSync(join(bin, "detect"), `#!/bin/sh\n${detect}\n`, { mode: 0o755 });
  writeFileSync(join(bin, "build"), `#!/bin/sh\n${launch}\n${build}\n`, { mode: 0o755 });
  for (const [path, mode] of [
    [buildpacksDir, 0o755],
    [join(buildpacksDir, "hostile"), 0o755],
    [bin, 0o755],
  ] as const)
    chmodAll(path, mode);
  const confinement = new BuildConfinement({
    home: home.root,
    isolation,
    limits: { ...defaultBuildLimits(), ...limits },
  });
  const basePath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  const builder = new BuildpackBuilder({ home, buildpacksDir, basePath, clock: systemClock, confinement });
  const folder = join(root, `app-${packs}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "app.txt"), String(packs));
  const manifest = await readSourceManifest(folder);
  const signal = more.signal ?? new AbortController().signal;
  const source = await builder.storeSource(
    manifest.digest,
    create({ cwd: folder, portable: true }, ["app.txt"]) as AsyncIterable<Uint8Array>,
    new AbortController().signal,
  );
  const contract = (await readAppContract(source.directory)).value;
  const lines: string[] = [];
  const report: { usage?: BuildUsage } = {};
  const startedAt = performance.now();
  const outcome = await builder
    .build({
      app: "hostile" as AppName,
      source,
      contract,
      env: { OWN: secret("own-value") },
      envDigest: String(packs),
      sourceVersion: "v",
      signal,
      onOutput: (_, line) => {
        lines.push(line);
        more.onLine?.(line);
      },
      onUsage: (usage) => (report.usage = usage),
    })
    .then(
      (artifact) => ({ artifact }),
      (error: unknown) => {
        if (!(error instanceof PortsideError)) throw error;
        return { error };
      },
    );
  assert.ok(report.usage !== undefined);
  return { ...outcome, lines, usage: report.usage, durationMs: performance.now() - startedAt };
}

function chmodAll(path: string, mode: number): void {
  chmodSync(path, mode);
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isFile()) chmodSync(join(path, entry.name), entry.name.includes(".toml") ? 0o644 : 0o755);
}

/** Processes whose arguments hold this text. */
function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readIf(`/proc/${pid}/cmdline`).includes(text) && Number(pid) !== process.pid)
    .map(Number);
}

function readIf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function assertNothingLeft(): void {
  assert.deepEqual(readdirSync(home.artifacts), []);
  assert.ok(!readIf("/proc/self/mountinfo").includes(root), "a mount was left");
  const groups = readIf("/proc/mounts").match(/(?<=cgroup2? )\/\S+/g) ?? [];
  const { uid } = buildOwner(home.root, "");
  assert.deepEqual(
    groups.filter((mount) => existsSync(join(mount, `portside-builds-${uid}`))),
    [],
  );
}

/** Whether this result shows what is claimed; says which part was not shown where it cannot be. */
function heldBy(t: TestContext, result: Result, needed: readonly BuildUsage["confinement"][]): boolean {
  if (needed.includes(result.usage.confinement)) return true;
  t.skip(`builds are held as \`${result.usage.confinement}\` here; this needs ${needed.join(" or ")}`);
  return false;
}

describe(
  "security rule 14: builds are strangers",
  { skip: process.platform === "linux" ? false : "needs Linux" },
  () => {
    test("nothing of the platform is read: environments, store, keys, other caches, the API's socket", async (t) => {
      const canary = `PORTSIDE_TEST_CANARY=${CANARY}`;
      const result = await attempt({
        detect: `cat /proc/*/environ ${home.masterKey} 2>/dev/null; exit 0`,
        build: [
          "cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'",
          `cat ${home.masterKey} ${home.database} ${home.apiToken} ${home.buildCache}/other/committed/npmrc 2>/dev/null`,
          `ls -R ${home.root} 2>/dev/null`,
          `node -e 'require("net").connect("${home.apiSocket}").on("data", (d) => console.log(String(d))).on("error", (e) => console.log("socket", e.code))'`,
          'id -u; cat "$CNB_PLATFORM_DIR/env/OWN"; echo',
          "cat /etc/shadow 2>/dev/null | head -1",
        ].join("\n"),
      });
      assert.equal(canary.includes(CANARY), true);
      if (!heldBy(t, result, ["namespaces", "user-namespaces"])) return;
      const text = result.lines.join("\n");
      assert.ok(!text.includes(CANARY), text);
      assert.ok(!/master\.key|portside\.db|api\.sock/.test(text), text);
      assert.match(text, /socket (ENOENT|EACCES)/);
      assert.match(text, /own-value/);
      if (result.usage.confinement === "namespaces") {
        assert.match(text, /^19\d{8}$|^20\d{8}$/m);
        assert.ok(!/^root:/m.test(text), text);
      }
      assert.ok(result.artifact !== undefined);
      rmSync(result.artifact.directory, { recursive: true });
    });

    test("nothing is written outside the build's directory", async (t) => {
      const places = [
        "/etc",
        "/usr/lib",
        "/var/tmp",
        "/tmp",
        "/dev/shm",
        dirname(home.root),
        home.root,
        home.artifacts,
      ];
      const result = await attempt({
        build:
          places.map((place, index) => `echo x 2>/dev/null >${place}/hostile-${process.pid}-${index}`).join("\n") +
          "\nexit 0",
      });
      if (!heldBy(t, result, ["namespaces", "user-namespaces"])) return;
      for (const [index, place] of places.entries())
        assert.ok(!existsSync(join(place, `hostile-${process.pid}-${index}`)), place);
      assert.ok(result.artifact !== undefined);
      rmSync(result.artifact.directory, { recursive: true });
    });

    test("documents that lead out of the build, or never end, are refused before they are read", async () => {
      const layer = 'mkdir -p "$CNB_LAYERS_DIR/x/env"; printf "[types]\\nlaunch = true\\n" >"$CNB_LAYERS_DIR/x.toml"';
      const cases = [
        [`${layer}; ln -s ${home.masterKey} "$CNB_LAYERS_DIR/x/env/KEY"`, "KEY"],
        [`${layer}; rmdir "$CNB_LAYERS_DIR/x/env"; ln -s /etc "$CNB_LAYERS_DIR/x/env"`, "env"],
        ['rm "$CNB_LAYERS_DIR/launch.toml"; mkfifo "$CNB_LAYERS_DIR/launch.toml"', "launch.toml"],
        ['head -c 20000000 /dev/zero >"$CNB_LAYERS_DIR/store.toml"', "store.toml"],
      ] as const;
      for (const [build, problem] of cases) {
        const { error } = await attempt({ build });
        // A master key that the build cannot see is a link to nothing from inside, and still one out of the build for us.
        assert.ok(error?.message.includes(problem), `${error?.message} for ${build}`);
        assertNothingLeft();
      }
    });

    for (const isolation of ["auto", "none"] as const) {
      test(`a cancel ends daemons, other sessions and what ignores SIGTERM within 2 s (${isolation})`, async () => {
        const token = `hostile-daemon-${process.pid}-${packs}`;
        const stubborn = `trap '' TERM INT HUP; : ${token}; while :; do sleep 0.2; done`;
        const cancel = new AbortController();
        let cancelledAt = 0;
        const result = await attempt({
          isolation,
          signal: cancel.signal,
          build: `setsid sh -c "${stubborn}" & (setsid sh -c "(${stubborn}) &" &)\nsh -c "${stubborn}" &\necho up; sleep 0.3; echo go; ${stubborn}`,
          onLine: (line) => {
            if (line !== "go") return;
            cancelledAt = performance.now();
            cancel.abort(new Error("cancelled by the test"));
          },
        });
        const tookMs = performance.now() - cancelledAt;
        assert.equal(result.error?.code, "E_CANCELLED");
        assert.ok(cancelledAt > 0 && tookMs < 2_000, `${tookMs} ms`);
        assert.deepEqual(processesWith(token), []);
        assertNothingLeft();
      });

      test(`a build that ends leaves no daemon (${isolation})`, async () => {
        const token = `hostile-left-${process.pid}-${packs}`;
        const result = await attempt({
          isolation,
          build: `(setsid sh -c ": ${token}; sleep 300" >/dev/null 2>&1 &); sleep 0.2; exit 3`,
        });
        assert.match(result.error?.message ?? "", /exit code 3/);
        assert.deepEqual(processesWith(token), []);
        assertNothingLeft();
      });
    }

    test("a build that hangs is ended at its time limit, named", async () => {
      const result = await attempt({ build: "trap '' TERM; while :; do sleep 1; done", limits: { timeMsMax: 1_500 } });
      assert.match(result.error?.message ?? "", /bin\/build of hostile was still running after/);
      assert.ok(result.durationMs < 8_000);
      assertNothingLeft();
    });

    // Not without end, lest the machine suffer where nothing holds it: far beyond the limit is enough.
    test("forks beyond the limit are refused and end with the build", async (t) => {
      const token = `hostile-fork-${process.pid}`;
      const result = await attempt({
        build: `i=0; while [ $i -lt 300 ]; do sh -c ': ${token}; sleep 60' & i=$((i+1)); done; echo all; sleep 1; exit 4`,
        limits: { processCountMax: 64, timeMsMax: 30_000 },
      });
      assert.deepEqual(processesWith(token), []);
      assertNothingLeft();
      assert.equal(result.error?.code, "E_BUILD_FAILED");
      if (!heldBy(t, result, ["namespaces", "user-namespaces"])) return;
      assert.ok(!result.lines.includes("all"), result.lines.join("\n"));
      assert.match(result.lines.join("\n"), /fork/i);
    });

    test("memory beyond the limit is an out-of-memory kill of the build alone", async (t) => {
      const result = await attempt({
        build: "node -e 'const a = []; while (a.length < 64) a.push(Buffer.alloc(8388608, 1)); process.exit(5)'",
        limits: { memoryBytesMax: 192 * MIB },
      });
      if (!heldBy(t, result, ["namespaces"])) return;
      if (result.usage.memoryPeakBytes === undefined) return t.skip("no memory control group here");
      assert.equal(result.error?.code, "E_BUILD_FAILED");
      assert.ok(result.usage.oomKillCount >= 1);
      assertNothingLeft();
    });

    const GARBAGE = [
      ["one file without end", "cat /dev/zero >big"],
      ["many files", "i=0; while :; do i=$((i+1)); head -c 1048576 /dev/zero >f$i; done"],
      ["a file that is deleted and stays open", "exec 5>gone; rm gone; cat /dev/zero >&5"],
      ["sparse files", "for i in 1 2 3 4; do truncate -s 40M s$i; done; sleep 1"],
      ["temporary files", 'i=0; while :; do i=$((i+1)); head -c 4194304 /dev/zero >"$TMPDIR/f$i"; done'],
    ] as const;
    for (const isolation of ["auto", "none"] as const) {
      for (const [what, build] of GARBAGE) {
        test(`gigabytes are stopped near the quota and removed: ${what} (${isolation})`, async () => {
          const limits = { diskBytesMax: 96 * MIB, timeMsMax: 60_000 };
          const result = await attempt({ build, isolation, limits });
          assert.equal(
            result.error?.code,
            "E_BUILD_DISK_QUOTA",
            `${result.error?.message ?? "it succeeded"}\n${result.lines.slice(-8).join("\n")}`,
          );
          assert.match(result.error.message, /96 MiB/);
          assertNothingLeft();
        });
      }
    }
  },
);
