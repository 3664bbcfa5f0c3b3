import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isProcessAlive } from "../../src/lib/process-alive.ts";
import { NO_PROGRAMS, type Case } from "./case.ts";
import type { LaunchProcess } from "../../src/model/launch-plan.ts";
import { directProcess, shellProcess } from "./slug.ts";
import type { World } from "./worlds.ts";

/**
 * Forms in which a command may start others. `child` is a program that starts another one (`grandchild`), writes its process id as a
 * line, then runs until it is told to stop; both say on SIGTERM that they got it.
 */
type Form = {
  readonly form: string;
  readonly process: LaunchProcess;
  readonly childCount: number;
  readonly files?: Readonly<Record<string, string>>;
};

const shell = (form: string, command: string, childCount = 1): Form => ({
  form,
  process: shellProcess(command),
  childCount,
});

const FORMS: readonly Form[] = [
  shell("plain", "./child"),
  shell("after &&", "true && ./child"),
  shell("not last", "./child; echo after"),
  shell("with a comment behind it", "./child # the web server"),
  shell("with an assignment before it", "MODE=fast ./child"),
  shell("shell in shell", "sh -c 'sh -c \"./child && true\" && true' && true"),
  shell("background", "./child & ./child & wait", 2),
  shell("background, shell gone", "./child & sleep 0.2; exec ./child", 2),
  shell("pipeline", "./child | cat"),
  shell("subshell", "(cd . && ./child)"),
  shell("substitution", "echo $(./child)"),
  shell("trap that waits", "trap 'wait' TERM; ./child & wait"),
  shell("exec", "exec ./child"),
  shell("nohup", "nohup ./child"),
  shell("env", "env MODE=fast ./child"),
  shell(
    "Node script that starts it",
    `'${process.execPath}' -e 'require("child_process").spawn("./child", { stdio: "inherit" })'`,
  ),
  { ...shell("behind .profile", "true && ./child"), files: { ".profile": "export A=1\n" } },
  { form: "direct", process: directProcess("./child"), childCount: 1 },
];

const CHILD = `#!/bin/sh
trap 'echo "got TERM $$" >&2; exit 0' TERM
./grandchild &
echo "child $$" >&2
while :; do sleep 0.05; done
`;

const GRANDCHILD = `#!/bin/sh
trap 'echo "got TERM $$" >&2; exit 0' TERM
echo "child $$" >&2
while :; do sleep 0.05; done
`;

async function assertForm(world: World, { form, process: launch, childCount, files = {} }: Form): Promise<void> {
  const slug = { files: { "child!": CHILD, "grandchild!": GRANDCHILD, ...files }, process: launch };
  const { id } = await world.start({ slug });
  const named = (all: readonly string[]): readonly string[] => all.filter((line) => line.startsWith("child "));
  const lines = named(await world.lines(id, (all) => named(all).length >= 2 * childCount));
  const pids = lines.map((line) => Number(/^child (\d+)$/.exec(line)?.[1]));
  assert.ok(
    pids.every((pid) => isProcessAlive(pid)),
    form,
  );
  await world.engine.stop(id, 10_000, world.never);
  assert.deepEqual(
    pids.filter((pid) => isProcessAlive(pid)),
    [],
    `${form}: nothing runs when stop resolves`,
  );
  await world.engine.forget(id, world.never);
  const told = world.sink.lines(id).filter((line) => line.startsWith("got TERM"));
  assert.deepEqual(told.toSorted(), pids.map((pid) => `got TERM ${pid}`).toSorted(), `${form}: each got SIGTERM, once`);
}

async function assertKillAfterGrace(world: World): Promise<void> {
  const sh =
    "trap '' TERM; sh -c 'trap \"\" TERM; echo child $$; while :; do sleep 0.05; done' & echo self $$; while :; do sleep 0.05; done";
  const { id } = await world.start({ program: { sh, fake: "ignore SIGTERM; print 2 lines" } });
  const lines = await world.lines(id, (all) => all.length > 1);
  const askedAt = world.clock.now();
  const exit = await world.wait(world.engine.stop(id, 400, world.never));
  assert.equal(exit.signal, "SIGKILL");
  const tookMs = world.clock.now() - askedAt;
  assert.ok(tookMs >= 400 && tookMs < 3_000, `took ${tookMs} ms`);
  const pids = lines.map((line) => Number(line.split(" ")[1])).filter((pid) => pid > 10);
  assert.deepEqual(
    pids.filter((pid) => isProcessAlive(pid)),
    [],
  );
}

