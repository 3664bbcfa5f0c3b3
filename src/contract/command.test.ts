import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { resolveLaunch } from "../model/launch-plan.ts";
import { planCommand, splitWords, type CommandWords } from "./command.ts";

type Case = {
  readonly id: string;
  readonly mode: "shell" | "entrypoint" | "direct";
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly expect: {
    readonly argv?: readonly string[];
    readonly error?: true;
    readonly stdout?: string;
    readonly exitCode?: number;
  };
};

const CASES = JSON.parse(
  readFileSync(new URL("../../test/cases/shell-commands.json", import.meta.url), "utf8"),
) as readonly Case[];

test("§2 there are cases of each mode to run", () => {
  const counts = Object.groupBy(CASES, (one) => one.mode);
  assert.ok((counts.shell?.length ?? 0) >= 40 && (counts.entrypoint?.length ?? 0) >= 7, JSON.stringify(counts));
  assert.ok((counts.direct?.length ?? 0) >= 9);
});

for (const { id, mode, command, expect } of CASES) {
  if (mode === "shell") continue;
  // In direct mode the first word is the program; the case tells what the program sees.
  test(`§2 D70 D71 ${id}`, () => {
    const plan = planCommand(command)[mode];
    if (expect.error === true) assert.ok("error" in plan);
    else assert.deepEqual("argv" in plan ? plan.argv.slice(mode === "direct" ? 1 : 0) : plan, expect.argv);
  });
}

const NO_PLAN = { steps: [] };
const LIMIT_MS = 20_000;
type Run = { readonly stdout: string; readonly exitCode: number };

