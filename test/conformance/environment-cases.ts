import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ObservedInstance } from "../../src/engines/engine.ts";
import { NO_PROGRAMS, type Case } from "./case.ts";
import { directProcess, shellProcess, type SlugContent } from "./slug.ts";
import { BASE_PATH, type Wanted, type World } from "./worlds.ts";

/** Writes what it was given to `seen.json` in its TMPDIR, then ends. */
const DUMP = `
import { writeFileSync } from "node:fs";
writeFileSync(process.env.TMPDIR + "/seen.json", JSON.stringify({ env: process.env, argv: process.argv.slice(2), cwd: process.cwd() }));
`;

type Seen = { readonly env: Record<string, string>; readonly argv: string[]; readonly cwd: string };

const dumpSlug = (...words: string[]): SlugContent => ({
  files: { "dump.mjs": DUMP, "below/keep": "" },
  process: directProcess(process.execPath, "dump.mjs", ...words),
});

async function seenBy(world: World, wanted: Wanted): Promise<{ seen: Seen; instance: ObservedInstance; app: string }> {
  const instance = await world.start(wanted);
  assert.deepEqual(
    { ...(await world.engine.exited(instance.id, world.never)), at: 0 },
    { code: 0, at: 0 },
    world.sink.lines(instance.id).join("\n"),
  );
  const directory = join(world.root, "instances", instance.id);
  return {
    seen: JSON.parse(readFileSync(join(directory, "tmp/seen.json"), "utf8")) as Seen,
    instance,
    app: join(directory, "app"),
  };
}

/** Values that some layer between us and a program likes to change. */
const AWKWARD: Readonly<Record<string, string>> = {
  NEWLINES: "one\ntwo\n\n",
  SUBSTITUTION: "$(id) `id` ${HOME} $HOME",
  QUOTES: `a"b'c\\d\\n`,
  EMPTY: "",
  BLANKS: "  \t x  ",
  COMMENT: "# not one",
  ASSIGNMENT: "a=b=c",
  UNICODE: "naïve ☃ 𝄞",
  CONTROL: "\u0001\u001b[31m\u007f\r",
  IFS: "x\n",
  OPTIND: "abc",
  PPID: "1",
  PS1: "$ ",
  PWD: "/nowhere",
  SHLVL: "7",
  BASH_ENV: "/nowhere",
  ENV: "/nowhere",
  NODE_NO_WARNINGS: "1",
  _: "underscore",
  E0: "a name of the shim's",
  LONG: "0123456789abcdef".repeat(4_096),
};

async function assertExactEnvironment(world: World): Promise<void> {
  const { seen, app } = await seenBy(world, { slug: dumpSlug(), env: AWKWARD });
  const base = { PATH: BASE_PATH, LANG: "C.UTF-8", HOME: app, TMPDIR: join(app, "../tmp") };
  assert.deepEqual(seen.env, { ...base, ...AWKWARD });
}

/** What else a process inherits: open files, ignored and blocked signals, the mask of new files. */
async function assertCleanProcess(world: World): Promise<void> {
  const list = await world.start({ slug: { process: directProcess("/bin/ls", "/proc/self/fd") } });
  // 3 is the directory that `ls` reads. Of what we inherited ourselves a shell cannot close 10 and above.
  const fds = (await world.lines(list.id, (lines) => lines.length > 3)).filter((fd) => fd.length === 1);
  assert.deepEqual(fds, ["0", "1", "2", "3"]);
  const status = await world.start({
    slug: { process: directProcess("/bin/grep", "-E", "^(SigIgn|SigBlk|Umask):", "/proc/self/status") },
  });
  const lines = await world.lines(status.id, (all) => all.length > 2);
  assert.deepEqual(lines, ["Umask:\t0022", "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"]);
}

