import assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { runExecD } from "../../src/engines/process/exec-d.ts";
import { planLaunch } from "../../src/build/launch-plan-writer.ts";
import { resolveLaunch } from "../../src/model/launch-plan.ts";
import { element, findProgram, ImageBench, processOf, runProgram, type TestShell } from "./image-bench.ts";

/** cnb.md §7 and §16, launch: every row for every shell an image may have. */
const SHELLS: readonly TestShell[] = [
  { name: "dash", path: findProgram("dash"), isBash: false },
  { name: "bash", path: findProgram("bash"), isBash: true },
  { name: "busybox", path: findProgram("busybox"), isBash: false },
];
const SHOW = '#!/bin/sh\nfor word in "$@"; do printf "[%s]" "$word"; done\n';
/** What shells set on their own account. */
const OF_SHELLS = new Set(["PWD", "OLDPWD", "SHLVL", "_"]);

const HOSTILE = [
  "$(touch pwned)",
  "`touch pwned`",
  "'; touch pwned; '",
  '"; touch pwned; "',
  "a\nb",
  "\\",
  "'",
  '"',
  "*",
  "~",
  "$HOME",
  "${IFS}",
  "--",
  "-n",
  "é😀",
  " lead and trail ",
  "#",
  "!x",
  "a=b",
  "x'\\''y",
];

const TOML_VALUES: Readonly<Record<string, string>> = {
  BASIC: 'it\'s $HOME `id` "q" \\ tab\tend',
  UNICODE: "é€😀",
  LITERAL: "C:\\dir $(id)",
  MULTI: 'one\ntwo ""quoted"" three four\n',
  RAW: "a\\n'b'\nc",
  EMPTY: "",
  QUOTED_KEY: "x # y",
  TIGHT: "=",
};
const TOML = `  BASIC = "it's $HOME \`id\` \\"q\\" \\\\ tab\\tend"   # why
UNICODE = "\\u00e9\\u20AC\\U0001F600"

LITERAL = 'C:\\dir $(id)'
MULTI = """
one
two ""quoted"" \\
   three four
"""
RAW = '''a\\n'b'
c'''
EMPTY = ""
"QUOTED_KEY" = 'x # y'
TIGHT="="`;

const BROKEN_EXEC_D: readonly [what: string, program: string][] = [
  ["a failing one", "#!/bin/sh\nprintf 'A = \"canary\"' >&3\nexit 3\n"],
  ["no TOML", "#!/bin/sh\necho 'canary' >&3\n"],
  ["a number", "#!/bin/sh\necho 'A = 1' >&3\n"],
  ["a table", "#!/bin/sh\necho '[a]' >&3\n"],
  ["an open string", "#!/bin/sh\necho 'A = \"canary' >&3\n"],
  ["more behind a string", "#!/bin/sh\necho 'A = \"canary\" x' >&3\n"],
  ["a key for the second time", '#!/bin/sh\nprintf \'A = "canary"\\nA = "x"\\n\' >&3\n'],
  ["a key that would be a command", '#!/bin/sh\nprintf \'"A;id" = "canary"\\n\' >&3\n'],
  ["a bad escape", "#!/bin/sh\nprintf 'A = \"\\\\q\"\\n' >&3\n"],
  ["one that is no program", "no program\n"],
];

