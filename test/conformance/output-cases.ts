import assert from "node:assert/strict";
import { NO_PROGRAMS, type Case } from "./case.ts";
import { directProcess, shellProcess } from "./slug.ts";
import type { World } from "./worlds.ts";

async function assertNumberedLines(world: World): Promise<void> {
  const sh =
    'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo "line $i"; [ $((i % 10)) = 0 ] && sleep 0.01; done; exec sleep 1000';
  const { id } = await world.start({ program: { sh, fake: "print 300 lines every 5ms" } });
  for (const seen of [20, 90, 200]) {
    await world.lines(id, (lines) => lines.length >= seen);
    await world.reopen();
  }
  const lines = await world.lines(id, (all) => all.length >= 300);
  assert.deepEqual(
    lines,
    Array.from({ length: 300 }, (_, index) => `line ${index + 1}`),
  );
}

async function assertBatches(world: World): Promise<void> {
  const program = { sh: "echo one; echo two >&2; echo three", fake: "print 3 lines; exit 0" };
  const before = world.clock.now();
  const { id } = await world.start({ program, name: "worker.2" });
  await world.lines(id, (lines) => lines.length === 3);
  for (const batch of world.sink.batches) {
    assert.deepEqual([batch.instance, batch.app, batch.name], [id, "shop", "worker.2"]);
    for (const { atUs } of batch.lines) {
      assert.ok(
        Number.isInteger(atUs) && atUs >= (before - 20) * 1_000 && atUs <= world.clock.now() * 1_000,
        "microseconds of about now",
      );
    }
  }
}

async function assertLineForms(world: World): Promise<void> {
  const program = `process.stdout.write(Buffer.concat([Buffer.from("crlf\\r\\n\\n\\x1b[31mred\\x1b[0m\\n"), Buffer.from([0x61, 0xff, 10]),
    Buffer.from("é".repeat(7_000) + "\\n" + "x".repeat(10_000) + "\\nend without end")]));`;
  const { id } = await world.start({
    slug: { files: { "a.js": program }, process: directProcess(process.execPath, "a.js") },
  });
  const lines = await world.lines(id, (all) => all.length >= 8);
  const long = ["é".repeat(5_000), "é".repeat(2_000), "x".repeat(10_000)];
  assert.deepEqual(lines, ["crlf", "", "\u001b[31mred\u001b[0m", "a\ufffd", ...long, "end without end"]);
}

async function assertPrompt(world: World): Promise<void> {
  const { id } = await world.start({ slug: { process: shellProcess("printf 'name? '; sleep 1000") } });
  assert.deepEqual(await world.lines(id, (lines) => lines.length > 0), ["name? "]);
}

async function assertNoisyNeighbour(world: World): Promise<void> {
  const noisy = await world.start({
    slug: { process: shellProcess("exec yes 'a noisy line of some forty characters.....'") },
  });
  await world.lines(noisy.id, (lines) => lines.length > 1_000);
  const quiet = await world.start({ slug: { process: shellProcess("echo here; exec sleep 1000") } });
  const startedAt = world.clock.now();
  await world.lines(quiet.id, (lines) => lines.length > 0);
  assert.ok(world.clock.now() - startedAt < 1_000, "a quiet instance's line waits for no noisy one");
  await world.engine.stop(noisy.id, 1_000, world.never);
}

async function assertExec(world: World): Promise<void> {
  const value = "a\nb'\"$(x)";
  const { id } = await world.start({
    slug: { files: { "sub/x": "" }, process: { ...shellProcess("exec sleep 1000"), workingDir: "sub" } },
    env: { VALUE: value },
    port: true,
  });
  const run = async (...argv: [string, ...string[]]) => world.engine.exec(id, argv, 3_000, world.never);
  assert.deepEqual(await run("sh", "-c", 'printf "%s" "$VALUE"; exit 3'), {
    exitCode: 3,
    timedOut: false,
    output: value,
  });
  assert.equal(
    (await run("sh", "-c", "echo out; echo err >&2; ls")).output.split("\n").toSorted().join(" ").trim(),
    "err out x",
  );
  const big = await run(process.execPath, "-e", 'process.stdout.write("a".repeat(100_000) + "z")');
  assert.deepEqual([big.output.length, big.output.at(-1)], [65_536, "z"]);
  assert.deepEqual(await world.engine.exec(id, ["sleep", "1000"], 100, world.never), {
    exitCode: null,
    timedOut: true,
    output: "",
  });
}

async function assertExecEnds(world: World): Promise<void> {
  const { id } = await world.start({ program: { sh: "sleep 1000", fake: "run" } });
  const never = world.never;
  assert.equal((await world.wait(world.engine.exec(id, ["no-such-program"], 1_000, never))).exitCode, 127);
  assert.match(
    (await world.wait(world.engine.exec(id, ["no-such-program"], 1_000, never))).output,
    /no-such-program.*not found/,
  );
  await world.wait(world.engine.stop(id, 1_000, never));
  await assert.rejects(world.wait(world.engine.exec(id, ["true"], 1_000, never)), { code: "E_ENGINE_FAILED" });
  await assert.rejects(world.wait(world.engine.exec("never-heard-of", ["true"], 1_000, never)), {
    code: "E_ENGINE_FAILED",
  });
}