async function assertPortOnlyWhenAsked(world: World): Promise<void> {
  const env = {
    DYNO: "web.1",
    PORTSIDE_APP: "shop",
    PORTSIDE_PROCESS_TYPE: "web",
    PORTSIDE_RELEASE: "v12",
    SOURCE_VERSION: "abc",
  };
  const without = await seenBy(world, { slug: dumpSlug(), env });
  assert.equal(without.seen.env["PORT"], undefined);
  assert.equal(without.instance.address, undefined);
  const withPort = await seenBy(world, { slug: dumpSlug(), env, port: true });
  assert.equal(withPort.seen.env["PORT"], String(withPort.instance.address?.port));
  assert.equal(withPort.instance.address?.host, "127.0.0.1");
  for (const [name, value] of Object.entries(env)) assert.equal(withPort.seen.env[name], value);
}

/** A shell command, its config, and what it prints. */
const SHELL_COMMANDS: readonly (readonly [command: string, env: Record<string, string>, lines: readonly string[]])[] = [
  ["true && echo yes", {}, ["yes"]],
  ["false || echo no; echo then", {}, ["no", "then"]],
  ["printf 'b\\na\\n' | sort", {}, ["a", "b"]],
  ["echo ${PORT:-3000}", {}, ["3000"]],
  ['echo "$(printf \'%s\' "$GREETING")"', { GREETING: "it's  $(me)" }, ["it's  $(me)"]],
  ["echo a # b", {}, ["a"]],
  ['unset NONE; false | true; echo $? "$NONE"', {}, ["0 "]],
];

async function assertShellCommands(world: World): Promise<void> {
  for (const [command, env, expected] of SHELL_COMMANDS) {
    const { id } = await world.start({ slug: { process: shellProcess(command) }, env });
    assert.deepEqual(await world.lines(id, (lines) => lines.length >= expected.length), expected, command);
  }
}

async function assertDirectCommands(world: World): Promise<void> {
  const words = ["$HOME", "a && b", "*", "", "two words", "-n", "x=y", "'q'"];
  const { seen, app } = await seenBy(world, { slug: dumpSlug(...words) });
  assert.deepEqual(seen.argv, words);
  assert.equal(seen.cwd, app);
  const below = await seenBy(world, {
    slug: { ...dumpSlug(), process: { ...directProcess(process.execPath, "../dump.mjs"), workingDir: "below" } },
  });
  assert.equal(below.seen.cwd, join(below.app, "below"));
  assert.equal(below.seen.env["HOME"], below.app);
}

async function assertEphemeralFiles(world: World): Promise<void> {
  const spec = world.spec({
    slug: {
      files: { "kept.txt": "kept" },
      process: shellProcess("cat kept.txt; echo; ls; echo mine > kept.txt; touch extra; echo x > $TMPDIR/y"),
    },
  });
  for (const id of ["first", "second"]) {
    await world.engine.start({ ...spec, id }, world.never);
    await world.engine.exited(id, world.never);
    assert.deepEqual(await world.lines(id, (lines) => lines.length >= 2), ["kept", "kept.txt"]);
  }
  assert.deepEqual(readdirSync(join(spec.artifact.directory, "app")), ["kept.txt"]);
  assert.equal(readFileSync(join(spec.artifact.directory, "app/kept.txt"), "utf8"), "kept");
}

async function assertNoSecretInSight(world: World): Promise<void> {
  const canary = `canary-${process.pid}-in-the-mine`;
  const { id } = await world.start({
    slug: { process: shellProcess("echo ready; sleep 1000; true") },
    env: { TOKEN: canary },
  });
  await world.lines(id, (lines) => lines.includes("ready"));
  const commandLines = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readOrNothing(`/proc/${pid}/cmdline`));
  assert.ok(
    commandLines.some((text) => text.includes(id)),
    "the shim's command line was looked at",
  );
  assert.deepEqual(
    commandLines.filter((text) => text.includes(canary)),
    [],
  );
  assert.deepEqual(
    filesBelow(join(world.root, "instances", id)).filter((path) => readOrNothing(path).includes(canary)),
    [],
  );
}

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // Ended since the list was made.
  }
}

