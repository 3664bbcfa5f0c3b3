import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "./platforms.ts";
import { findingsByPlatform, shownFindings } from "./testing/shown-findings.ts";

type ByPlatform = Readonly<Partial<Record<Platform, string>>>;

function same(found: string, ...platforms: readonly Platform[]): ByPlatform {
  return Object.fromEntries(platforms.map((platform) => [platform, found]));
}

const READERS = ["heroku", "heroku-cnb", "heroku-local", "dokku", "apppack", "paketo"] as const;
const BUT_HEROKU = READERS.filter((platform) => platform !== "heroku");

/** A Procfile, and everything every platform says about it. */
const LINES: readonly [title: string, procfile: string, found: ByPlatform][] = [
  ["PF001 prose has no colon", "web: a\nplease run this\n", same("PF001@2", ...BUT_HEROKU)],
  ["PF001 a colon inside the command is none", "web bin/fetch http://x\n", same("PF001@1", ...BUT_HEROKU)],
  [
    "PF001 Heroku reads a name without a colon as an entry",
    "web a\nweb: b\n",
    { ...same("PF001@1", ...BUT_HEROKU), heroku: "PF002@2" },
  ],
  ["PF001 an entry without a name", ": x\nweb: a\n", same("PF001@1", ...READERS)],
  [
    "PF001 a blank on both sides of the colon",
    "web : a\n",
    same("PF001@1", "heroku", "heroku-cnb", "heroku-local", "apppack", "paketo"),
  ],
  [
    "PF001 an indented comment with slashes",
    "  // c\nweb: a\n",
    same("PF001@1", "heroku-cnb", "heroku-local", "apppack"),
  ],
  [
    "PF001 a comment with slashes and a colon",
    "// web: x\nweb: a\n",
    same("PF001@1", "heroku-cnb", "heroku-local", "apppack"),
  ],
  ["PF001 blanks are no command", "web:  \t\n", same("PF001@1", "heroku-cnb", "dokku", "apppack", "paketo")],
  ["PF001 a hash is no command at Dokku", "web: # later\n", { dokku: "PF001@1" }],
  ["PF001 slashes are none there either", "http://foo: bar\nweb: a\n", { heroku: "PF001@1", dokku: "PF001@1" }],
  [
    "PF001 every marker of a conflict",
    "web: a\n=======\n>>>>>>> b\n||||||| c\n",
    same("PF001@2 PF001@3 PF001@4", ...READERS),
  ],
  ["PF001 eight signs are no marker", "web: a\n#========\n", {}],
  ["PF001 a tab indents", "\tweb: a\n", same("PF001@1", "heroku-local", "paketo")],
  ["PF001 CRLF and a missing last line end are fine", "web: a\r\n\r\n# c\r\nworker: b", {}],
  ["PF002 each later line", "web: a\nweb: b\nweb: c\n", same("PF002@2 PF002@3", ...READERS)],
  [
    "PF002 after renaming",
    "web: a\nmy_job: b\nmy-job: c\n",
    { "heroku-cnb": "PF005@2 PF002@3", apppack: "PF005@2 PF002@3", "heroku-local": "PF006@3" },
  ],
  [
    "PF003 lines that continue again and again",
    "web: a \\\n  --b \\\n  --c\n",
    {
      heroku: "PF003@1 PF003@2",
      ...same("PF003@1 PF001@2 PF003@2 PF001@3", ...BUT_HEROKU),
    },
  ],
  ["PF003 an escaped backslash does not continue", "web: a \\\\\n", {}],
  ["PF003 a comment does not continue", "# a \\\nweb: a\n", {}],
  ["PF003 a mark and a backslash on one line are one report", "\uFEFFweb: a \\\n", same("PF003@1", ...READERS)],
  ["PF004 letters of other scripts", "wéb: a\nweb: b\n", same("PF004@1", ...READERS)],
  [
    "PF004 signs at an end",
    "-a: x\nb-: x\nc_: x\nweb: x\n",
    {
      "heroku-cnb": "PF004@1 PF004@2 PF004@3",
      apppack: "PF004@1 PF004@2 PF004@3",
      "heroku-local": "PF004@1 PF004@2",
    },
  ],
  ["PF004 63 characters are fine", `${"a".repeat(63)}: x\nweb: y\n`, {}],
  ["PF005 a name that cannot be is not renamed", "_a: x\nweb: y\n", same("PF004@1", "heroku-cnb", "apppack")],
  ["PF005 capitals and underscores", "My_Job: x\nweb: y\n", same("PF005@1", "heroku-cnb", "apppack")],
  ["PF011 a broken line still says what was meant", "web bin/web\nworker: a\n", same("PF001@1", ...BUT_HEROKU)],
  ["PF011 a file without entries is no worse for it", "# nothing\n", {}],
  [
    "PF011 release alone is no web",
    "release: a\n",
    {
      heroku: "PF011@1 PF013@1",
      "heroku-cnb": "PF011@1 PF013@1",
      apppack: "PF011@1 PF013@1",
      dokku: "PF013@1",
      aptible: "PF012@1",
    },
  ],
  ["PF013 after renaming", "web: a\nRelease: b\n", same("PF005@2 PF013@2", "heroku-cnb", "apppack")],
];

