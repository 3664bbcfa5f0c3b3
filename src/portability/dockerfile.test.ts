import assert from "node:assert/strict";
import { test } from "node:test";
import { finalEntrypoint, finalInstructions, finalStages, readDockerfile, setsVariable } from "./dockerfile.ts";
import { shownFindings } from "./testing/shown-findings.ts";

test("instructions have the line they start on, continued lines and comments between them joined", () => {
  const { stages } = readDockerfile("# c\n\nFROM a\nRUN x \\\n  # between\n\n  y \\\n  z\n  expose 80\n");
  assert.deepEqual(
    stages[0]?.instructions.map(({ keyword, text, line, column }) => [keyword, text, line, column]),
    [
      ["RUN", "x y z", 4, 1],
      ["EXPOSE", "80", 9, 3],
    ],
  );
});

test("a here-document's lines are no instructions", () => {
  const { stages } = readDockerfile("FROM a\nRUN <<-EOF cat <<'B'\n\tEXPOSE 1\n\tEOF\nFROM x\nB\nEXPOSE 2\n");
  assert.equal(stages.length, 1);
  assert.deepEqual(
    stages[0]?.instructions.map(({ keyword, line }) => [keyword, line]),
    [
      ["RUN", 2],
      ["EXPOSE", 7],
    ],
  );
});

test("an unclosed here-document reaches to the end", () => {
  assert.equal(readDockerfile("FROM a\nRUN <<EOF\nFROM b\n").stages.length, 1);
});

test("the escape character can be another one", () => {
  const { stages } = readDockerfile("# escape=`\nFROM a\nRUN x `\n y\\\nEXPOSE 1\n");
  assert.deepEqual(
    stages[0]?.instructions.map(({ text }) => text),
    ["x y\\", "1"],
  );
});

test("a stage is what its FROM names, with build arguments filled in", () => {
  const { stages } = readDockerfile(
    "ARG V=24 B\nFROM --platform=x node:${V} AS Base\nFROM ${NONE:-alpine}\nFROM $B\nFROM base\n",
  );
  assert.deepEqual(
    stages.map(({ base, name }) => [base, name]),
    [
      ["node:24", "base"],
      ["alpine", undefined],
      ["", undefined],
      ["base", undefined],
    ],
  );
});

test("the final image has what the stages it starts from have", () => {
  const dockerfile = readDockerfile(
    "FROM a AS one\nENTRYPOINT x\nENV PORT 1\nFROM b AS two\nEXPOSE 1\nFROM one\nEXPOSE 2\n",
  );
  assert.deepEqual(
    finalStages(dockerfile).map(({ base }) => base),
    ["one", "a"],
  );
  assert.deepEqual(
    finalInstructions(dockerfile).map(({ text }) => text),
    ["x", "PORT 1", "2"],
  );
  assert.equal(finalEntrypoint(dockerfile)?.line, 2);
  assert.ok(setsVariable(dockerfile, "PORT"));
  assert.ok(!setsVariable(dockerfile, "POR"));
});

test("a stage that names itself starts from an image", () => {
  const dockerfile = readDockerfile("FROM node AS node\nEXPOSE 1\n");
  assert.equal(finalStages(dockerfile).length, 1);
});

test("an empty ENTRYPOINT takes an earlier one away", () => {
  assert.equal(finalEntrypoint(readDockerfile("FROM a\nENTRYPOINT x\nENTRYPOINT []\n")), undefined);
});

const SYSTEM = { "apppack.toml": '[build]\nsystem = "dockerfile"\n' };

/** Dockerfiles without a Procfile, and what a platform says. */
const CASES: readonly [title: string, platform: "aptible" | "apppack", dockerfile: string, found: string][] = [
  ["DF001 one port, two protocols", "aptible", "FROM a\nEXPOSE 80/tcp 80/udp\n", ""],
  [
    "DF001 a port of an earlier stage that is not used",
    "aptible",
    "FROM a AS b\nEXPOSE 80\nFROM c\n",
    "DF001@Dockerfile:1",
  ],
  ["DF001 a port of the stage it starts from", "aptible", "FROM a AS b\nEXPOSE 80\nFROM b\n", ""],
  ["DF001 two instructions", "aptible", "FROM a\nEXPOSE 80\nRUN x\nEXPOSE 443\n", "DF001@Dockerfile:2"],
  ["DF001 a range", "aptible", "FROM a\nEXPOSE 80-90\n", "DF001@Dockerfile:2"],
  ["DF001 a variable is one port", "aptible", "FROM a\nEXPOSE $PORT\n", ""],
  ["DF004 alpine with bash", "apppack", "FROM alpine:3\nRUN apk update && apk add --no-cache curl bash=5\n", ""],
  ["DF004 alpine with bash in a here-document", "apppack", "FROM alpine\nRUN <<E\napk add \\\n  bash\nE\n", ""],
  [
    "DF004 bash of another stage",
    "apppack",
    "FROM alpine AS a\nRUN apk add bash\nFROM node:24-alpine\n",
    "DF004@Dockerfile:3",
  ],
  ["DF004 bash of the stage it starts from", "apppack", "FROM alpine AS a\nRUN apk add bash\nFROM a\n", ""],
  ["DF004 bash-completion is no bash", "apppack", "FROM alpine\nRUN apk add bash-completion\n", "DF004@Dockerfile:1"],
  ["DF004 distroless", "apppack", "FROM gcr.io/distroless/static\n", "DF004@Dockerfile:1"],
  ["DF004 others have a shell", "apppack", "FROM node:24-bookworm-slim\n", ""],
  [
    "DF005 before FROM too, and several on a line",
    "apppack",
    "ARG db_password\nFROM a\nARG A B_TOKEN=1\nARG TOKENIZER\n",
    "DF005@Dockerfile:1 DF005@Dockerfile:3",
  ],
  ["an empty Dockerfile", "aptible", "", ""],
];

for (const [title, platform, dockerfile, found] of CASES) {
  test(title, () => assert.equal(shownFindings({ Dockerfile: dockerfile, ...SYSTEM }, platform), found));
}

test("DF001 DF003 process types decide", () => {
  const image = "FROM a\nHEALTHCHECK CMD x\n";
  const found = (procfile: string, dockerfile = image): string =>
    shownFindings({ Procfile: procfile, Dockerfile: dockerfile }, "aptible");
  assert.equal(found("worker: exec a\n"), "");
  assert.equal(found("web: exec a\n"), "DF001@Dockerfile:1");
  assert.equal(found("worker: exec a\njob: exec b\n"), "DF003@Dockerfile:2");
  assert.equal(found("worker: exec a\njob: exec b\n", `${image}HEALTHCHECK NONE\n`), "");
});

test("AppPack reads the Dockerfile that apppack.toml names", () => {
  const files = { "docker/Dockerfile": "FROM scratch\n", Dockerfile: "FROM debian\n" };
  const toml = '[build]\nsystem = "dockerfile"\ndockerfile = "docker/Dockerfile"\n';
  assert.equal(shownFindings({ ...files, "apppack.toml": toml }, "apppack"), "DF004@docker/Dockerfile:1");
  assert.equal(shownFindings(files, "apppack"), "");
});