const listenOn = (host: string, port: string): string =>
  `exec '${process.execPath}' -e 'require("node:net").createServer().listen(${port}, "${host}")'`;

/** Where a program listens (`{port}` is its own), and what is reported. Contract §8, D63. */
const LISTENERS: readonly (readonly [sh: string, fake: string, address: string])[] = [
  [listenOn("0.0.0.0", "process.env.PORT"), "serve after 30ms", "0.0.0.0"],
  [listenOn("127.0.0.1", "process.env.PORT"), "serve locally", "127.0.0.1"],
  // In a child of the shell.
  [`${listenOn("127.0.0.1", "process.env.PORT").replace("exec ", "true && ")}; true`, "serve locally", "127.0.0.1"],
];

async function assertListeners(world: World): Promise<void> {
  for (const [sh, fake, address] of LISTENERS) {
    const started = await world.start({ program: { sh, fake }, port: true });
    const listeners = async () => world.wait(world.engine.listeners(started.id, world.never));
    await world.until(`${sh} listens`, async () => (await listeners()).length > 0);
    assert.deepEqual(await listeners(), [{ address, port: started.address?.port }]);
    await world.wait(world.engine.stop(started.id, 1_000, world.never));
    assert.deepEqual(await listeners(), []);
  }
}

/** A program of two processes that takes memory and time: 60 MB are written to, so that they are resident. */
const HUNGRY = `
  const taken = Buffer.alloc(60_000_000, 1);
  require("node:child_process").spawn("sleep", ["1000"]);
  for (const end = Date.now() + 300; Date.now() < end; ) taken[Math.trunc(Math.random() * 1000)] += 1;
  console.log("fed");
  setInterval(() => taken, 1000);
`;

async function assertUsage(world: World): Promise<void> {
  const hungry = await world.start({
    slug: { files: { "hungry.cjs": HUNGRY }, process: directProcess(process.execPath, "hungry.cjs") },
  });
  const modest = await world.start({ slug: { process: shellProcess("echo up; exec sleep 1000") } });
  await world.lines(hungry.id, (lines) => lines.includes("fed"));
  await world.lines(modest.id, (lines) => lines.includes("up"));
  await world.until(
    "its child is there",
    async () => (await world.engine.processes(hungry.id, world.never)).length === 2,
  );
  const usage = await world.engine.usage(world.never);
  const [big, small] = [usage.get(hungry.id), usage.get(modest.id)];
  assert.ok(big !== undefined && small !== undefined);
  assert.equal(big.processCount, 2);
  assert.ok(big.memoryBytes > 60_000_000 && big.memoryBytes < 1_000_000_000, `${big.memoryBytes} bytes`);
  assert.ok(big.cpuMs >= 100 && big.cpuMs < 60_000, `${big.cpuMs} ms`);
  assert.ok(small.memoryBytes > 100_000 && small.memoryBytes < 20_000_000, `${small.memoryBytes} bytes`);
  const [program, child] = await world.engine.processes(hungry.id, world.never);
  assert.deepEqual(
    [program?.argv, child?.argv],
    [
      [process.execPath, "hungry.cjs"],
      ["sleep", "1000"],
    ],
  );
  assert.equal(child?.parentPid, program?.pid);
  await world.engine.stop(hungry.id, 1_000, world.never);
  assert.deepEqual([...(await world.engine.usage(world.never)).keys()], [modest.id]);
  assert.deepEqual(await world.engine.processes(hungry.id, world.never), []);
  assert.deepEqual(await world.engine.processes("never-heard-of", world.never), []);
}

/** Output, and what can be asked of a running instance. */
export const OUTPUT_CASES: readonly Case[] = [
  { title: "§12 no line is lost or doubled over restarts of the control plane", run: assertNumberedLines },
  { title: "§12 both streams, with instance, name and time in microseconds", run: assertBatches },
  {
    title: "§12 long lines are split between characters, CRLF, bad bytes, escape codes, a last line without end",
    notOn: NO_PROGRAMS,
    run: assertLineForms,
  },
  { title: "§12 a line without end is shown after a moment of silence", notOn: NO_PROGRAMS, run: assertPrompt },
  { title: "§12 a noisy instance does not hold up another one's lines", notOn: NO_PROGRAMS, run: assertNoisyNeighbour },
  {
    title: "§8 exec: the instance's environment and directory, exit code, last 64 KiB, time limit",
    notOn: NO_PROGRAMS,
    run: assertExec,
  },
  { title: "§8 exec: a missing program is 127; an ended instance is refused", run: assertExecEnds },
  {
    title: "§5 usage: memory and processor time of all its processes, and which they are",
    notOn: { fake: "its programs use nothing" },
    run: assertUsage,
  },
  { title: "§8 listeners: address and port, of children too (D63)", run: assertListeners },
];
