import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Ajv } from "ajv";
import { obeyedBy } from "../testing/terminal-text.ts";
import { runCli, temporaryDirectory, type FakeOptions, type Finished } from "../testing/fake-process.ts";

const LIMIT = { timeout: 20_000 };
type Files = Readonly<Record<string, string | Uint8Array>>;

/** A folder with those files, and the command line standing in it. */
function scene(
  t: TestContext,
  files: Files,
): { folder: string; check: (words?: string, options?: Partial<FakeOptions>) => Promise<Finished> } {
  const folder = temporaryDirectory(t);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const check = (words = "", options: Partial<FakeOptions> = {}): Promise<Finished> =>
    runCli(["check", ...words.split(" ").filter((word) => word !== "")], {
      home: join(folder, "home"),
      cwd: folder,
      ...options,
    });
  return { folder, check };
}

test("a clean app is one line, with or without platforms, and needs no home", LIMIT, async (t) => {
  const { check } = scene(t, { Procfile: "web: bin/start\n", "app.json": "{}\n" });
  assert.deepEqual(await check(), { exit: 0, stdout: "✓ Procfile and app.json: no problem found.\n", stderr: "" });
  assert.deepEqual(await check("--for paketo,aptible"), {
    exit: 0,
    stdout: "✓ Procfile and app.json: no problem found, no difference on Paketo and Aptible.\n",
    stderr: "",
  });
  const empty = scene(t, {});
  assert.deepEqual(await empty.check(), {
    exit: 0,
    stdout: "Nothing to check: no Procfile, app.json or other file that Portside reads.\n",
    stderr: "",
  });
});

test("findings are shown like a compiler's, by file, with the line and a caret", LIMIT, async (t) => {
  const { check } = scene(t, {
    "shop/Procfile": "web: a\n\tworker:\nweb: 日本\u001b[2J \\\n",
    "shop/app.json": '{"formation": {\t"web": {"quantity": -1}}}\n',
    "shop/.env": "A=1\nsecret-line-without-equals\n",
  });
  const { exit, stdout } = await check("shop");
  assert.equal(exit, 1);
  assert.deepEqual(obeyedBy(stdout), []);
  assert.ok(!stdout.includes("secret-line"));
  assert.deepEqual(stdout.split("\n"), [
    "shop/Procfile  3 errors",
    "",
    "  shop/Procfile:2:8: error PROC_EMPTY_COMMAND: The line `worker:` has no command after its colon.",
    "    2 │     worker:",
    "      │           ^",
    "    → Write the command that starts `worker`, or remove the line.",
    "    see docs/reference/errors.md",
    "",
    "  shop/Procfile:3:1: error PROC_DUPLICATE: `web` on line 3 is already defined on line 1.",
    "    3 │ web: 日本\\u001b[2J \\",
    "      │ ^",
    "    → Rename or remove one of the two.",
    "    see docs/reference/errors.md",
    "",
    "  shop/Procfile:3:13: error PROC_CONTINUATION: The line `web: 日本\\u{1b}[2J \\` ends in a backslash, but lines of a Procfile do not continue.",
    "    3 │ web: 日本\\u001b[2J \\",
    "      │                    ^",
    "    → Write the whole command on one line, or put it into a script.",
    "    see docs/reference/errors.md",
    "",
    "shop/app.json  1 error",
    "",
    "  shop/app.json:1:37: error APP_FORMATION_RANGE: `formation.web.quantity` is -1, but must be 0 or more.",
    '    1 │ {"formation": { "web": {"quantity": -1}}}',
    "      │                                     ^",
    "    → Write a whole number, 0 or more.",
    "    see docs/reference/errors.md",
    "",
    "shop/.env  1 error",
    "",
    "  shop/.env:2:1: error ENV_INVALID_LINE: The line has no `=`.",
    "    → Write `NAME=value`, or make it a comment with `#`; put a value of several lines in quotes.",
    "    see docs/reference/errors.md",
    "",
    "✗ 5 errors in 3 files",
    "",
  ]);
});

test("what several platforms say about one place is shown once, with a summary by platform", LIMIT, async (t) => {
  const { check } = scene(t, { Procfile: "web: bin/a && bin/b\nrelease: bin/c\n" });
  const { exit, stdout } = await check("--for dokku,aptible,paketo");
  assert.equal(exit, 1);
  assert.match(stdout, /^ {2}Procfile:1:12: error PF008: .* \(dokku\)\n {4}1 │ web: bin\/a && bin\/b\n {6}│ {12}\^\n/m);
  assert.match(stdout, /^ {4}see docs\/reference\/portability\/PF008\.md$/m);
  assert.match(stdout, /^Dokku: 1 would break, 1 to know$/m);
  assert.match(stdout, /^Aptible: 1 would break$/m);
  assert.match(stdout, /^Paketo: no difference$/m);
  const both = await check("--for heroku,dokku");
  const notes = both.stdout.split("\n").filter((line) => line.includes("PF013"));
  assert.equal(notes.filter((line) => line.includes("Procfile:2:")).length, 1);
});

