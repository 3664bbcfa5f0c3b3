import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { NO_PROGRAMS, type Case } from "./case.ts";
import { FileSink } from "./file-sink.ts";
import { directProcess, shellProcess } from "./slug.ts";
import type { Program, World } from "./worlds.ts";

const FOREVER: Program = { sh: "sleep 1000", fake: "run" };

/** A program and how it ends. */
const ENDS: readonly (readonly [program: Program, end: Record<string, unknown>])[] = [
  [{ sh: "exit 0", fake: "exit 0" }, { code: 0 }],
  [{ sh: "exit 3", fake: "exit 3 after 20ms" }, { code: 3 }],
  [{ sh: "sh -c 'exit 128'; exit $?", fake: "exit 128" }, { code: 128 }],
  [{ sh: "kill -KILL $$", fake: "die by SIGKILL" }, { signal: "SIGKILL" }],
  [{ sh: "kill -SEGV $$", fake: "die by SIGSEGV after 1s" }, { signal: "SIGSEGV" }],
  [{ sh: "kill -ABRT $$", fake: "die by SIGABRT" }, { signal: "SIGABRT" }],
];

async function assertEnds(world: World): Promise<void> {
  for (const [program, expected] of ENDS) {
    const { id, startedAt } = await world.start({ program });
    const { at, ...end } = await world.wait(world.engine.exited(id, world.never));
    assert.deepEqual(end, expected, program.sh);
    assert.ok(at >= startedAt - 20 && at <= world.clock.now(), "the end lies between start and now");
    assert.deepEqual((await world.find(id))?.exit, { ...end, at });
  }
}

/** Argv, exit code and what its log says. */
const UNSTARTABLE: readonly (readonly [argv: readonly string[], code: number, log: RegExp])[] = [
  [["no-such-program"], 127, /no-such-program.*No such file/],
  [["./not-executable"], 126, /not-executable.*Permission denied/],
  [["./a=b"], 5, /^ran$/],
];

async function assertUnstartable(world: World): Promise<void> {
  for (const [argv, code, log] of UNSTARTABLE) {
    const files = { "not-executable": "", "a=b!": "#!/bin/sh\necho ran\nexit 5\n" };
    const { id } = await world.start({ slug: { files, process: directProcess(...argv) } });
    assert.equal((await world.engine.exited(id, world.never)).code, code);
    assert.match((await world.lines(id, (lines) => lines.length > 0)).join("\n"), log);
  }
}

async function assertStartOnce(world: World): Promise<void> {
  const program = { sh: "echo begun; sleep 1000", fake: "print 1 lines; run" };
  const spec = world.spec({ program, port: true });
  const starts = [1, 2, 3].map(() => world.engine.start(spec, world.never));
  const [first, ...others] = await world.wait(Promise.all(starts));
  for (const other of others) assert.deepEqual(other, first);
  assert.deepEqual(await world.wait(world.engine.start(spec, world.never)), first);
  await world.reopen();
  assert.deepEqual(await world.wait(world.engine.start(spec, world.never)), first);
  assert.equal((await world.lines(spec.id, (lines) => lines.length > 0)).length, 1);
  assert.equal((await world.wait(world.engine.list(world.never))).length, 1);
}

async function assertList(world: World): Promise<void> {
  assert.deepEqual(await world.wait(world.engine.list(world.never)), []);
  const service = await world.start({ program: FOREVER, port: true, name: "web.2" });
  await world.wait(world.clock.sleep(3));
  const oneOff = await world.start({ program: { sh: "exit 1", fake: "exit 1" }, kind: "oneOff", name: "release.1" });
  await world.wait(world.engine.exited(oneOff.id, world.never));
  const listed = await world.wait(world.engine.list(world.never));
  assert.deepEqual(
    listed.map(({ id, name, kind, app, exit }) => ({ id, name, kind, app, code: exit?.code })),
    [
      { id: service.id, name: "web.2", kind: "service", app: "shop", code: undefined },
      { id: oneOff.id, name: "release.1", kind: "oneOff", app: "shop", code: 1 },
    ],
  );
  const port = listed[0]?.address?.port ?? 0;
  assert.ok(port >= 10_000 && port <= 29_999, `port ${port}`);
  assert.equal(listed[1]?.address, undefined);
}

async function assertPortsDiffer(world: World): Promise<void> {
  const started = await world.wait(
    Promise.all([1, 2, 3, 4].map(() => world.engine.start(world.spec({ program: FOREVER, port: true }), world.never))),
  );
  assert.equal(new Set(started.map((instance) => instance.address?.port)).size, 4);
}

async function assertReadopted(world: World): Promise<void> {
  const running = await world.start({ program: FOREVER, port: true });
  const ended = await world.start({ program: { sh: "exit 4", fake: "exit 4" } });
  await world.wait(world.engine.exited(ended.id, world.never));
  const before = await world.wait(world.engine.list(world.never));
  await world.reopen();
  assert.deepEqual(await world.wait(world.engine.list(world.never)), before);
  assert.equal((await world.wait(world.engine.stop(running.id, 1_000, world.never))).signal, "SIGTERM");
}

