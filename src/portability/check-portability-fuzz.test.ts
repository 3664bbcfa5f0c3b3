import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkPortability } from "./check-portability.ts";
import { PLATFORM_NAMES, type Platform } from "./platforms.ts";
import { PORTABILITY_FILES, type SourceFiles } from "./source-files.ts";

const PIECES = [
  "web",
  "worker",
  "release",
  "my_job",
  ":",
  ": ",
  " ",
  "\t",
  "\n",
  "\r\n",
  "\r",
  "\0",
  "\\",
  "#",
  " # ",
  " // ",
  "\uFEFF",
  "é",
  "😀",
  "\u2028",
  "'",
  '"',
  "`",
  "$",
  "${",
  "}",
  "$(",
  ")",
  "(",
  "$PORT",
  "${PORT:-1}",
  "$$",
  "&&",
  "|",
  ";",
  "<<E",
  ">",
  "exec ",
  "sh -c ",
  "A=1 ",
  "--port 80",
  "localhost:1",
  "if ",
  "then ",
  "fi",
  "case x in ",
  "{",
  "[[",
  "]]",
  "!",
  "\u001b[31m",
  "FROM a AS b",
  "FROM b",
  "EXPOSE 80",
  "ENTRYPOINT x",
  "RUN <<A",
  "ARG TOKEN",
  "HEALTHCHECK CMD x",
  "# escape=`",
  '{"env":',
  '{"formation":',
  '"web":',
  '{"quantity":',
  "1.0",
  "true",
  "null",
  "[",
  "]",
  ",",
  '"cron":[',
  '{"command":"a|b"}',
  '"scripts":{',
  '"dokku":',
  "//",
  "/*",
  "[build]\n",
  'system = "dockerfile"\n',
  "[[io.buildpacks.build.env]]\n",
  'name = "BP_DIRECT_PROCESS"\n',
  'value = "true"\n',
  "[services.web]\n",
];
const text = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string() }), {
    maxLength: 30,
  })
  .map((pieces) => pieces.join(""));
const starts: Readonly<Record<string, string>> = {
  "apppack.toml": '[build]\nsystem = "dockerfile"\n',
  Dockerfile: "FROM a\n",
};
const sources = fc
  .array(fc.tuple(fc.constantFrom(...PORTABILITY_FILES), text, fc.boolean()), { maxLength: 5 })
  .map(
    (files): SourceFiles =>
      new Map(files.map(([path, raw, isStarted]) => [path, (isStarted ? (starts[path] ?? "") : "") + raw])),
  );

function assertPlaced(files: SourceFiles, platform: Platform): void {
  const seen = new Set<string>();
  for (const { code, file, line, column, message, hint } of checkPortability(files, platform)) {
    const lines = (files.get(file) ?? "").replace(/^\uFEFF/, "").split("\n");
    assert.ok(line >= 1 && line <= lines.length, `${code} ${file}:${line}`);
    assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, `${code} ${file}:${line}:${column}`);
    assert.ok(!seen.has(`${code} ${file} ${line}`), `${code} twice on ${file}:${line}`);
    seen.add(`${code} ${file} ${line}`);
    // oxlint-disable-next-line no-control-regex -- a terminal must not obey what a file holds
    for (const sentence of [message, hint]) assert.match(sentence, /^[^\u0000-\u001F\u007F-\u009F\u2028\u2029]+[.!]$/u);
  }
}

test("no bytes make the check throw, lose its place, or report a code twice on a line", () => {
  fc.assert(
    fc.property(sources, (files) => {
      for (const platform of PLATFORM_NAMES) assertPlaced(files, platform);
    }),
    { numRuns: 1_500 },
  );
});

test("64 KiB of anything take far less than a second, on every platform", () => {
  const bytes = 65_536;
  const fill = (piece: string, length = bytes): string =>
    piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
  for (const piece of [
    "$(",
    "`",
    '"$(',
    "'",
    "{",
    "<<E ",
    "${a:-",
    "((",
    "if ",
    "a|",
    "coproc ",
    "f(){",
    "sh -c 'a ",
    "[",
    '{"a":',
    "//",
    "FROM a AS b\n",
    "RUN <<A <<B\n",
  ]) {
    const lines = Array.from(
      { length: 200 },
      (_, index) => `w${index}: ${fill(piece.replaceAll("\n", " "), 300)}`,
    ).join("\n");
    for (const raw of [`web: ${fill(piece)}`, lines, fill(piece)]) {
      const files = new Map(PORTABILITY_FILES.map((path) => [path, (starts[path] ?? "") + raw]));
      const started = performance.now();
      for (const platform of PLATFORM_NAMES) checkPortability(files, platform);
      // The bound is for seven platforms and eight files, on a machine that does other things.
      assert.ok(performance.now() - started < 2_000, JSON.stringify(piece));
    }
  }
});
