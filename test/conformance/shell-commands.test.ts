import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { findShell } from "../../src/engines/process/launch.ts";
import type { LaunchProcess } from "../../src/model/launch-plan.ts";
import { NO_PROGRAMS } from "./case.ts";
import { directProcess, shellProcess } from "./slug.ts";
import { BASE_PATH, ENGINES, makeProcessEngine, World, type EngineKind } from "./worlds.ts";

/** The splitter of the buildpack that makes direct processes; throws for what needs a shell. */
const { splitWords } = (await import(
  new URL("../../buildpacks/procfile/lib/split-words.mjs", import.meta.url).href
)) as {
  splitWords(command: string): string[];
};

/** One case of `cases/shell-commands.json`; `cases/README.md` says what each field means. */
type ShellCase = {
  readonly id: string;
  readonly mode: "shell" | "entrypoint" | "direct";
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly expect: {
    readonly argv?: readonly string[];
    readonly stdout?: string;
    readonly exitCode?: number;
    readonly error?: boolean;
  };
};

const CASES = JSON.parse(
  readFileSync(join(import.meta.dirname, "../cases/shell-commands.json"), "utf8"),
) as readonly ShellCase[];

const SHOW_ARGS = `process.stdout.write(JSON.stringify(process.argv.slice(2)) + "\\n");`;

/** Which modes an engine cannot run, with the reason. A new engine adds itself here. */
const NOT_SUPPORTED: Readonly<Record<string, Partial<Record<ShellCase["mode"], string>>>> = {
  process: { entrypoint: "only images have an ENTRYPOINT, and it runs slugs" },
  fake: { shell: NO_PROGRAMS.fake, direct: NO_PROGRAMS.fake, entrypoint: NO_PROGRAMS.fake },
};

/** How many cases each engine leaves out. */
const NOT_SUPPORTED_COUNT: Readonly<Record<string, number>> = { process: 7, fake: 58 };

/** A PATH with everything of the system's but bash: a command then runs in the plain `sh`. */
const withoutBash = mkdtempSync(join(tmpdir(), "portside-no-bash-"));
after(() => rmSync(withoutBash, { recursive: true, force: true }));
mkdirSync(withoutBash, { recursive: true });
for (const name of ["sh", "sort", "mktemp", "touch", "true", "false", "printf", "id"])
  symlinkSync(["/usr/bin", "/bin"].map((path) => join(path, name)).find(existsSync) ?? name, join(withoutBash, name));

/** Engines whose programs get the machine's own shell: they are tried without bash, too. */
const PLAIN_SHELL = new Set(["process"]);

type Shell = { readonly name: string; readonly kind: () => EngineKind };

/** The engines of the list, and the process engine once more on a machine without bash. */
function shellsOf(engine: string): readonly Shell[] {
  const make = ENGINES[engine];
  if (make === undefined) throw new Error(`there is no engine ${engine}`);
  if (!PLAIN_SHELL.has(engine)) return [{ name: "", kind: make }];
  const plain = (): EngineKind => ({ ...make(), make: (root) => makeProcessEngine(root, withoutBash) });
  return [
    { name: "bash: ", kind: make },
    { name: "sh: ", kind: plain },
  ];
}

for (const engine of Object.keys(ENGINES)) {
  describe(`§2 commands on the ${engine} engine`, { concurrency: 4 }, () => {
    for (const one of CASES) {
      const reason = NOT_SUPPORTED[engine]?.[one.mode];
      const skip = reason === undefined ? false : `NOT_SUPPORTED: ${reason}`;
      for (const { name, kind } of shellsOf(engine)) {
        if (one.mode !== "shell" && name === "sh: ") continue;
        test(`${name}${one.id}`, { skip }, () => play(kind(), one));
      }
    }

    test("what it does not support is counted", () => {
      const count = CASES.filter(({ mode }) => NOT_SUPPORTED[engine]?.[mode] !== undefined).length;
      assert.equal(count, NOT_SUPPORTED_COUNT[engine]);
    });
  });
}

test("there are as many cases as ever", () => assert.ok(CASES.length >= 58, `${CASES.length}`));

async function play(kind: EngineKind, one: ShellCase): Promise<void> {
  const world = new World(kind);
  try {
    await world.open();
    const launch = launchOf(one);
    if (launch === undefined) return assert.equal(one.expect.error, true, "refused before the start");
    const { code, output } = await runToEnd(world, one, launch);
    if (one.expect.error === true) return assert.notEqual(code, 0, output);
    assert.equal(code, one.expect.exitCode ?? 0, output);
    if (one.expect.argv !== undefined) assert.deepEqual(JSON.parse(output), one.expect.argv);
    if (one.expect.stdout !== undefined) assert.equal(`${output}\n`, one.expect.stdout);
  } finally {
    await world.dispose();
  }
}

/** What the buildpack makes of the line; undefined when it refuses it. */
function launchOf({ mode, command }: ShellCase): LaunchProcess | undefined {
  if (mode === "shell") return shellProcess(command);
  try {
    return directProcess(...splitWords(command));
  } catch {
    return undefined;
  }
}

async function runToEnd(
  world: World,
  { env, files = {} }: ShellCase,
  process_: LaunchProcess,
): Promise<{ readonly code: number | undefined; readonly output: string }> {
  const tools = {
    "tools/show-args.js": SHOW_ARGS,
    "tools/show-args!": `#!/bin/sh\nexec '${process.execPath}' "\${0%/*}/show-args.js" "$@"\n`,
  };
  const spec = world.spec({ slug: { files: { ...files, ...tools }, process: process_ }, env });
  const directory = join(spec.artifact.directory, "app/tools");
  const launchPlan = { steps: [{ kind: "pathDirectory", name: "PATH", directory } as const] };
  const started = await world.engine.start({ ...spec, artifact: { ...spec.artifact, launchPlan } }, world.never);
  const { code } = await world.engine.exited(started.id, world.never);
  return { code, output: world.sink.lines(started.id).join("\n") };
}

test("without bash the shell is the system's", () => {
  assert.equal(findShell(withoutBash), "/bin/sh");
  assert.match(findShell(BASE_PATH), /\/bash$/);
});
