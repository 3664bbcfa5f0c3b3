import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { systemClock } from "../../lib/clock.ts";
import { isProcessAlive } from "../../lib/process-alive.ts";
import { systemRandom } from "../../lib/random.ts";
import { secret } from "../../lib/secret.ts";
import type { AppName } from "../../model/app.ts";
import type { InstanceSpec, LogBatch, LogSink } from "../engine.ts";
import { InstanceDirectory } from "./instance-directory.ts";
import { ProcessEngine, type ProcessEngineOptions } from "./process-engine.ts";
import { startShim } from "./shim.ts";

const never = new AbortController().signal;

class Lines implements LogSink {
  readonly batches: LogBatch[] = [];
  cursor(id: string): string | undefined {
    return this.batches.findLast((batch) => batch.instance === id)?.cursor;
  }
  append(batch: LogBatch): void {
    this.batches.push(batch);
  }
  of(id: string): string[] {
    return this.batches
      .filter((batch) => batch.instance === id)
      .flatMap((batch) => batch.lines.map((line) => line.text));
  }
}

describe("process engine", () => {
  let root = "";
  let sink = new Lines();
  let engine = make();

  function make(options: Partial<ProcessEngineOptions> = {}): ProcessEngine {
    const instancesDirectory = join(root, "instances");
    return new ProcessEngine({
      instancesDirectory,
      basePath: "/usr/bin:/bin",
      clock: systemClock,
      random: systemRandom,
      ...options,
    });
  }

  async function reopen(): Promise<void> {
    await engine.close();
    engine = make();
    await engine.open(sink, never);
  }

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "portside-process-"));
    mkdirSync(join(root, "artifact/app"), { recursive: true });
    sink = new Lines();
    engine = make();
    await engine.open(sink, never);
  });
  afterEach(async () => {
    for (const { id } of await engine.list()) await engine.stop(id, 0, never);
    await engine.close();
    rmSync(root, { recursive: true, force: true });
  });

  function specOf(command: string, change: Partial<InstanceSpec> = {}): InstanceSpec {
    const process = { type: "web", command: [command], args: [], direct: false, default: true, buildpackId: "test" };
    const artifact = {
      digest: `sha256:${"0".repeat(64)}`,
      form: "slug",
      directory: join(root, "artifact"),
      processes: [process],
      launchPlan: { steps: [] },
      buildpacks: [],
      builtAt: 0,
      sizeBytes: 0,
    } as const;
    const base = { app: "shop" as AppName, kind: "service", name: "web.1", port: false, stopTimeoutS: 1 } as const;
    return { ...base, id: "a1", artifact, process, env: {}, ...change };
  }

  const directoryOf = (id: string): InstanceDirectory => new InstanceDirectory(join(root, "instances", id));

  async function until<Value>(look: () => Value | undefined): Promise<Value> {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const value = look();
      if (value !== undefined && value !== false) return value;
      await systemClock.sleep(5);
    }
    throw new Error("not within 5 s");
  }

  const programOf = (id: string): Promise<number> => until(() => directoryOf(id).readProgram()?.pid);
  const shimOf = (id: string): number => {
    const claim = directoryOf(id).readClaim();
    return typeof claim === "object" ? claim.pid : assert.fail("no shim");
  };

  test("state is private: directories 0700, files 0600", async () => {
    await engine.start(specOf("sleep 1000"), never);
    const { statSync } = await import("node:fs");
    const mode = (path: string): string => (statSync(join(root, "instances", path)).mode & 0o777).toString(8);
    assert.deepEqual(["", "a1", "a1/state", "a1/tmp"].map(mode), ["700", "700", "700", "700"]);
    assert.deepEqual(["a1/output", "a1/spec.json", "a1/state/claim", "a1/state/program"].map(mode), [
      "600",
      "600",
      "600",
      "600",
    ]);
  });

  test("§5 a killed shim: the program goes on, is still stopped, and its end is lost", async () => {
    await engine.start(specOf("echo up; exec sleep 1000"), never);
    const pid = await programOf("a1");
    process.kill(shimOf("a1"), "SIGKILL");
    await reopen();
    assert.ok(isProcessAlive(pid));
    assert.equal((await engine.list())[0]?.exit, undefined);
    assert.equal((await engine.stop("a1", 1_000, never)).lost, true);
    assert.ok(!isProcessAlive(pid));
    await engine.forget("a1");
    assert.deepEqual(sink.of("a1"), ["up"]);
  });

  test("§5 shim and program killed at once: lost, seen while watching and afterwards", async () => {
    for (const watched of [true, false]) {
      const id = watched ? "seen" : "unseen";
      await engine.start(specOf("exec sleep 1000", { id }), never);
      const pids = [shimOf(id), await programOf(id)];
      if (!watched) await engine.close();
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await until(() => pids.every((pid) => !isProcessAlive(pid)));
      if (!watched) await reopen();
      const exit = await engine.exited(id, never);
      assert.equal(exit.lost, true);
      await reopen();
      assert.deepEqual(await engine.exited(id, never), exit, "the same after another restart");
    }
  });

  test("a process that only has the number of an instance's is left alone", async () => {
    await engine.start(specOf("exec sleep 1000", { id: "victim" }), never);
    const victim = await programOf("victim");
    await engine.start(specOf("exit 0", { id: "old" }), never);
    await engine.exited("old", never);
    await engine.close();
    const mark = directoryOf("victim").readProgram();
    // As if the number of the ended program belonged to the running one now: once with its own start time, once not.
    for (const start of [`1${mark?.start}`, mark?.start]) {
      writeFileSync(join(directoryOf("old").state, "program"), `${victim} ${start}\n`);
      writeFileSync(join(directoryOf("old").state, "exit"), "0 1.00\n");
      await reopen();
      assert.equal((await engine.exited("old", never)).code, 0);
      await engine.stop("old", 0, never);
      await engine.close();
    }
    assert.ok(isProcessAlive(victim));
    await reopen();
  });

  test("§10 a start that died before its shim ran is removed, and a late shim finds that it may not", async () => {
    const directory = directoryOf("a1");
    const { id, app, name, kind, stopTimeoutS } = specOf("true");
    const stored = { schema: 1, id, app, name, kind, stopTimeoutS, artifact: "x", cwd: root, startedAt: 1 } as const;
    directory.create(stored, "aaaa");
    mkdirSync(join(root, "instances/.half.aaaa/app"), { recursive: true });
    mkdirSync(join(root, "instances/.old.removed"));
    await reopen();
    assert.deepEqual(readdirSync(join(root, "instances")), []);
    // The same id again, as an orchestrator that goes on does; then the shim of the first attempt wakes up.
    await engine.start(specOf("sleep 1000"), never);
    const program = await programOf("a1");
    const late = { attempt: "aaaa", passing: "split", argv: ["true"], cwd: root, env: {} } as const;
    await startShim(directory, late, { clock: systemClock, signal: never });
    assert.equal(directory.readProgram()?.pid, program);
    assert.ok(isProcessAlive(program));
  });

  test("§10 of two shims of one attempt one starts the program", async () => {
    const directory = directoryOf("a1");
    const { id, app, name, kind, stopTimeoutS } = specOf("true");
    directory.create({ schema: 1, id, app, name, kind, stopTimeoutS, artifact: "x", cwd: root, startedAt: 1 }, "aaaa");
    const order = {
      attempt: "aaaa",
      passing: "split",
      argv: ["sh", "-c", "echo ran; exit 0"],
      cwd: root,
      env: { PATH: "/bin" },
    } as const;
    await Promise.all([1, 2, 3, 4].map(() => startShim(directory, order, { clock: systemClock, signal: never })));
    await until(() => directory.readExit());
    await reopen();
    await engine.exited("a1", never);
    await engine.forget("a1");
    assert.deepEqual(sink.of("a1"), ["ran"]);
  });

  test("§10 an aborted start leaves nothing", async () => {
    const controller = new AbortController();
    const starting = engine.start(specOf("sleep 1000"), controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(starting, /enough/);
    assert.deepEqual(readdirSync(join(root, "instances")), []);
    assert.deepEqual(await engine.list(), []);
  });

  test("a start without its artifact fails and leaves nothing", async () => {
    rmSync(join(root, "artifact/app"), { recursive: true });
    await assert.rejects(engine.start(specOf("true"), never), { code: "ENOENT" });
    await assert.rejects(engine.prepareArtifact(specOf("true").artifact), /is not stored here/);
    assert.deepEqual(readdirSync(join(root, "instances")), []);
    await assert.rejects(engine.start(specOf("true", { id: "../up" }), never), /lower-case letters/);
    assert.ok(!existsSync(join(root, "up")));
  });

  test("a directory that nobody can read any more is cleared, with what runs in it", async () => {
    await engine.start(specOf("exec sleep 1000"), never);
    const pid = await programOf("a1");
    await engine.close();
    writeFileSync(join(directoryOf("a1").path, "spec.json"), "{");
    engine = make();
    await engine.open(sink, never);
    await until(() => !isProcessAlive(pid));
    assert.deepEqual(await engine.list(), []);
    assert.deepEqual(readdirSync(join(root, "instances")), []);
  });

  test("§4 where env cannot split, a shell passes the environment on", async () => {
    await engine.close();
    engine = make({ envPassing: "export" });
    await engine.open(sink, never);
    const env = { LINES: "a\n b'\"$(x)", PORTSIDE_X: "$y", EMPTY: "" };
    const secrets = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, secret(value)]));
    const direct = { type: "web", command: ["env", "-0"], args: [], direct: true, default: true, buildpackId: "test" };
    const { id } = await engine.start(specOf("", { process: direct, env: secrets }), never);
    assert.equal((await engine.exited(id, never)).code, 0);
    const entries = readFileSync(directoryOf(id).output, "utf8")
      .split("\0")
      .filter((entry) => entry !== "");
    const app = join(root, "instances/a1/app");
    const all = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", HOME: app, TMPDIR: join(app, "../tmp"), ...env };
    assert.deepEqual(
      entries.toSorted(),
      Object.entries(all)
        .map(([name, value]) => `${name}=${value}`)
        .toSorted(),
    );
  });

  test("§2 links of the app stay links, into the layers too, and modes stay", async () => {
    const { symlinkSync } = await import("node:fs");
    mkdirSync(join(root, "artifact/layers/modules"), { recursive: true });
    writeFileSync(join(root, "artifact/layers/modules/m"), "from the layer");
    writeFileSync(
      join(root, "artifact/app/run"),
      "#!/bin/sh\ncat modules/m; readlink modules; ls -l self | cut -c1\n",
      { mode: 0o755 },
    );
    symlinkSync("../layers/modules", join(root, "artifact/app/modules"));
    symlinkSync("run", join(root, "artifact/app/self"));
    await engine.start(specOf("./run"), never);
    await engine.exited("a1", never);
    await engine.forget("a1");
    assert.deepEqual(sink.of("a1"), ["from the layer../layers/modules", "l"]);
  });

  test("a port that is in use is not given away", async () => {
    const { createServer } = await import("node:net");
    const server = createServer().listen(10_000, "127.0.0.1");
    await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
    // Chance that proposes the taken port first.
    const proposals = [0, 0, 1];
    const random = {
      bytes: (count: number) => (count === 4 ? numberOf(proposals.shift() ?? 2) : systemRandom.bytes(count)),
    };
    await engine.close();
    engine = make({ random });
    await engine.open(sink, never);
    const { address } = await engine.start(specOf("sleep 1000", { port: true }), never);
    server.close();
    assert.ok(address !== undefined && address.port > 10_000);
  });
});

function numberOf(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}