for (const shell of SHELLS) {
  describe(`launcher under ${shell.name}`, { skip: missing(shell) }, () => {
    /** One launcher test: makes the build, installs the launcher, checks. */
    const row = (
      name: string,
      make: (bench: ImageBench) => void,
      check: (bench: ImageBench, t: TestContext) => Promise<void>,
    ): void => {
      test(name, async (t) => {
        using bench = new ImageBench();
        bench.write({ show: SHOW }, bench.app);
        make(bench);
        bench.install(shell);
        await check(bench, t);
      });
    };
    const single =
      (process: Parameters<typeof processOf>[0], api = "0.10") =>
      (bench: ImageBench): void =>
        bench.metadata({ group: [element("bp", api)], processes: [processOf(process)] });
    const prints = async (
      bench: ImageBench,
      [type, ...words]: readonly [string, ...string[]],
      expected: string,
    ): Promise<void> => {
      const { stdout, stderr, status } = await bench.start(type, words);
      assert.deepEqual([stdout.trimEnd(), stderr, status], [expected, "", 0]);
    };

    row("1 the type is the name of the link", single({ command: ["./show", "a"] }), (bench) =>
      prints(bench, ["web"], "[a]"),
    );
    row(
      "2 a type with dots and other signs",
      single({ type: "process.with-a_period", command: ["./show", "b c"] }),
      (bench) => prints(bench, ["process.with-a_period"], "[b c]"),
    );
    row("3 no type and no words: 82", single({}), async (bench) => {
      for (const words of [[], ["--"]]) {
        const { status, stderr } = await bench.start("", words);
        assert.equal(status, 82);
        assert.match(stderr, /when there is no default process a command is required/);
      }
    });
    row("4 `-- command words` is direct", single({}), (bench) =>
      prints(bench, ["", "--", join(bench.app, "show"), "$HOME", "a  b", ""], "[$HOME][a  b][]"),
    );
    row("5 the first word is a command for the shell", single({}), (bench) =>
      prints(bench, ["", "X=1; printf '%s' $X$((X + 1)); echo '' && ./show"], "12"),
    );
    row(
      "6 a command of several words keeps its tail; the user's words replace the default ones",
      single({ command: ["./show", "tail"], args: ["default"] }),
      async (bench) => {
        await prints(bench, ["web"], "[tail][default]");
        await prints(bench, ["web", "user", "words"], "[tail][user][words]");
      },
    );
    row(
      "7 Buildpack API 0.9: the user's words replace the default ones",
      single({ command: ["./show"], args: ["default"] }, "0.9"),
      async (bench) => {
        await prints(bench, ["web"], "[default]");
        await prints(bench, ["web", "user"], "[user]");
      },
    );
    row(
      "8 Buildpack API 0.8: the user's words are appended",
      single({ command: ["./show"], args: ["default"] }, "0.8"),
      async (bench) => {
        await prints(bench, ["web"], "[default]");
        await prints(bench, ["web", "user"], "[default][user]");
      },
    );
    row(
      "9 the image's own variables are gone, the launcher is not on PATH",
      single({ command: ["env"] }),
      async (bench) => {
        const own = {
          CNB_LAYERS_DIR: "a",
          CNB_APP_DIR: "b",
          CNB_PLATFORM_API: "0.14",
          CNB_DEPRECATION_MODE: "quiet",
          CNB_PROCESS_TYPE: "x",
        };
        const { stdout, stderr } = await bench.start("web", [], {
          env: { ...own, CNB_STACK_ID: "s", PATH: "/bin:/cnb/process::/cnb/lifecycle:/cnb/processes:/usr/bin" },
        });
        const env = readEnvironment(stdout);
        assert.deepEqual(
          Object.keys(env).filter((name) => name.startsWith("CNB_")),
          ["CNB_STACK_ID"],
        );
        assert.equal(env["PATH"], "/bin::/cnb/processes:/usr/bin");
        assert.match(stderr, /CNB_PROCESS_TYPE is not supported/);
      },
    );
    row("10 platform API we do not speak: 11", single({}), async (bench) => {
      const { status, stderr } = await bench.start("web", [], { env: { CNB_PLATFORM_API: "0.3" } });
      assert.equal(status, 11);
      assert.match(stderr, /platform API version '0\.3' is incompatible with the lifecycle/);
    });
    row(
      "11 environment: by buildpack root directories of all layers, then env, env.launch, env.launch/<type> of each",
      (bench) => {
        bench.layer("bp:a", {
          "bin/x": "",
          "env/V": "1",
          "env.launch/V.append": "2",
          "env.launch/web/V.append": "3",
          "env.launch/worker/V.append": "-",
        });
        bench.layer("bp:b", { "lib/x": "", "bin/x": "", "env/V.append": "4", "env.build/V.append": "-" });
        bench.layer("other/bp:c", {
          "bin/x": "",
          "env/V.prepend": "5",
          "env/PATH.append": "/last",
          "env/PATH.delim": ":",
        });
        bench.metadata({ group: [element("bp"), element("other/bp")], processes: [processOf({ command: ["env"] })] });
      },
      async (bench) => {
        const env = readEnvironment((await bench.start("web", [])).stdout);
        const at = (path: string): string => join(bench.layers, path);
        assert.equal(env["V"], "51234");
        assert.equal(env["PATH"], `${at("other_bp/c/bin")}:${at("bp/b/bin")}:${at("bp/a/bin")}:/usr/bin:/bin:/last`);
        assert.equal(env["LD_LIBRARY_PATH"], at("bp/b/lib"));
      },
    );
    row(
      "12 every action on a value that is set, empty and absent (cnb.md §6.2)",
      (bench) => {
        const actions = ["override", "default", "append", "prepend"];
        const files = ["OLD", "EMPTY", "NEW"].flatMap((name) =>
          actions.map((action) => [`env/${name}_${action}.${action}`, "v"] as const),
        );
        const delims = ["OLD", "NEW"].flatMap((name) =>
          ["append", "prepend"].map((action) => [`env/${name}_${action}.delim`, "[]"] as const),
        );
        bench.layer("bp:l", {
          ...Object.fromEntries([...files, ...delims]),
          "env/PLAIN": "bare",
          "env/MANY.append": "a",
          "env/MANY.delim": ":",
          "env/MANY.prepend": "p",
        });
        bench.metadata({ group: [element("bp")], processes: [processOf({ command: ["env"] })] });
      },
      async (bench) => {
        const before = Object.fromEntries(
          ["override", "default", "append", "prepend"].flatMap((action) => [
            [`OLD_${action}`, "o"],
            [`EMPTY_${action}`, ""],
          ]),
        );
        const env = readEnvironment((await bench.start("web", [], { env: { ...before, MANY: "m" } })).stdout);
        const of = (name: string): (string | undefined)[] =>
          ["override", "default", "append", "prepend"].map((action) => env[`${name}_${action}`]);
        assert.deepEqual(of("OLD"), ["v", "o", "o[]v", "v[]o"]);
        assert.deepEqual(
          [of("EMPTY"), of("NEW")],
          [
            ["v", "v", "v", "v"],
            ["v", "v", "v", "v"],
          ],
        );
        assert.deepEqual([env["PLAIN"], env["MANY"]], ["bare", "p:m:a"]);
      },
    );
    row(
      "13 exec.d: in order, from the app, with the environment so far, on descriptor 3, before the profiles",
      (bench) => {
        const program = (name: string): string =>
          `#!/bin/sh\necho "${name} $(pwd) [$SEEN] $LAYER"\nprintf 'SEEN = "%s"\\n# a comment\\n' "\${SEEN}${name}" >&3\n`;
        bench.layer("bp:a", {
          "env/LAYER": "yes",
          "exec.d/20": program("b"),
          "exec.d/10": program("a"),
          "exec.d/web/00": program("c"),
          "exec.d/worker/00": program("-"),
        });
        bench.layer("bp:b", {
          "exec.d/00": program("d"),
          "profile.d/p.sh": 'echo "profile [$SEEN]"\nSEEN=p$SEEN\n',
        });
        bench.metadata({
          group: [element("bp", "0.8")],
          processes: [processOf({ direct: false, command: ['echo "run [$SEEN]"'] })],
        });
      },
      async (bench) => {
        const { stdout, stderr, status } = await bench.start("web", []);
        const lines = ["a", "b", "c", "d"].map((name, index) => `${name} ${bench.app} [${"abcd".slice(0, index)}] yes`);
        assert.deepEqual(
          [stdout.trimEnd().split("\n"), stderr, status],
          [[...lines, "profile [abcd]", "run [pabcd]"], "", 0],
        );
      },
    );
    row(
      "14 exec.d: strings of every TOML form arrive byte for byte",
      (bench) => {
        bench.layer("bp:a", { "exec.d/10": `#!/bin/sh\ncat >&3 <<'TOML'\n${TOML}\nTOML\n` });
        bench.metadata({ group: [element("bp")], processes: [processOf({ command: ["env", "-0"] })] });
      },
      async (bench) => {
        const env = readEnvironment((await bench.start("web", [])).stdout, "\0");
        assert.deepEqual(Object.fromEntries(Object.keys(TOML_VALUES).map((name) => [name, env[name]])), TOML_VALUES);
      },
    );
    for (const [what, program] of BROKEN_EXEC_D) {
      row(
        `15 exec.d: ${what}: 82, the process does not start`,
        (bench) => {
          bench.layer("bp:a", { "exec.d/10": program });
          bench.metadata({ group: [element("bp")], processes: [processOf({ command: ["./show", "started"] })] });
        },
        async (bench) => {
          const { stdout, stderr, status } = await bench.start("web", []);
          assert.deepEqual([stdout, status], ["", 82]);
          assert.match(stderr, /exec\.d.*a\/exec\.d\/10/);
          assert.doesNotMatch(stderr, /canary/);
        },
      );
    }
    row(
      "16 direct: found in the layers' PATH, started in its working directory, with the name as written",
      (bench) => {
        bench.layer("bp:a", { "bin/tool": '#!/bin/sh\nprintf "%s %s" "$0" "$(pwd)"\n' });
        mkdirSync(join(bench.app, "sub"));
        const processes = [
          processOf({ command: ["tool"], workingDir: join(bench.app, "sub") }),
          processOf({ type: "none", command: ["no-such-tool"] }),
        ];
        bench.metadata({ group: [element("bp")], processes });
      },
      async (bench) => {
        await prints(bench, ["web"], `${join(bench.layers, "bp/a/bin/tool")} ${join(bench.app, "sub")}`);
        const { status, stderr } = await bench.start("none", []);
        assert.equal(status, 82);
        assert.match(stderr, /path lookup: no-such-tool: executable file not found in \$PATH/);
      },
    );
    row(
      "17 not direct: profiles of layers and type, the app's .profile.d, .profile, then the command in its directory",
      (bench) => {
        const say = (name: string): string => `printf '%s ' ${name}; export FROM="$FROM ${name}"; set -- changed\n`;
        bench.layer("bp:a", {
          "profile.d/1.sh": say("one"),
          "profile.d/web/2.sh": say("two"),
          "profile.d/worker/3.sh": say("no"),
        });
        mkdirSync(join(bench.app, "sub"));
        bench.write(
          { ".profile.d/b.sh": say("three"), ".profile.d/ignored": say("no"), ".profile": say("four") },
          bench.app,
        );
        bench.metadata({
          group: [element("bp", "0.8")],
          processes: [
            processOf({ direct: false, command: ['echo "$FROM" $(pwd)'], workingDir: join(bench.app, "sub") }),
          ],
        });
      },
      (bench) => prints(bench, ["web"], `one two three four  one two three four ${join(bench.app, "sub")}`),
    );
    row(
      "18 not direct, with words: each is evaluated once and stays one word",
      single({ direct: false, command: ["./show"], args: ["$V"] }, "0.8"),
      async (bench) => {
        const words = ["'x'", '"x"', "a  b", "`echo c`", "$(echo d)", "-n", "*", "${V:-e}"];
        const { stdout } = await bench.start("web", words, { env: { V: "x  y" } });
        assert.equal(stdout, "[x  y]['x'][x][a b][c][d][][*][x  y]");
      },
    );
    row(
      "19 standard input, exit code and arguments pass through",
      single({ command: ["sh", "-c", 'read line; printf "%s %s" "$line" "$1"; exit 7', "sh"] }),
      async (bench) => {
        const { stdout, status } = await bench.start("web", ["word"], { stdin: "hello\n" });
        assert.deepEqual([stdout, status], ["hello word", 7]);
      },
    );
    row(
      "20 the program takes the launcher's place: signals reach it",
      single({ command: ["sh", "-c", "trap 'exit 9' TERM; echo $$; while :; do sleep 0.05; done"] }),
      async (bench) => {
        const child = spawn(join(bench.root, "cnb/process/web"), [], {
          env: { PATH: "/usr/bin:/bin" },
          stdio: ["ignore", "pipe", "inherit"],
        });
        const [pid] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
        assert.equal(Number(pid), child.pid);
        child.kill("SIGTERM");
        assert.deepEqual(await once(child, "exit"), [9, null]);
      },
    );
    row(
      "21 `docker run -e` against a layer as in every CNB image; PORTSIDE_CONFIG_VARS lets the app's own win (contract §4)",
      (bench) => {
        bench.layer("bp:a", { "env/OVER": "layer", "env/DEF.default": "layer", "env/APP.append": "+layer" });
        bench.metadata({ group: [element("bp")], processes: [processOf({ command: ["env"] })] });
      },
      async (bench) => {
        const values = async (more: Record<string, string>): Promise<(string | undefined)[]> => {
          const env = readEnvironment(
            (await bench.start("web", [], { env: { OVER: "user", DEF: "user", APP: "user", ...more } })).stdout,
          );
          return ["OVER", "DEF", "APP", "PORTSIDE_CONFIG_VARS"].map((name) => env[name]);
        };
        assert.deepEqual(await values({}), ["layer", "user", "user+layer", undefined]);
        assert.deepEqual(await values({ PORTSIDE_CONFIG_VARS: "OVER APP $(id) a;id 1X PATH" }), [
          "user",
          "user",
          "user",
          undefined,
        ]);
      },
    );
    row(
      "22 nothing in names, values, words or paths is ever run",
      (bench) => {
        const files = Object.fromEntries(HOSTILE.map((text, index) => [`env/V${index}`, text]));
        bench.layer("bp:it's $(touch pwned) `id`", {
          ...files,
          "profile.d/it's $(touch pwned).sh": "export SOURCED=yes\n",
          "bin/x": "",
        });
        const processes = [
          processOf({ command: ["./show", ...HOSTILE] }),
          processOf({ type: "vars", command: ["env", "-0"] }),
          processOf({ type: "sh", direct: false, command: ["env -0"] }),
        ];
        bench.metadata({ group: [element("bp")], processes });
      },
      async (bench) => {
        await prints(
          bench,
          ["web"],
          HOSTILE.map((text) => `[${text}]`)
            .join("")
            .trimEnd(),
        );
        await prints(
          bench,
          ["web", ...HOSTILE],
          [...HOSTILE, ...HOSTILE]
            .map((text) => `[${text}]`)
            .join("")
            .trimEnd(),
        );
        const env = readEnvironment((await bench.start("vars", [])).stdout, "\0");
        assert.deepEqual(
          HOSTILE.map((_, index) => env[`V${index}`]),
          HOSTILE,
        );
        assert.equal(readEnvironment((await bench.start("sh", [])).stdout, "\0")["SOURCED"], "yes");
        const { stdout } = await runProgram(["find", bench.root, "-name", "pwned"], {
          env: { PATH: "/usr/bin:/bin" },
          cwd: "/",
        });
        assert.equal(stdout, "");
      },
    );
    row("23 the same environment as the host's launcher gives (cnb.md §16)", richBuild, async (bench) => {
      for (const type of ["web", "shell"]) {
        const config = {
          HOME: "/nowhere",
          OVER: "config",
          MIXED: "config",
          LD_LIBRARY_PATH: "/config/lib",
          SPACES: " a  b",
        };
        const host = await hostEnvironment(bench, type, config);
        const env = { ...config, PORTSIDE_CONFIG_VARS: Object.keys(config).join(" ") };
        const image = readEnvironment((await bench.start(type, [], { env })).stdout, "\0");
        assert.deepEqual(image, host);
        assert.ok(Object.keys(host).length > 10);
      }
    });
  });
}

