import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";

type Context = {
  step: string;
  shown: string;
  script?: string;
  manager: string;
  lockHint: string;
  env: Record<string, string>;
  project: { manifest: Record<string, unknown>; configs: Record<string, string> };
};
type Failed = { message: string; hint?: string; exitCode: number };
const { diagnose } = (await import(new URL("lib/diagnose.mjs", import.meta.url).href)) as {
  diagnose(
    result: { status: number | null; signal: string | null; lines: readonly string[]; missing?: boolean },
    context: Context,
  ): Failed;
};
const { findDifferingCase } = (await import(new URL("lib/letter-case.mjs", import.meta.url).href)) as {
  findDifferingCase(request: string, from: string | undefined, app: string): string | undefined;
};
const { createRedactor } = (await import(new URL("lib/redact.mjs", import.meta.url).href)) as {
  createRedactor(env: Record<string, string>, configs: readonly string[]): (line: string) => string;
};

const explain = (step: string, output: string, more: Partial<Context> = {}): Failed =>
  diagnose(
    { status: 1, signal: null, lines: output.split("\n") },
    {
      step,
      shown: step === "script" ? "the script `build`" : "npm ci",
      script: "build",
      manager: "npm",
      lockHint: "Run `npm install`.",
      env: {},
      project: { manifest: { devDependencies: { vite: "8" } }, configs: {} },
      ...more,
    },
  );

describe("why an installation failed", () => {
  const CASES: readonly (readonly [output: string, why: RegExp, hint: RegExp])[] = [
    [
      "npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.\nnpm error Missing: left-pad@1.3.0 from lock file",
      /^npm ci failed: the lock file does not agree with package\.json \(Missing: left-pad@1\.3\.0 from lock file\)\.$/,
      /^Run `npm install`\.$/,
    ],
    [
      "error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
      /does not agree/,
      /npm install/,
    ],
    [
      "➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.",
      /does not agree/,
      /./,
    ],
    [' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"', /does not agree/, /./],
    ["npm error code ERESOLVE\nnpm error ERESOLVE could not resolve", /do not go together/, /legacy-peer-deps/],
    [
      'error foo@1.0.0: The engine "node" is incompatible with this module. Expected version ">=99".',
      /does not run on this Node/,
      /engines\.node/,
    ],
    ["npm error code EBADENGINE", /does not run on this Node/, /engines\.node/],
    [
      "npm warn EBADENGINE Unsupported engine\nnpm error code E404\nnpm error 404 Not Found - GET https://r.example/@a%2fb",
      /does not have @a\/b\.$/,
      /^Check its name/,
    ],
    ["gyp ERR! find Python\ngyp ERR! build error", /there is no Python/, /python3/],
    ["gyp ERR! stack Error: not found: make", /there is no compiler/, /build-essential/],
    ["make: g++: No such file or directory\ngyp ERR! build error", /there is no compiler/, /build-essential/],
    [
      "gyp http GET https://nodejs.org/download/release/v24.1.0/node-v24.1.0-headers.tar.gz\ngyp ERR! stack FetchError",
      /headers could not be fetched/,
      /engines\.node/,
    ],
    [
      "gyp ERR! build error\ngyp ERR! stack Error: `make` failed with exit code: 2",
      /could not be compiled/,
      /newer one/,
    ],
    [
      "npm error code E401\nnpm error Unable to authenticate, need: Basic realm at https://npm.example/x",
      /the registry npm\.example refused access/,
      /^name its registry/,
    ],
    ["➤ YN0041: │ @corp/a: Invalid authentication (as an unknown user) https://npm.corp/a", /npm\.corp refused/, /./],
    ["ERR_PNPM_FETCH_401  GET https://npm.corp/a: Unauthorized - 401", /npm\.corp refused/, /./],
    [
      "npm error code ETARGET\nnpm error notarget No matching version found for left-pad@9.9.9.",
      /does not have left-pad@9\.9\.9\.$/,
      /./,
    ],
    ['error Couldn\'t find any versions for "left-pad" that matches "9.9.9"', /does not have a package/, /./],
    [
      "npm error code ECONNREFUSED\nnpm error FetchError: request to http://127.0.0.1:9/x failed",
      /could not be reached: ECONNREFUSED, 127\.0\.0\.1:9\.$/,
      /NPM_CONFIG_REGISTRY/,
    ],
    ["RequestError: getaddrinfo ENOTFOUND registry.example", /ENOTFOUND/, /HTTPS_PROXY/],
    ["RequestError: self-signed certificate in certificate chain", /certificate of a server/, /NODE_EXTRA_CA_CERTS/],
    ["something else", /^npm ci failed: it ended with exit code 1\.$/, /^undefined$/],
  ];
  for (const [output, why, hint] of CASES) {
    test(output.split("\n")[0] ?? "", () => {
      const failure = explain("install", output);
      assert.match(failure.message, why);
      assert.match(String(failure.hint), hint);
    });
  }
  test("tokens: the variable is named, never its value", () => {
    const project = { manifest: {}, configs: { ".npmrc": "//r/:_authToken=${NPM_TOKEN}\n//s/:_authToken=${OTHER}" } };
    assert.match(
      String(explain("install", "npm error code E403", { project, env: { NPM_TOKEN: "canary" } }).hint),
      /^set the config variable OTHER, which/,
    );
  });
});

