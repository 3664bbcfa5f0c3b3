import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli, temporaryDirectory, type Finished } from "../../testing/fake-process.ts";

const LIMIT = { timeout: 20_000 };

test("a file, standard input and a word are inspected as JSON, with findings and exit 0", LIMIT, async (t) => {
  const cwd = temporaryDirectory(t);
  const cli = (words: readonly string[], piped?: string): Promise<Finished> =>
    runCli(words, { home: join(cwd, "home"), cwd, ...(piped === undefined ? {} : { piped }) });
  writeFileSync(join(cwd, "Procfile"), "web: a\nweb\n");
  const procfile = await cli(["inspect", "procfile", "Procfile"]);
  assert.equal(procfile.exit, 0);
  const { entries, diagnostics, ...others } = JSON.parse(procfile.stdout);
  assert.deepEqual(entries, [{ name: "web", command: "a", line: 1 }]);
  assert.deepEqual([diagnostics.length, diagnostics[0].code, others], [1, "PROC_MISSING_COLON", {}]);
  assert.equal((await cli(["inspect:procfile", "-"], "web: a\nweb\n")).stdout, procfile.stdout);

  const appJson = await cli(
    ["inspect", "app-json", "-", "--procfile", "Procfile"],
    '{"formation": {"x": {"quantity": 1}}}',
  );
  assert.deepEqual(JSON.parse(appJson.stdout).diagnostics, [], "types of a broken Procfile are not known");
  const review = ["inspect", "app-json", "-", "--environment", "review"];
  const chosen = await cli(review, '{"name": "a", "environments": {"review": {"name": "b"}}}');
  assert.deepEqual(JSON.parse(chosen.stdout), { value: { name: "b" }, diagnostics: [] });

  assert.deepEqual(JSON.parse((await cli(["inspect", "dotenv", "-"], "A='x y'\n")).stdout), {
    vars: { A: "x y" },
    diagnostics: [],
  });
  const project = JSON.parse((await cli(["inspect", "project-toml", "-"], '[_]\nschema-version = "0.2"\n')).stdout);
  assert.deepEqual([project.value.schemaVersion, project.diagnostics], ["0.2", []]);

  const command = JSON.parse((await cli(["inspect", "command", "run 'a b' && c"])).stdout);
  assert.deepEqual(command.shell.argv, ["bash", "-c", "run 'a b' && c"]);
  assert.deepEqual(command.entrypoint.argv, ["run", "a b", "&&", "c"]);
  assert.equal(command.direct.error.code, "CMD_SHELL_SYNTAX");

  const cron = [
    "inspect",
    "cron",
    "0 3 * * *",
    "--timezone",
    "Europe/Paris",
    "--from",
    "2026-01-01T00:00:00+01:00",
    "--count",
    "1",
  ];
  assert.deepEqual(JSON.parse((await cli(cron)).stdout), {
    valid: true,
    next: ["2026-01-01T02:00:00Z"],
    diagnostics: [],
  });
  const wrong = JSON.parse((await cli(["inspect", "cron", "@reboot", "--timezone", "+01:00"])).stdout);
  assert.deepEqual([wrong.valid, wrong.next], [false, []]);
  assert.deepEqual(
    wrong.diagnostics.map(({ code }: { code: string }) => code),
    ["APP_CRON_SCHEDULE", "APP_CRON_TIMEZONE"],
  );
});

test("another platform's parser shows its entries, or that it refuses the file", LIMIT, async (t) => {
  const home = temporaryDirectory(t);
  const read = async (dialect: string, piped: string): Promise<Record<string, unknown>> =>
    JSON.parse((await runCli(["inspect", "procfile", "-", "--dialect", dialect], { home, piped })).stdout);
  assert.partialDeepStrictEqual(await read("foreman", "web: a\n"), {
    entries: [{ name: "web", command: "a" }],
    error: false,
  });
  assert.partialDeepStrictEqual(await read("heroku-local", "my-worker: x\n"), { entries: null, error: true });
});

test("bad input and wrong usage end with 2, a place and a hint, without a stack", LIMIT, async (t) => {
  const cwd = temporaryDirectory(t);
  mkdirSync(join(cwd, "folder"));
  execFileSync("mkfifo", [join(cwd, "pipe")]);
  writeFileSync(join(cwd, "huge"), "");
  truncateSync(join(cwd, "huge"), 1_000_000_000);
  writeFileSync(join(cwd, "latin1"), Buffer.from("a\nb\xff", "latin1"));
  const cases: readonly (readonly [string, RegExp])[] = [
    ["inspect procfile folder", /folder:1:1: the file is a folder/],
    ["inspect app-json pipe", /pipe:1:1: the file is no regular file/],
    ["inspect dotenv huge", /huge:1:1: the file is larger than 1 MiB/],
    ["inspect project-toml latin1", /latin1:2:2: the file is not UTF-8/],
    ["inspect procfile nothing", /nothing:1:1: the file does not exist/],
    ["inspect procfile", /needs FILE/],
    ["inspect procfile - --dialect foremn", /Did you mean `foreman`\?/],
    ["inspect app-json - --procfile -", /cannot be both/],
    ["inspect cron @daily --from yesterday", /is no instant/],
    ["inspect cron @daily --from 2026-01-01T00:00:00", /with `Z` or an offset/],
    ["inspect cron @daily --count 0", /from 1 to 1000/],
    ["inspect", /needs a second word[^]*inspect:procfile/],
    ["inspect procfle x", /Did you mean `portside inspect:procfile`\?/],
  ];
  for (const [words, told] of cases) {
    const { exit, stdout, stderr } = await runCli(words.split(" "), { home: join(cwd, "home"), cwd, piped: "" });
    assert.deepEqual([exit, stdout], [2, ""], words);
    assert.match(stderr, told);
    assert.doesNotMatch(stderr, /\bat .*:\d+:\d+\)/);
  }
  const piped = Buffer.alloc(1_048_577, "a");
  const { exit, stderr } = await runCli(["inspect", "dotenv", "-"], { home: cwd, piped });
  assert.equal(exit, 2);
  assert.match(stderr, /standard input:1:1: the file is larger than 1 MiB/);
});

test("docs lists the keys, shows an example, and guesses what was meant", LIMIT, async (t) => {
  const home = temporaryDirectory(t);
  const cli = (...words: string[]): Promise<Finished> => runCli(["docs", ...words], { home });
  assert.match((await cli()).stdout, /^app\.json formation /m);
  const shown = await cli("app.json", "formation");
  assert.match(shown.stdout, /^ {4}"formation": \{$/m);
  assert.match(shown.stdout, /see docs\/reference\/files\/app-json\.md/);
  assert.equal((await cli("formation")).stdout, shown.stdout);
  assert.equal(JSON.parse((await cli("Procfile", "--json")).stdout).file, "Procfile");
  const { exit, stderr } = await cli("app.json", "formaton");
  assert.equal(exit, 2);
  assert.match(stderr, /Did you mean `portside docs app\.json formation`\?/);
});

test("help of a topic without a command of its own lists its commands", LIMIT, async (t) => {
  const { exit, stdout } = await runCli(["help", "inspect"], { home: temporaryDirectory(t) });
  assert.equal(exit, 0);
  assert.match(stdout, /inspect:cron/);
  assert.doesNotMatch(stdout, /ps:scale/);
});