for (const [title, procfile, found] of LINES) {
  test(title, () => assert.deepEqual(findingsByPlatform({ Procfile: procfile }), found));
}

const DOCKERFILE = "FROM debian:12\nEXPOSE 3000\n";
const ENTRYPOINT = `${DOCKERFILE}ENTRYPOINT ["/entry.sh"]\n`;

/** What one platform says about one command of `web`; `image`: a Dockerfile beside it. */
const COMMANDS: readonly [platform: Platform, command: string, found: string, image?: string][] = [
  // PF007: where the shell itself drops what Dokku leaves over, nothing is lost.
  ["dokku", "a # one # two", ""],
  ["dokku", "a # one # two", "PF007@1", DOCKERFILE],
  ["dokku", "a #", ""],
  ["dokku", "a #", "PF007@1", DOCKERFILE],
  ["dokku", "a // b # c", ""],
  ["dokku", "a 'b # c'", "PF008@1 PF007@1"],
  ["dokku", "a --color #fff --x", ""],
  ["dokku", "a --color=#fff http://x//y", ""],
  ["dokku", "a \\# b", ""],
  // PF008 in Dokku's buildpack images.
  ["dokku", "a; b", "PF008@1"],
  ["dokku", "a &", "PF008@1"],
  ["dokku", "a < b", "PF008@1"],
  ["dokku", "a 2>&1", "PF008@1"],
  ["dokku", "(cd a && b)", "PF008@1"],
  ["dokku", "a <(b)", "PF008@1"],
  ["dokku", "A=1 b", "PF008@1"],
  ["dokku", "env A=1 b", ""],
  ["dokku", "a B=1 exec", ""],
  ["dokku", "a \\; b\\&c", ""],
  ["dokku", "a 'b' \"c\"", ""],
  ["dokku", "a --b=''", "PF008@1"],
  ["dokku", "a '*.js'", "PF008@1"],
  ["dokku", 'a "x;y"', "PF008@1"],
  ["dokku", 'a "$PORT" "http://$HOST/"', ""],
  ["dokku", "a $(nproc | head -1) `hostname` $((1 < 2))", ""],
  ["dokku", "a ${X:-1;2}", ""],
  ["dokku", "a 'open", ""],
  // Where words are split, quotes work and `sh -c` does.
  ["dokku", "a 'b c' \"\" '*'", "", DOCKERFILE],
  ["dokku", "sh -c 'a && exec b'", "", DOCKERFILE],
  ["dokku", "a | b", "PF008@1", DOCKERFILE],
  ["dokku", "exec a", "PF008@1", DOCKERFILE],
  ["dokku", "a | b", "DF002@Dockerfile:3 PF008@1", ENTRYPOINT],
  // PF009.
  ["dokku", "a $X ${X}", "", DOCKERFILE],
  ["dokku", "a ${X%y}", "PF009@1", DOCKERFILE],
  ["dokku", "a $(date)", "PF009@1", DOCKERFILE],
  ["dokku", "a `date`", "PF009@1", DOCKERFILE],
  ["dokku", "a $$", "PF009@1", DOCKERFILE],
  ["dokku", "awk '{print $1}'", "PF009@1", DOCKERFILE],
  ["dokku", "a \\$HOME", "PF009@1", DOCKERFILE],
  ["dokku", "a 'x$'", "", DOCKERFILE],
  ["dokku", "a # ${X:-1}", "", DOCKERFILE],
  ["dokku", "a $$ $1 \\$X", ""],
  ["aptible", "a $X", "PF009@1", ENTRYPOINT],
  ["aptible", "a '$X'", "", ENTRYPOINT],
  ["aptible", 'a "${X}"', "PF009@1", ENTRYPOINT],
  ["aptible", "a `b`", "PF009@1", ENTRYPOINT],
  ["aptible", "a # c", "DF002@Dockerfile:3 PF008@1", ENTRYPOINT],
  ["aptible", "exec a", "DF002@Dockerfile:3 PF008@1", ENTRYPOINT],
  ["aptible", "exec a && true", "", DOCKERFILE],
  ["aptible", "a && exec b", "", DOCKERFILE],
  ["aptible", "A=1 exec b", "", DOCKERFILE],
  ["aptible", "a || exit 1", "PF010@1", DOCKERFILE],
  ["aptible", "if a; then exec b; else exec c; fi", "", DOCKERFILE],
  ["aptible", "if a; then exec b; else c; fi", "PF010@1", DOCKERFILE],
  ["aptible", "exec a | b", "PF010@1", DOCKERFILE],
  ["aptible", "trap 'kill 0' TERM; a & wait", "", DOCKERFILE],
  ["aptible", '"$@"', "", DOCKERFILE],
  // PF010 behind a wrapper.
  ["heroku-cnb", "bash -lc 'a'", "PF010@1"],
  ["heroku-cnb", "/bin/bash -euo pipefail -c 'a'", "PF010@1"],
  ["heroku-cnb", "bash -euo pipefail -c 'exec a'", ""],
  ["heroku-cnb", "exec sh -c 'a; b'", "PF010@1"],
  ["heroku-cnb", "env A=1 sh -c 'a'", "PF010@1"],
  ["heroku-cnb", "x && sh -c 'a'", "PF010@1"],
  ["heroku-cnb", "sh -c 'exec sh -c \"a; b\"'", "PF010@1"],
  ["heroku-cnb", 'sh -c "$CMD"', ""],
  ["heroku-cnb", "sh -c ''", ""],
  ["heroku-cnb", "bash bin/start.sh -c 'a'", ""],
  ["heroku-cnb", "a && b", ""],
  ["heroku", "sh -c 'a; b'", ""],
  ["heroku-local", "sh -c 'a; b'", ""],
  ["paketo", "sh -c 'a; b'", "PF010@1"],
  // PF014: what listens where.
  ...[
    "--port 8000",
    "--port=8000",
    "-p 8000",
    "-p8000",
    "-b 0.0.0.0:8000",
    "--bind :8000",
    "--listen tcp://0.0.0.0:80",
  ].map((option): [Platform, string, string] => ["heroku", `bin/serve ${option}`, "PF014@1"]),
  ["heroku", "java -Dserver.port=8080 -jar a.jar", "PF014@1"],
  ["heroku", "PORT=3000 node server.js", "PF014@1"],
  ["heroku", "python manage.py runserver 0.0.0.0:8000", "PF014@1"],
  ["heroku", "python -m http.server 8000", "PF014@1"],
  ["heroku", "php -S 0.0.0.0:8080", "PF014@1"],
  ["heroku", "bin/migrate && bin/serve --port 80", "PF014@1"],
  ["heroku", "sh -c 'exec bin/serve -p 8000'", "PF014@1"],
  ["heroku", "bin/serve --bind localhost:$PORT", "PF014@1"],
  ["heroku", "bin/serve --host=127.0.0.1", "PF014@1"],
  ["heroku", "bin/serve -b [::1]:$PORT", "PF014@1"],
  ["heroku", "HOST=localhost bin/serve", "PF014@1"],
  ["heroku", "bin/serve --port $PORT --metrics-port 9100", ""],
  ["heroku", "bin/serve --metrics-port 9100 --workers 4 -t 120 -p 4", ""],
  ["heroku", "bin/serve --port 8000 --or $PORT", ""],
  ["heroku", "bin/serve --redis redis://localhost:6379 --api http://127.0.0.1:9000/x", ""],
  ["heroku", "bin/serve --redis-host localhost --redis-port 6379", ""],
  ["heroku", "wait-for-it.sh localhost:5432 -- bin/serve", ""],
  ["heroku", "pg_isready -h localhost -p 5432 && bin/serve", ""],
  ["heroku", "gunicorn app:app -b 127.0.0.1:8000 & nginx", ""],
  ["heroku", "bin/serve # on localhost:3000", ""],
  ["heroku", "bin/serve --date 12:30 --ratio 5:5 --size 8000", ""],
  ["heroku-local", "bin/serve --port 8000", ""],
  ["paketo", "bin/serve --port 8000", ""],
  ["aptible", "bin/serve --port 8000", ""],
  ["aptible", "bin/serve --port $PORT", "PF014@1"],
  ["aptible", "bin/serve --port ${PORT}", "PF014@1"],
  ["aptible", "bin/serve --port ${PORT:-3000} --host 0.0.0.0", ""],
  ["aptible", "bin/serve --port ${PORT-3000}", ""],
  ["aptible", "bin/serve --name $PORTAL", ""],
  ["aptible", "exec bin/serve --port $PORT", "", `${DOCKERFILE}ENV PORT=3000\n`],
  ["dokku", "bin/serve --port 3000", "", DOCKERFILE],
  ["dokku", "bin/serve --port 3000", "PF014@1", "FROM debian:12\n"],
  ["dokku", "bin/serve --host localhost --port 3000", "PF014@1", DOCKERFILE],
];