async function assertExitKnownAfterwards(world: World): Promise<void> {
  const { id } = await world.start({
    program: { sh: "while [ ! -e $HOME/go ]; do sleep 0.01; done; sleep 1000 & exit 7", fake: "exit 7 after 1s" },
  });
  await world.engine.close();
  await world.letEndUnwatched(id);
  await world.reopen();
  assert.equal((await world.wait(world.engine.exited(id, world.never))).code, 7);
  assert.equal((await world.find(id))?.exit?.code, 7);
}

/** A control plane of its own that starts an instance and is killed: the instance and its numbered lines go on. */
async function assertSurvivesKill(world: World): Promise<void> {
  const sink = new FileSink(join(world.root, "lines.ndjson"));
  const command =
    'i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "line $i"; [ $((i % 20)) = 0 ] && sleep 0.02; done; exec sleep 1000';
  const starter = spawn(process.execPath, [join(import.meta.dirname, "starter.ts"), world.root, sink.path, command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(starter.stdout, "data"); // It prints when the first lines are in its sink.
  starter.kill("SIGKILL");
  await once(starter, "close");
  const seenByStarter = sink.lines("survivor").length;
  assert.ok(seenByStarter > 0 && seenByStarter < 400, `${seenByStarter} lines before the kill`);
  await world.open(sink);
  assert.equal((await world.find("survivor"))?.exit, undefined);
  const expected = Array.from({ length: 400 }, (_, index) => `line ${index + 1}`);
  await world.until("all lines are there", () => sink.lines("survivor").length >= expected.length);
  assert.deepEqual(sink.lines("survivor"), expected);
  assert.equal((await world.engine.stop("survivor", 1_000, world.never)).signal, "SIGTERM");
}

async function assertForget(world: World): Promise<void> {
  const { id } = await world.start({ program: { sh: "printf 'no line end'; exit 1", fake: "print 1 lines; exit 1" } });
  const running = await world.start({ program: FOREVER });
  await assert.rejects(world.wait(world.engine.forget(running.id, world.never)), {
    code: "E_ENGINE_FAILED",
    message: /still runs/,
  });
  await world.wait(world.engine.exited(id, world.never));
  await world.wait(Promise.all([world.engine.forget(id, world.never), world.engine.forget(id, world.never)]));
  assert.equal(world.sink.lines(id).length, 1, "all output was taken first");
  assert.equal(await world.find(id), undefined);
  await world.wait(world.engine.forget(id, world.never));
  await world.wait(world.engine.forget("never-heard-of", world.never));
  await world.reopen();
  assert.deepEqual(
    (await world.wait(world.engine.list(world.never))).map((instance) => instance.id),
    [running.id],
  );
}

async function assertNoTrace(world: World): Promise<void> {
  const files = { "locked/file": "x" };
  const { id } = await world.start({ slug: { files, process: shellProcess("chmod 500 locked; echo x > $TMPDIR/y") } });
  await world.engine.exited(id, world.never);
  await world.engine.forget(id, world.never);
  assert.deepEqual(readdirSync(join(world.root, "instances")), []);
}

async function assertAbort(world: World): Promise<void> {
  const { id } = await world.start({ program: FOREVER });
  const controller = new AbortController();
  const waiting = world.engine.exited(id, controller.signal);
  controller.abort(new Error("no longer of interest"));
  await assert.rejects(waiting, /no longer of interest/);
  await assert.rejects(world.engine.start(world.spec({ id: "unwanted" }), controller.signal), /no longer of interest/);
  assert.deepEqual(
    (await world.wait(world.engine.list(world.never))).map((instance) => instance.id),
    [id],
  );
}

/** Beginning, being found again, and being forgotten. */
export const LIFECYCLE_CASES: readonly Case[] = [
  { title: "§5 exit codes and signals are told apart", run: assertEnds },
  {
    title: "§2 a program that cannot be executed ends like in a shell: 127, 126, and says why",
    notOn: NO_PROGRAMS,
    run: assertUnstartable,
  },
  { title: "§10 an id is started once, however often and by however many it is asked for", run: assertStartOnce },
  { title: "§10 list: running and ended ones, by start", run: assertList },
  { title: "§5 every instance has a port of its own", run: assertPortsDiffer },
  { title: "§10 another engine on the same machine finds everything again", run: assertReadopted },
  { title: "§5 the exit code is known of what ended while nobody watched", run: assertExitKnownAfterwards },
  {
    title: "§10 kill -9 of the control plane: instances go on, no line lost or doubled",
    notOn: { fake: "it has no processes; its crash is the simulation's" },
    run: assertSurvivesKill,
  },
  { title: "§12 forget takes the last output first, and only of what has ended", run: assertForget },
  { title: "§10 forget leaves no file behind", notOn: NO_PROGRAMS, run: assertNoTrace },
  { title: "§10 an abort ends the waiting, not the instance", run: assertAbort },
];