async function assertGraceIsGiven(world: World): Promise<void> {
  const { id } = await world.start({
    program: {
      sh: "trap 'sleep 0.3; exit 9' TERM; echo ready; while :; do sleep 0.05; done",
      fake: "print 1 lines; on SIGTERM exit 9 after 300ms",
    },
  });
  await world.lines(id, (all) => all.length > 0);
  assert.equal((await world.wait(world.engine.stop(id, 5_000, world.never))).code, 9);
}

async function assertStopIsRepeatable(world: World): Promise<void> {
  const program = {
    sh: "trap '' TERM; echo ready; while :; do sleep 0.05; done",
    fake: "print 1 lines; ignore SIGTERM",
  };
  const { id } = await world.start({ program });
  await world.lines(id, (all) => all.length > 0);
  const askedAt = world.clock.now();
  const patient = world.engine.stop(id, 20_000, world.never);
  const hasty = world.engine.stop(id, 100, world.never);
  const exits = await world.wait(Promise.all([patient, hasty]));
  assert.ok(world.clock.now() - askedAt < 5_000, "the shorter grace counts");
  assert.equal(exits[0].signal, "SIGKILL");
  assert.deepEqual(exits[1], exits[0]);
  assert.deepEqual(await world.wait(world.engine.stop(id, 0, world.never)), exits[0]);
}

async function assertStopUnknown(world: World): Promise<void> {
  const exit = await world.wait(world.engine.stop("never-heard-of", 1_000, world.never));
  assert.equal(exit.lost, true);
  assert.equal((await world.wait(world.engine.exited("never-heard-of", world.never))).lost, true);
  assert.deepEqual(await world.wait(world.engine.listeners("never-heard-of", world.never)), []);
}

/** Job control puts each job into a group of its own; they stay in the session. */
async function assertOtherGroups(world: World): Promise<void> {
  const { id } = await world.start({
    slug: {
      files: { "child!": "#!/bin/sh\necho child $$\ntrap '' TERM\nwhile :; do sleep 0.05; done\n" },
      process: shellProcess("set -m; ./child & ./child & wait; true"),
    },
  });
  const lines = await world.lines(id, (all) => all.length > 1);
  const pids = lines.map((line) => Number(line.split(" ")[1]));
  const groups = new Set(pids.map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[2]));
  assert.equal(groups.size, 2, "the children lead groups of their own");
  await world.engine.stop(id, 100, world.never);
  assert.deepEqual(
    pids.filter((pid) => isProcessAlive(pid)),
    [],
  );
}

async function assertCrashLeavesNothing(world: World): Promise<void> {
  const { id } = await world.start({
    slug: {
      files: { "child!": CHILD },
      process: shellProcess("./child & while [ ! -e go ]; do sleep 0.01; done; exit 2"),
    },
  });
  const [line] = await world.lines(id, (all) => all.length > 0);
  const pid = Number(line?.split(" ")[1]);
  writeFileSync(join(world.root, "instances", id, "app/go"), "");
  assert.equal((await world.engine.exited(id, world.never)).code, 2);
  assert.ok(!isProcessAlive(pid), "the child is gone when the exit is told");
}

async function assertStopGoesOn(world: World): Promise<void> {
  const { id } = await world.start({
    program: { sh: "trap '' TERM; echo ready; while :; do sleep 0.05; done", fake: "print 1 lines; ignore SIGTERM" },
  });
  await world.lines(id, (all) => all.length > 0);
  const interrupted = world.engine.stop(id, 500, world.never);
  const settled = Promise.allSettled([interrupted]);
  await world.until("the stop has begun", () => world.hasStopBegun(id));
  await world.reopen();
  assert.equal((await settled)[0]?.status, "rejected");
  assert.equal((await world.wait(world.engine.exited(id, world.never))).signal, "SIGKILL");
}

/** Ending what runs. */
export const STOP_CASES: readonly Case[] = [
  ...FORMS.map((form) => ({
    title: `§2 SIGTERM reaches a program and its grandchildren, once each: ${form.form}`,
    notOn: NO_PROGRAMS,
    run: (world: World) => assertForm(world, form),
  })),
  { title: "§2 SIGKILL to all that is left after the grace time", run: assertKillAfterGrace },
  { title: "§2 the grace time is given", run: assertGraceIsGiven },
  {
    title: "§2 stop can be repeated; a shorter grace time counts, an ended one answers at once",
    run: assertStopIsRepeatable,
  },
  { title: "§2 stop of what is not known resolves, its end lost", run: assertStopUnknown },
  { title: "§2 other process groups of the session are ended too", notOn: NO_PROGRAMS, run: assertOtherGroups },
  { title: "§5 a crash leaves no child behind", notOn: NO_PROGRAMS, run: assertCrashLeavesNothing },
  { title: "§10 a stop goes on after a restart of the control plane", run: assertStopGoesOn },
];