for (const [platform, command, found, image] of COMMANDS) {
  test(`${platform}${image === undefined ? "" : " with a Dockerfile"}: ${command}`, () => {
    const files = { Procfile: `web: ${command}\n`, ...(image === undefined ? {} : { Dockerfile: image }) };
    assert.equal(shownFindings(files, platform), found);
  });
}

const DIRECT = (value: string): string =>
  `[[io.buildpacks.build.env]]\nname = "BP_DIRECT_PROCESS"\nvalue = "${value}"\n`;

test("PF008 PF009 Paketo runs words when told so", () => {
  const found = (projectToml: string): string =>
    shownFindings({ Procfile: "web: a $X # c\n", "project.toml": projectToml }, "paketo");
  assert.equal(found(DIRECT("true")), "PF009@1 PF008@1");
  assert.equal(found(DIRECT("1")), "PF009@1 PF008@1");
  assert.equal(found('[[build.env]]\nname = "BP_DIRECT_PROCESS"\nvalue = "true"\n'), "PF009@1 PF008@1");
  assert.equal(found(DIRECT("false")), "");
  assert.equal(found(DIRECT("true") + DIRECT("false")), "");
  assert.equal(found("[broken"), "");
});

test("PF008 PF009 Dokku's release is run by a shell, but expanded before", () => {
  const found = (release: string, image?: string): string =>
    shownFindings(
      { Procfile: `web: bin/web\nrelease: ${release}\n`, ...(image === undefined ? {} : { Dockerfile: image }) },
      "dokku",
    );
  assert.equal(found("a && b 'c d' | e"), "PF013@2");
  assert.equal(found("a ${X:-1}"), "PF013@2 PF009@2");
  assert.equal(found("a `b`"), "PF013@2");
  assert.equal(found("a && b", DOCKERFILE), "PF013@2");
  assert.equal(found("a && b", ENTRYPOINT), "DF002@Dockerfile:3 PF013@2 PF008@2");
});