test("a shell of this list is on this machine", () => assert.ok(SHELLS.some(({ path }) => path !== undefined)));

function missing(shell: TestShell): string | false {
  if (shell.path !== undefined) return false;
  // A skip that nobody sees would look like a pass.
  console.warn(`SKIPPED: there is no ${shell.name} on this machine`);
  return `there is no ${shell.name} on this machine`;
}

function readEnvironment(text: string, separator = "\n"): Record<string, string> {
  const lines = text.split(separator).filter((line) => line.includes("="));
  const env = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  for (const name of OF_SHELLS) delete env[name];
  return env;
}

function richBuild(bench: ImageBench): void {
  const execD = '#!/bin/sh\nprintf \'EXEC = "%s"\\nMIXED_EXEC = "x"\\n\' "$OVER and $PLAIN" >&3\n';
  bench.layer("bp:a", {
    "bin/x": "",
    "lib/x": "",
    "env/OVER": "layer",
    "env/PLAIN": "it's $plain",
    "env/MIXED.append": "layer",
    "exec.d/10": execD,
  });
  bench.layer("bp:b", {
    "bin/x": "",
    "env.launch/web/TYPED": "web",
    "env.launch/shell/TYPED": "shell",
    "env/JOIN.append": "1",
    "env/JOIN.delim": ":",
  });
  bench.layer("two:c", {
    "bin/x": "",
    "env/JOIN.prepend": "2",
    "env/JOIN.delim": ";",
    "env/PATH.append": ":/end",
    "profile.d/p.sh": 'export PROFILED="$TYPED $EXEC"\n',
  });
  const processes = [
    processOf({ command: ["env", "-0"] }),
    processOf({ type: "shell", direct: false, command: ["env -0 | cat"] }),
  ];
  bench.metadata({ group: [element("bp"), element("two", "0.8")], processes });
}

/** As `engines/process` starts it: the pure plan, then exec.d, then the program itself. */
async function hostEnvironment(
  bench: ImageBench,
  type: string,
  config: Record<string, string>,
): Promise<Record<string, string>> {
  const at = (path: string): string => join(bench.layers, path);
  const process = processOf(
    type === "web" ? { command: ["env", "-0"] } : { type, direct: false, command: ["env -0 | cat"] },
  );
  const plan = planLaunch([[at("bp/a"), at("bp/b")], [at("two/c")]]);
  const shell = findProgram("bash") ?? "/bin/sh";
  const resolved = resolveLaunch({
    plan,
    process,
    env: config,
    basePath: "/usr/bin:/bin",
    appDir: bench.app,
    shell,
    hasProfile: false,
    appProfiles: [],
  });
  const { signal } = new AbortController();
  const ready = await runExecD({ programs: resolved.execD, cwd: bench.app, env: resolved.env, signal });
  assert.ok(ready.ok);
  return readEnvironment((await runProgram(resolved.argv, { env: ready.env, cwd: resolved.cwd })).stdout, "\0");
}