describe("§2 D68 D69 what a program sees when a shell runs its command", () => {
  let root = "";

  before(() => {
    root = mkdtempSync(join(tmpdir(), "portside-command-"));
    const program = join(root, "show-args.mjs");
    writeFileSync(program, 'process.stdout.write(JSON.stringify(process.argv.slice(2)) + "\\n");\n');
    mkdirSync(join(root, "bin"));
    const wrapper = join(root, "bin", "show-args");
    writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(wrapper, 0o755);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  function run(shell: string, { id, command, env, files = {} }: Case): Promise<Run> {
    const appDir = join(root, `${id}-${shell.replaceAll("/", "_")}`);
    mkdirSync(appDir);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(appDir, name), content);
    const plan = planCommand(command).shell;
    assert.ok("argv" in plan && plan.argv[2] === command && plan.withoutBash[2] === command);
    const launch = resolveLaunch({
      plan: NO_PLAN,
      process: { type: "web", command: [command], args: [], direct: false, default: true, buildpackId: "test" },
      env: { ...env, TMPDIR: root },
      basePath: `${join(root, "bin")}:/usr/local/bin:/usr/bin:/bin`,
      appDir,
      shell,
      hasProfile: files[".profile"] !== undefined,
      appProfiles: [],
    });
    const [file, ...args] = launch.argv;
    return new Promise((resolve) => {
      const options = { cwd: launch.cwd, env: { ...launch.env }, timeout: LIMIT_MS };
      execFile(file, args, options, (error, stdout) => {
        resolve({ stdout, exitCode: error === null ? 0 : typeof error.code === "number" ? error.code : -1 });
      });
    });
  }

  for (const shell of ["/bin/bash", "/bin/dash"]) {
    const missing = existsSync(shell) ? false : `there is no ${shell} on this machine`;
    describe(shell, { concurrency: 2 }, () => {
      for (const one of CASES.filter(({ mode }) => mode === "shell")) {
        test(`§2 ${one.id}`, { skip: missing }, async () => {
          const { stdout, exitCode } = await run(shell, one);
          if (one.expect.error === true) {
            assert.ok(exitCode > 0 && stdout === "", `${exitCode} ${stdout}`);
            return;
          }
          assert.equal(exitCode, one.expect.exitCode ?? 0);
          if (one.expect.argv !== undefined) assert.deepEqual(JSON.parse(stdout), one.expect.argv);
          if (one.expect.stdout !== undefined) assert.equal(stdout, one.expect.stdout);
        });
      }
    });
  }
});

const show = (plan: CommandWords): string =>
  "argv" in plan
    ? plan.argv.map((word) => `<${word}>`).join("")
    : `${plan.error.code}@${plan.error.line}:${plan.error.column} ${plan.error.syntax}`;

const SPLITS: readonly [command: string, words: string][] = [
  ["a  'b c'\t\"d e\"", "<a><b c><d e>"],
  ["a b\\ c \\; \\\\", "<a><b c><;><\\>"],
  ['"a\\"b\\\\c\\$d\\`e\\nf"', '<a"b\\c$d`e\\nf>'],
  ["'a\\'b", "<a\\b>"],
  ["'it'\\''s'", "<it's>"],
  ["\"\" ''", "<><>"],
  ["a\nb\rc", "<a\nb\rc>"],
  ["a && b # c > ~ *", "<a><&&><b><#><c><>><~><*>"],
  ["héllo 🚀", "<héllo><🚀>"],
  [" ", ""],
  ["a 'b", "CMD_UNBALANCED@1:3 '"],
  ['a\n "b\\"', 'CMD_UNBALANCED@2:2 "'],
  ["a b\\", "CMD_UNBALANCED@1:4 \\"],
];

for (const [command, words] of SPLITS)
  test(`D70 ${JSON.stringify(command)} splits`, () => assert.equal(show(splitWords(command)), words));

const DIRECT: readonly [command: string, plan: string][] = [
  ["a *.js {b,c} ~x [d]? !e", "<a><*.js><{b,c}><~x><[d]?><!e>"],
  ["a '$X' '`x`' ';' \";\" \\; \\$X \"\\$X\"", "<a><$X><`x`><;><;><;><$X><$X>"],
  ['a $ "$" $. 5$ "a $ b"', "<a><$><$><$.><5$><a $ b>"],
  ["a b#c \\#d '#e'", "<a><b#c><#d><#e>"],
  ["a A=b exec", "<a><A=b><exec>"],
  ["'A=b' c", "<A=b><c>"],
  ["A\\=b c", "<A=b><c>"],
  ["a ; b", "CMD_SHELL_SYNTAX@1:3 ;"],
  ["a&&b", "CMD_SHELL_SYNTAX@1:2 &&"],
  ["a | b", "CMD_SHELL_SYNTAX@1:3 |"],
  ["a 2>&1", "CMD_SHELL_SYNTAX@1:4 >&"],
  ["a >> b", "CMD_SHELL_SYNTAX@1:3 >>"],
  ["(a)", "CMD_SHELL_SYNTAX@1:1 ("],
  ["a )", "CMD_SHELL_SYNTAX@1:3 )"],
  ['a "`b`"', "CMD_SHELL_SYNTAX@1:4 `"],
  ['a "x ${PORT:-3000}"', "CMD_SHELL_SYNTAX@1:6 ${PORT:-3000}"],
  ["a $(b c)", "CMD_SHELL_SYNTAX@1:3 $(b c)"],
  ["a $1", "CMD_SHELL_SYNTAX@1:3 $1"],
  ["a $'b'", "CMD_SHELL_SYNTAX@1:3 $'"],
  ["A= b", "CMD_SHELL_SYNTAX@1:1 A="],
  ['A_1="x y" b', "CMD_SHELL_SYNTAX@1:1 A_1="],
  ["exec a", "CMD_SHELL_SYNTAX@1:1 exec"],
  ["a #b", "CMD_SHELL_SYNTAX@1:3 #"],
  ["a\nb", "CMD_SHELL_SYNTAX@1:2 \\n"],
  ["a && 'b", "CMD_UNBALANCED@1:6 '"],
  ["a\n\0", "CMD_NUL@2:1 \\0"],
  [" \t", "CMD_EMPTY@1:1 "],
];

for (const [command, plan] of DIRECT)
  test(`D71 ${JSON.stringify(command)} in direct mode`, () => assert.equal(show(planCommand(command).direct), plan));

test("§2 NUL and blanks stop every mode", () => {
  for (const command of ["a\0b", "", " \n"])
    for (const mode of Object.values(planCommand(command))) assert.ok("error" in mode);
});

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

test("D70 words in quotes come back as they were (fuzz)", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 5 }), (words) => {
      const command = words.map(quote).join(" \t");
      assert.deepEqual(splitWords(command), { argv: words });
      if (!command.includes("\0") && words[0] !== "exec")
        assert.deepEqual(planCommand(command).direct, { argv: words });
    }),
    { numRuns: 2_000 },
  );
});

test("D70 any text gives words or a place inside it (fuzz)", () => {
  const piece = fc.constantFrom("a", " ", "'", '"', "\\", "$", "`", "\n", "#", "A=", ";", "${", "🚀");
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join("")),
      (command) => {
        for (const mode of Object.values(planCommand(command))) {
          if ("argv" in mode) continue;
          const line = command.split("\n")[mode.error.line - 1] ?? "";
          assert.ok(mode.error.column >= 1 && mode.error.column <= line.length + 1, JSON.stringify(mode));
          assert.ok(mode.error.message.endsWith(".") && !/\p{Cc}/u.test(mode.error.message + mode.error.syntax));
        }
      },
    ),
    { numRuns: 5_000 },
  );
});