test("exit status: errors 1, warnings 0 and with --strict 1, notes never", LIMIT, async (t) => {
  const warned = scene(t, { "app.json": '{"nmae": "a"}' });
  assert.deepEqual([(await warned.check()).exit, (await warned.check("--strict")).exit], [0, 1]);
  const noted = scene(t, { Procfile: "web: a\nrelease: b\n" });
  assert.deepEqual([(await noted.check("--for heroku --strict")).exit], [0]);
  assert.equal((await scene(t, { Procfile: "web\n" }).check()).exit, 1);
});

test("wrong usage ends with 2, a hint, and nothing on stdout", LIMIT, async (t) => {
  const { check } = scene(t, { Procfile: "web: a\n" });
  const cases = [
    ["--for dokuk", /no platform `dokuk`.*\n.*Did you mean `dokku`\?/],
    ["--for heroku,", /no platform ``/],
    ["--dry-run", /Add `--fix`/],
    ["--sarif --github", /exclude each other/],
    ["nowhere", /nowhere: there is no such folder/],
    ["Procfile", /Procfile: this is a file, but must be a folder/],
    ["a b", /does not know what to do with `b`/],
  ] as const;
  for (const [words, told] of cases) {
    const { exit, stdout, stderr } = await check(words);
    assert.deepEqual([exit, stdout], [2, ""], words);
    assert.match(stderr, told);
  }
});

test(
  "bad input: what cannot be read is told with its place, exit 2, and the rest is checked all the same",
  LIMIT,
  async (t) => {
    const make: Readonly<Record<string, readonly [(path: string) => void, RegExp]>> = {
      folder: [(path) => mkdirSync(path), /Procfile:1:1: error FILE_UNREADABLE: `Procfile` is a folder/],
      pipe: [(path) => void execFileSync("mkfifo", [path]), /Procfile:1:1: .* is no regular file/],
      loop: [(path) => symlinkSync("Procfile", path), /Procfile:1:1: .* leads back to itself/],
      dangling: [(path) => symlinkSync("nowhere", path), /Procfile:1:1: .* is a link to nothing/],
      device: [(path) => symlinkSync("/dev/zero", path), /Procfile:1:1: .* is no regular file/],
      huge: [
        (path) => {
          writeFileSync(path, "");
          truncateSync(path, 1_000_000_000);
        },
        /Procfile:1:1: .* is larger than 1 MiB/,
      ],
      nul: [(path) => writeFileSync(path, "web: a\nwor\0ker: b\n"), /Procfile:2:4: error PROC_INVALID_LINE: .*NUL/],
      latin1: [
        (path) => writeFileSync(path, Buffer.from("web: a\nx: é\xff b\n", "latin1")),
        /Procfile:2:4: .* is not UTF-8/,
      ],
    };
    for (const [name, [create, told]] of Object.entries(make)) {
      const { folder, check } = scene(t, { "app.json": '{"name": 1}' });
      create(join(folder, "Procfile"));
      const { exit, stdout, stderr } = await check();
      assert.deepEqual([exit, stderr], [2, ""], name);
      assert.match(stdout, told);
      assert.match(stdout, /app\.json:1:10: error APP_TYPE/);
      assert.doesNotMatch(stdout, /\bat .*:\d+:\d+\)/);
      assert.equal((await check("--fix --json")).exit, 2);
    }
  },
);

test("bad input: a file without a permission to read", LIMIT, async (t) => {
  if (process.getuid?.() === 0) return t.skip("root may read everything");
  const { folder, check } = scene(t, { Procfile: "web: a\n" });
  chmodSync(join(folder, "Procfile"), 0);
  const { exit, stdout } = await check();
  assert.equal(exit, 2);
  assert.match(stdout, /Procfile:1:1: .* cannot be read \(EACCES\)/);
});

test("a file with NUL that no parser of ours reads is told too", LIMIT, async (t) => {
  const { check } = scene(t, { Procfile: "web: a\n", "heroku.yml": "a\nb\0\n" });
  assert.equal((await check()).exit, 0);
  const { exit, stdout } = await check("--for heroku");
  assert.equal(exit, 2);
  assert.match(stdout, /heroku\.yml:2:2: error FILE_UNREADABLE: `heroku\.yml` holds a NUL character/);
});