test("PF008 PF009 Dokku's kind of build decides", () => {
  const procfile = { Procfile: 'web: a "b c"\nx: echo ${X:-1}\n', Dockerfile: DOCKERFILE };
  assert.equal(shownFindings(procfile, "dokku"), "PF009@2");
  assert.equal(shownFindings({ ...procfile, "project.toml": "" }, "dokku"), "PF009@2");
  assert.equal(shownFindings({ ...procfile, ".buildpacks": "" }, "dokku"), "PF008@1");
  assert.equal(
    shownFindings({ ...procfile, "app.json": '{"buildpacks": [{"url": "heroku/nodejs"}]}' }, "dokku"),
    "PF008@1",
  );
  assert.equal(shownFindings({ ...procfile, "app.json": '{"buildpacks": []}' }, "dokku"), "PF009@2");
});

test("PF015 AppPack's services take the place of the Procfile's types", () => {
  const files = { Procfile: "web: a && b\nrelease: c\n", Dockerfile: DOCKERFILE };
  const toml = (text: string): string =>
    shownFindings({ ...files, "apppack.toml": `[build]\nsystem = "dockerfile"\n${text}` }, "apppack");
  assert.equal(shownFindings(files, "apppack"), "PF015@1 PF013@2");
  assert.equal(toml('[services.web]\ncommand = "a"\n'), "PF015@1");
  assert.equal(toml('[services.web]\ncommand = "a"\n[deploy]\nrelease_command = "c"\n'), "");
  assert.equal(toml('[services.worker]\ncommand = "a"\n[deploy]\nrelease_command = "c"\n'), "PF015@1");
});

test("FS004 heroku.yml matters beside a Procfile only", () => {
  assert.equal(shownFindings({ "heroku.yml": "" }, "heroku"), "");
  assert.equal(shownFindings({ "heroku.yml": "", Procfile: "web: a\n" }, "heroku"), "FS004@heroku.yml:1");
});