async function assertProfiles(world: World): Promise<void> {
  const files = {
    ".profile": 'export FROM_PROFILE="$CONFIG!"',
    ".profile.d/b.sh": "export ORDER=${ORDER}b",
    ".profile.d/a.sh": "ORDER=a; NOT_EXPORTED=1",
  };
  const process = shellProcess('echo "$FROM_PROFILE $ORDER [$NOT_EXPORTED]"');
  const { id } = await world.start({ slug: { files, process }, env: { CONFIG: "$x" } });
  assert.deepEqual(await world.lines(id, (lines) => lines.length > 0), ["$x! ab []"]);
}

/** Reads what the artifact's layers bring: environment operations, exec.d. */
async function assertLayers(world: World): Promise<void> {
  const spec = world.spec({
    slug: {
      files: { "set!": "#!/bin/sh\necho seen $FROM_LAYER; printf 'FROM_EXEC = \"e\"\\n' >&3" },
      process: shellProcess("echo $FROM_LAYER $FROM_EXEC $CONFIG"),
    },
    env: { CONFIG: "mine" },
  });
  const layered = (name: string, value: string) =>
    ({ kind: "env", name, action: "override", value, delimiter: "" }) as const;
  const execD = { kind: "execD", path: join(spec.artifact.directory, "app/set") } as const;
  const launchPlan = { steps: [layered("FROM_LAYER", "l"), layered("CONFIG", "layer's"), execD] };
  await world.engine.start({ ...spec, artifact: { ...spec.artifact, launchPlan } }, world.never);
  assert.deepEqual(await world.lines(spec.id, (lines) => lines.length > 1), ["seen l", "l e mine"]);
  const failing = { steps: [{ kind: "execD", path: "/bin/false" } as const] };
  await world.engine.start(
    { ...spec, id: "failing", artifact: { ...spec.artifact, launchPlan: failing } },
    world.never,
  );
  assert.equal((await world.engine.exited("failing", world.never)).code, 82);
  const lines = await world.lines("failing", (all) => all.length > 0);
  assert.match(lines.join("\n"), /exec\.d program \/bin\/false failed \(exit code 1\)/);
}

async function assertAwkwardValueRefused(world: World): Promise<void> {
  const spec = world.spec({ env: { TOKEN: "canary\0value" } });
  await assert.rejects(world.engine.start(spec, world.never), (error: Error) => {
    assert.match(error.message, /the value of TOKEN holds a NUL character/);
    assert.doesNotMatch(JSON.stringify([error.message, String(error.cause)]), /canary/);
    return true;
  });
  assert.equal(await world.find(spec.id), undefined);
  assert.ok(!existsSync(join(world.root, "instances", spec.id)), "a refused start left its directory behind");
}

/** What a program is given. */
export const ENVIRONMENT_CASES: readonly Case[] = [
  {
    title: "§4 config arrives byte for byte and nothing is inherited",
    notOn: NO_PROGRAMS,
    run: assertExactEnvironment,
  },
  {
    title: "§4 no open files, ignored signals or file mask of the platform's",
    notOn: NO_PROGRAMS,
    run: assertCleanProcess,
  },
  {
    title: "§4 PORT only when asked, DYNO and PORTSIDE_* are given through",
    notOn: NO_PROGRAMS,
    run: assertPortOnlyWhenAsked,
  },
  {
    title: "§4 a value no environment can hold is refused without being told",
    notOn: NO_PROGRAMS,
    run: assertAwkwardValueRefused,
  },
  { title: "§4 no value in a command line or a file", notOn: NO_PROGRAMS, run: assertNoSecretInSight },
  {
    title: "§2 shell commands: &&, pipes, quotes, ${PORT:-3000}, $(…), D68",
    notOn: NO_PROGRAMS,
    run: assertShellCommands,
  },
  { title: "§2 direct processes: argv untouched, cwd, HOME", notOn: NO_PROGRAMS, run: assertDirectCommands },
  { title: "§2 .profile and .profile.d are sourced (D69)", notOn: NO_PROGRAMS, run: assertProfiles },
  { title: "§2 layers' environment and exec.d programs; config wins", notOn: NO_PROGRAMS, run: assertLayers },
  {
    title: "§1 files are ephemeral: nobody else sees an instance's writes",
    notOn: NO_PROGRAMS,
    run: assertEphemeralFiles,
  },
];
