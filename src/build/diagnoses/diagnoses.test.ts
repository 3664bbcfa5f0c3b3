// Output as programs word it, cut: npm, pnpm 9, Yarn 1.22, node-gyp, Node and V8 as captured; pip, Yarn 4, webpack, Vite and compilers by their known formats.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { PortsideError } from "../../model/error-registry.ts";
import { diagnose, findOtherCase } from "./diagnose.ts";
import type { BuildEvidence } from "./diagnosis.ts";
import { explainFailure } from "./explain-failure.ts";

const evidence = (text: string, more: Partial<BuildEvidence> = {}): BuildEvidence => ({
  lines: text.split("\n"),
  oomKillCount: 0,
  memoryLimit: "2 GiB",
  findOtherCase: () => undefined,
  ...more,
});

const CASES: readonly (readonly [name: string, text: string, told: RegExp])[] = [
  [
    "missing lock file",
    "npm error code EUSAGE\nnpm error\nnpm error The `npm ci` command can only install with an existing package-lock.json or\nnpm error npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or",
    /There is no package-lock\.json\..*`npm install`/,
  ],
  [
    "missing lock file",
    "npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.\nnpm error\nnpm error Missing: left-pad@1.3.0 from lock file",
    /package-lock\.json does not fit/,
  ],
  [
    "missing lock file",
    ' ERR_PNPM_NO_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent',
    /no pnpm-lock\.yaml/,
  ],
  [
    "missing lock file",
    "[1/4] Resolving packages...\nerror Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
    /yarn\.lock does not fit/,
  ],
  [
    "missing lock file",
    "➤ YN0028: │ The lockfile would have been created by this install, which is explicitly forbidden.",
    /no yarn\.lock/,
  ],
  [
    "no start script",
    'npm error Missing script: "start"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run',
    /no script `start`.*Procfile/,
  ],
  ["no start script", 'error Command "start" not found.', /no script `start`/],
  [
    "native module without compiler",
    "gyp info spawn args Release\ngyp ERR! build error \ngyp ERR! stack Error: not found: make\ngyp ERR! stack at getNotFoundError (/npm/node_modules/which/lib/index.js:16:17)",
    /make is not here.*build-essential/,
  ],
  [
    "native module without compiler",
    "make: g++: No such file or directory\nmake: *** [x.target.mk:111: Release/obj.target/x/x.o] Error 127",
    /g\+\+ is not here/,
  ],
  [
    "native module without compiler",
    "      error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory",
    /x86_64-linux-gnu-gcc is not here/,
  ],
  [
    "native module without compiler",
    "gyp ERR! find Python Python is not set from command line or npm configuration",
    /Python 3 is not here/,
  ],
  [
    "wrong engine",
    'npm error code EBADENGINE\nnpm error engine Unsupported engine\nnpm error notsup Required: {"node":"^12"}\nnpm error notsup Actual:   {"node":"v26.10.0","npm":"11.19.1"}',
    /\(\^12\)/,
  ],
  [
    "wrong engine",
    'error a@1.0.0: The engine "node" is incompatible with this module. Expected version "^12". Got "26.10.0"',
    /\(\^12\)/,
  ],
  ["wrong engine", "ERROR: Package 'app' requires a different Python: 3.11.2 not in '>=3.13'", /\(>=3\.13\)/],
  [
    "network",
    "npm error code ECONNREFUSED\nnpm error syscall connect\nnpm error errno ECONNREFUSED\nnpm error FetchError: request to http://127.0.0.1:9/left-pad failed, reason: connect ECONNREFUSED 127.0.0.1:9",
    /http:\/\/127\.0\.0\.1:9 could not be reached/,
  ],
  [
    "network",
    "fatal: unable to access 'https://git.example/x/': Could not resolve host: git.example",
    /git\.example could not be reached/,
  ],
  [
    "network",
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/flask/",
    /could not be reached/,
  ],
  [
    "network",
    "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://npm.example/x failed, reason: self-signed certificate in certificate chain",
    /certificate.*NODE_EXTRA_CA_CERTS/,
  ],
  [
    "private registry",
    "npm error code E401\nnpm error Incorrect or missing password.\nnpm error If you were trying to login, change your password",
    /private.*_authToken/,
  ],
  ["private registry", " ERR_PNPM_FETCH_403  GET https://npm.example/@acme%2Fx: Forbidden - 403", /refused/],
  [
    "private registry",
    "Cloning into 'x'...\nfatal: could not read Username for 'https://git.example': terminal prompts disabled",
    /refused/,
  ],
  [
    "missing build dependency in production mode",
    "\n> a@1.0.0 build\n> vite build\n\nsh: 1: vite: not found",
    /`vite` is not installed.*NPM_CONFIG_PRODUCTION/,
  ],
  [
    "missing build dependency in production mode",
    "Error: Cannot find module 'typescript'\nRequire stack:\n- /app/build.js",
    /`typescript` is not installed/,
  ],
  [
    "missing build dependency in production mode",
    "ModuleNotFoundError: No module named 'django'",
    /`django` is not installed/,
  ],
  [
    "out of disk",
    "npm error code ENOSPC\nnpm error syscall write\nnpm error nospc ENOSPC: no space left on device, write",
    /disk is full/,
  ],
  ["out of disk", "OSError: [Errno 28] No space left on device", /disk is full/],
  [
    "out of memory",
    "[19475:0x3b5b2000]      672 ms: Mark-Compact (reduce) 38.8 (40.6) -> 38.8 (40.6) MB\n\nFATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory",
    /heap.*max-old-space-size/,
  ],
  [
    "perhaps out of memory",
    "c++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.",
    /was killed/,
  ],
  [
    "the buildpack's own words",
    "npm error x\n! npm ci failed: packages want versions that do not go together.\n! Change a version in package.json.",
    /^Npm ci failed: .* Change a version/,
  ],
];