describe("why a build script failed", () => {
  const CASES: readonly (readonly [output: string, why: RegExp, hint: RegExp])[] = [
    ["sh: 1: tsc: not found", /it calls `tsc`, which is not installed here/, /npm install --save-dev tsc/],
    ["/bin/sh: line 1: tsc: command not found", /it calls `tsc`/, /./],
    [
      "sh: vite: not found",
      /calls `vite`, which was not installed although package\.json names vite/,
      /Move vite to dependencies/,
    ],
    ["sh: 1: pnpm: not found", /it calls pnpm, and this app is built with npm/, /packageManager/],
    [
      "Error: Cannot find module 'dotenv'\nRequire stack:",
      /it imports dotenv, which package\.json does not name/,
      /npm install dotenv/,
    ],
    [
      "Error: Cannot find package '@scope/a/b' imported from /app/x.js",
      /^the script `build` failed: it ended with exit code 1\.$/,
      /./,
    ],
    ["Error: error:0308010C:digital envelope routines::unsupported", /OpenSSL/, /openssl-legacy-provider/],
    ["boom", /^the script `build` failed: it ended with exit code 1\.$/, /npm run build/],
  ];
  for (const [output, why, hint] of CASES) {
    test(output.split("\n")[0] ?? "", () => {
      const failure = explain("script", output);
      assert.match(failure.message, why);
      assert.match(String(failure.hint), hint);
    });
  }
  test("development dependencies left out by a setting", () => {
    const project = { manifest: { devDependencies: { vite: "8" } }, configs: { ".npmrc": "omit=dev" } };
    assert.match(String(explain("script", "sh: 1: vite: not found", { project }).hint), /omit=dev/);
  });
  test("a signal, a program that is not there", () => {
    const context: Context = {
      step: "script",
      shown: "the script `build`",
      script: "build",
      manager: "npm",
      lockHint: "",
      env: {},
      project: { manifest: {}, configs: {} },
    };
    assert.deepEqual(
      diagnose({ status: null, signal: "SIGKILL", lines: [] }, context).message,
      "the script `build` failed: it was killed by SIGKILL.",
    );
    assert.match(
      diagnose({ status: 127, signal: null, lines: [], missing: true }, context).message,
      /npm could not be started/,
    );
  });
});

describe("an import in another case", () => {
  const app = realpathSync(mkdtempSync(join(tmpdir(), "letter-case-")));
  after(() => rmSync(app, { recursive: true, force: true }));
  for (const file of ["src/App.jsx", "src/components/Button.jsx", "src/Lib/index.js", "src/exact.js"]) {
    mkdirSync(dirname(join(app, file)), { recursive: true });
    writeFileSync(join(app, file), "");
  }
  const CASES: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ["./components/button", "src/App.jsx", "src/components/Button.jsx"],
    ["./components/button.jsx", "src/App.jsx", "src/components/Button.jsx"],
    ["./Components/Button", "src/App.jsx", "src/components/Button.jsx"],
    ["./components/button", "src", "src/components/Button.jsx"],
    ["./components/button", undefined, "src/components/Button.jsx"],
    ["../lib", "src/components/Button.jsx", "src/Lib"],
    [join(app, "src/EXACT.js"), undefined, "src/exact.js"],
    ["./exact", "src/App.jsx", undefined],
    ["./nowhere", "src/App.jsx", undefined],
    ["../../../etc/passwd", "src/App.jsx", undefined],
    ["react", "src/App.jsx", undefined],
  ];
  for (const [request, from, expected] of CASES) {
    test(`${request.replace(app, "")} from ${from}`, () => {
      assert.equal(findDifferingCase(request, from === undefined ? undefined : join(app, from), app), expected);
    });
  }
});

describe("secrets in output", () => {
  const redact = createRedactor(
    { NPM_TOKEN: "canary-1234", API_KEY: "canary-5678", HOME: "/home/x", MY_SECRET: "abc" },
    ["//r.example/:_authToken=canary-literal\n//s/:_password=${NPM_TOKEN}"],
  );
  const CASES: readonly (readonly [string, string])[] = [
    ["GET canary-1234 and canary-5678", "GET [secret] and [secret]"],
    ["token canary-literal", "token [secret]"],
    ["https://user:pass@r.example/x", "https://[secret]@r.example/x"],
    ["/home/x abc", "/home/x abc"],
    ["https://r.example/@scope/a", "https://r.example/@scope/a"],
  ];
  for (const [line, expected] of CASES) test(line, () => assert.equal(redact(line), expected));
});