test("--json has the files, the findings, the platforms and the sums", LIMIT, async (t) => {
  const { check } = scene(t, { Procfile: "web: a && b\n", "app.json": '{"env": {"PORT": "1"}, "nmae": ""}' });
  const { exit, stdout } = await check("--json --for dokku,paketo");
  const { files, diagnostics, platforms, summary, ...others } = JSON.parse(stdout);
  assert.equal(exit, 1);
  assert.deepEqual(files, ["Procfile", "app.json"]);
  assert.deepEqual(
    diagnostics.map(({ code, file, line, column, platform }: Record<string, unknown>) => [
      code,
      file,
      line,
      column,
      platform,
    ]),
    [
      ["PF008", "Procfile", 1, 8, "dokku"],
      ["APP_ENV_RESERVED", "app.json", 1, 10, undefined],
      ["APP_UNKNOWN_KEY", "app.json", 1, 24, undefined],
    ],
  );
  assert.deepEqual(platforms, [
    { platform: "dokku", title: "Dokku", breaks: 1, differs: 0, notes: 0 },
    { platform: "paketo", title: "Paketo", breaks: 0, differs: 0, notes: 0 },
  ]);
  assert.deepEqual([summary, others], [{ errors: 2, warnings: 1, infos: 0 }, {}]);
});

test("--github escapes what would end a command, and names files from where one stands", LIMIT, async (t) => {
  const { folder } = scene(t, { "a,b: 100%/Procfile": "web: a\n100%:\r\n" });
  const { exit, stdout } = await runCli(["check", "a,b: 100%", "--github"], { home: folder, cwd: folder });
  assert.equal(exit, 1);
  const [first, ...rest] = stdout.trimEnd().split("\n");
  assert.match(
    first ?? "",
    /^::error file=a%2Cb%3A 100%25\/Procfile,line=2,col=4,title=PROC_INVALID_NAME::The process name `100%25` cannot/,
  );
  assert.match(first ?? "", /%0ASee docs\/reference\/errors\.md$/);
  assert.ok(rest.every((line) => line.startsWith("::")));
});

test("--sarif is a valid SARIF log with rules, levels and places", LIMIT, async (t) => {
  const schema = JSON.parse(
    readFileSync(new URL("../../../test/fixtures/sarif/sarif-2.1.0-reduced.json", import.meta.url), "utf8"),
  );
  const isValid = new Ajv({ strict: true, strictRequired: false }).compile(schema);
  for (const [words, files] of [
    ["--sarif", { Procfile: "web: a\n" }],
    ["--sarif --for all", { Procfile: "web: a && b # c\nrelease: x\n_:\n", "app.json": '{"nmae": 1,}', ".env": "A" }],
    ["--sarif shop", { "shop/Procfile": "web: \0\n" }],
  ] as const) {
    const { stdout, exit } = await scene(t, files).check(words);
    const log = JSON.parse(stdout);
    assert.equal(isValid(log), true, JSON.stringify(isValid.errors));
    const [{ results, tool, invocations }] = log.runs;
    assert.deepEqual(invocations, [{ executionSuccessful: exit !== 2, exitCode: exit }]);
    for (const { ruleId, ruleIndex, locations } of results) {
      assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
      assert.equal(tool.driver.rules[ruleIndex].shortDescription.text.endsWith("."), true, ruleId);
      assert.match(locations[0].physicalLocation.artifactLocation.uri, /^(shop\/)?(Procfile|app\.json|\.env)$/);
    }
  }
});

test("--fix shows the difference, writes it, keeps permissions, and is quiet the second time", LIMIT, async (t) => {
  const files = { Procfile: "\uFEFF// note\r\nweb: a\r\n", "app.json": '{\n  "env": {"A": 1}, // c\n}\n' };
  const { folder, check } = scene(t, files);
  chmodSync(join(folder, "app.json"), 0o640);
  const shown = await check("--fix --dry-run");
  assert.equal(shown.exit, 1);
  assert.match(shown.stdout, /^--- a\/Procfile\n\+\+\+ b\/Procfile\n@@ -1,2 \+1,2 @@\n-\\ufeff\/\/ note\\u000d\n/);
  assert.match(shown.stdout, /6 places would be fixed; nothing was written\./);
  assert.equal(readFileSync(join(folder, "Procfile"), "utf8"), files.Procfile);
  const fixed = await check("--fix");
  assert.equal(fixed.exit, 0);
  assert.match(fixed.stdout, /^\+ {2}"env": \{"A": "1"\}$/m);
  assert.match(fixed.stdout, /✓ fixed 6 places\.\n\n✓ Procfile and app\.json: no problem found\.\n$/);
  assert.equal(readFileSync(join(folder, "Procfile"), "utf8"), "# note\nweb: a\n");
  assert.equal(readFileSync(join(folder, "app.json"), "utf8"), '{\n  "env": {"A": "1"}\n}\n');
  assert.equal(statSync(join(folder, "app.json")).mode & 0o777, 0o640);
  const { stdout } = await check("--fix --json");
  assert.deepEqual(JSON.parse(stdout).fixes, []);
});

test("--fix leaves a link as it is, and says so", LIMIT, async (t) => {
  const { folder, check } = scene(t, { shared: "// a\nweb: b\n" });
  symlinkSync("shared", join(folder, "Procfile"));
  const { exit, stdout } = await check("--fix");
  assert.equal(exit, 0);
  assert.match(stdout, /Procfile is a link, so it was left as it is\./);
  assert.equal(readFileSync(join(folder, "shared"), "utf8"), "// a\nweb: b\n");
});
