import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { ForeignLifecycle } from "../foreign-lifecycle.ts";
import { makeWheel, wheelName, type Distribution } from "./wheel-fixture.ts";

/** Where the tests look for Python and everything else. */
export const PATH = "/usr/local/bin:/usr/bin:/bin";
const LIB = join(import.meta.dirname, "lib");

/** Why tests that need Python are skipped; false where they run. */
export const withoutPython = ((): string | false => {
  const check = "import sys, venv, pip; sys.exit(sys.version_info < (3, 8))";
  const { status } = spawnSync("python3", ["-I", "-c", check], { env: { PATH } });
  return status === 0 ? false : `needs a python3 (3.8 or newer) with venv and pip on ${PATH}`;
})();

/** Runs a Python program that can import the buildpack's modules; gives what it prints, as JSON. */
export function inPython<T>(program: string, input: unknown, cwd = LIB): T {
  const script = `import json, os, sys\nsys.path.insert(0, ${JSON.stringify(LIB)})\ninput = json.load(sys.stdin)\n${program}`;
  const result = spawnSync("python3", ["-I", "-B", "-c", script], {
    env: { PATH },
    cwd,
    input: JSON.stringify(input),
    encoding: "utf8",
  });
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout) as T;
}

/** A package with a program that prints `greetings`. */
export const GREET: Distribution = {
  name: "greet",
  version: "1.0",
  files: { "greet/__init__.py": 'def main():\n    print("greetings")\n' },
  scripts: { greet: "greet:main" },
};

/** Wheels of these, as files of the app. */
export function vendored(...all: Distribution[]): Record<string, Uint8Array> {
  return Object.fromEntries(all.map((one) => [`app/vendor/${wheelName(one)}`, makeWheel(one)]));
}

/** What a program of the layers prints when it is started as a launched process. */
export function launched(lifecycle: ForeignLifecycle, ...argv: [string, ...string[]]): string {
  const { layers, app } = lifecycle;
  const bins = ["venv", "project"].map((layer) => join(layers, layer, "bin"));
  const [program, ...args] = argv;
  const env = { PATH: [...bins, PATH].join(":"), VIRTUAL_ENV: join(layers, "venv") };
  const { stdout, stderr, error } = spawnSync(program, args, { cwd: app, encoding: "utf8", env });
  return `${error?.message ?? ""}${stdout}${stderr}`;
}