describe("a failed build's common causes, told by real output", () => {
  for (const [name, text, told] of CASES) {
    test(`${name}: ${text
      .split("\n")
      .find((line) => line.trim().length > 10)
      ?.trim()
      .slice(0, 70)}`, () => {
      const found = diagnose(evidence(text));
      assert.equal(found?.name, name);
      assert.match(`${found.cause} ${found.advice}`, told);
      if (found.line !== undefined) assert.ok(text.includes(found.line));
    });
  }

  test("what the kernel counted comes before any words", () => {
    const found = diagnose(evidence("sh: 1: vite: not found\nKilled", { oomKillCount: 1 }));
    assert.deepEqual([found?.name, found?.line], ["out of memory", "Killed"]);
    assert.match(found?.cause ?? "", /may hold 2 GiB/);
  });

  const INNOCENT = [
    "error: expected ';' before '}' token\nmake: *** [Makefile:3: a.o] Error 1",
    "AssertionError [ERR_ASSERTION]: 1 == 2\n    at Object.<anonymous> (/app/test.js:3:8)",
    "npm warn EBADENGINE Unsupported engine {\nnpm warn EBADENGINE   package: 'x@1.0.0',\nsome script failed",
    "404 page not found",
    "",
  ];
  for (const text of INNOCENT) {
    test(`none of them: ${JSON.stringify(text.slice(0, 50))}`, () => assert.equal(diagnose(evidence(text)), undefined));
  }
});

describe("case-sensitive import", () => {
  const app = mkdtempSync(join(tmpdir(), "letters-"));
  mkdirSync(join(app, "src/Parts"), { recursive: true });
  writeFileSync(join(app, "src/button.js"), "");
  writeFileSync(join(app, "src/Parts/index.ts"), "");
  test.after(() => rmSync(app, { recursive: true, force: true }));
  const find = (text: string): string | undefined =>
    diagnose(evidence(text, { findOtherCase: (path) => findOtherCase(app, path) }))?.cause;

  const IMPORTS = [
    [
      `Error [ERR_MODULE_NOT_FOUND]: Cannot find module '${app}/src/Button.js' imported from ${app}/src/a.mjs`,
      "src/button.js",
    ],
    [`Error: Cannot find module './Button'\nRequire stack:\n- ${app}/src/a.js`, "src/button.js"],
    [`Module not found: Error: Can't resolve './parts/index' in '${app}/src'`, "src/Parts/index.ts"],
    [
      `[vite]: Rollup failed\nCould not load ${app}/src/parts/index.ts (imported by src/main.ts): ENOENT: no such file or directory, open '${app}/src/parts/index.ts'`,
      "src/Parts/index.ts",
    ],
  ] as const;
  for (const [text, real] of IMPORTS) {
    test(text.replaceAll(app, "/app").slice(0, 70), () =>
      assert.ok(find(text)?.includes(`\`${real}\``), find(text) ?? "nothing was found"),
    );
  }

  test("a file that is not there by any name is another matter", () => {
    assert.equal(findOtherCase(app, join(app, "src/gone.js")), undefined);
    assert.equal(findOtherCase(app, join(app, "src/button.js")), undefined);
    assert.equal(findOtherCase(app, "/etc/Passwd"), undefined);
  });
});

test("the error keeps its sentence; the cause becomes its hint, and the line that told it is shown", () => {
  const error = new PortsideError(
    "E_BUILD_FAILED",
    { problem: "a/b ended with exit code 1" },
    { evidence: ["last line"] },
  );
  const build = { lines: ["sh: 1: vite: not found", "last line"], oomKillCount: 0, memoryBytesMax: 1, app: "/nowhere" };
  const explained = explainFailure(error, build);
  assert.ok(explained instanceof PortsideError);
  assert.equal(explained.message, error.message);
  assert.match(explained.hint, /^`vite` is not installed/);
  assert.deepEqual(explained.evidence, ["sh: 1: vite: not found", "…", "last line"]);
  const other = new PortsideError("E_CANCELLED");
  assert.equal(explainFailure(other, build), other);
});
