import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { secret } from "../lib/secret.ts";
import { baseEnvironment, buildpackEnvironment, writePlatformDirectory } from "./environment.ts";
import { BuildBench } from "./testing/build-bench.ts";

let bench: BuildBench;
beforeEach(() => (bench = new BuildBench()));
afterEach(() => bench.dispose());

describe("what detect and build see (cnb.md §6.1)", () => {
  test("of the machine: PATH, HOME and TMPDIR as told, and the list; nothing else", () => {
    const inherited = {
      PATH: "/leak",
      HOME: "/root",
      TMPDIR: "/tmp",
      LD_LIBRARY_PATH: "/l",
      https_proxy: "p",
      HTTP_PROXY: "q",
      npm_config_registry: "leak",
      NODE_OPTIONS: "leak",
      PORTSIDE_HOME: "leak",
      CNB_STACK_ID: "s",
    };
    assert.deepEqual(baseEnvironment({ basePath: "/usr/bin:/bin", home: "/h", temporary: "/t", inherited }), {
      PATH: "/usr/bin:/bin",
      HOME: "/h",
      TMPDIR: "/t",
      LD_LIBRARY_PATH: "/l",
      https_proxy: "p",
      HTTP_PROXY: "q",
      CNB_STACK_ID: "s",
    });
  });

  const seen = (more: { clearEnv?: boolean } = {}): Readonly<Record<string, string>> =>
    buildpackEnvironment(
      { PATH: "/usr/bin", CPATH: "/c", LAYER: "layer" },
      {
        platform: join(bench.root, "platform"),
        buildConfig: join(bench.root, "build-config"),
        network: { CERTS: "machine", USER: "machine" },
        clearEnv: false,
        ...more,
      },
    );

  test("user variables override, but for the path variables, which are prepended", () => {
    bench.write(
      { PATH: "/mine", CPATH: "/d", LD_LIBRARY_PATH: "/l", LAYER: "user", USER: " v\n", "dir/X": "1" },
      "platform/env",
    );
    assert.deepEqual(seen(), {
      CERTS: "machine",
      USER: " v\n",
      PATH: "/mine:/usr/bin",
      CPATH: "/d:/c",
      LD_LIBRARY_PATH: "/l",
      LAYER: "user",
    });
  });

  test("clear-env: no user variables, still the operator's", () => {
    bench.write({ USER: "v" }, "platform/env");
    bench.write({ "OPERATOR.override": "o" }, "build-config/env");
    assert.deepEqual(seen({ clearEnv: true }), {
      CERTS: "machine",
      USER: "machine",
      OPERATOR: "o",
      PATH: "/usr/bin",
      CPATH: "/c",
      LAYER: "layer",
    });
  });

  test("the operator's settings are defaults unless their suffix says otherwise", () => {
    bench.write({ USER: "user", FORCED: "user" }, "platform/env");
    bench.write(
      { USER: "operator", "FORCED.override": "operator", NEW: "operator", "LAYER.append": "+" },
      "build-config/env",
    );
    const { USER, FORCED, NEW, LAYER } = seen();
    assert.deepEqual(
      { USER, FORCED, NEW, LAYER },
      { USER: "user", FORCED: "operator", NEW: "operator", LAYER: "layer+" },
    );
  });
});

describe("the platform directory (cnb.md §6.1, security.md §5)", () => {
  const platform = (): string => join(bench.root, "platform");

  test("values byte for byte, readable by the owner alone", () => {
    const values = { EMPTY: "", LINES: "a\nb=c\n", UNICODE: "\u{1f600}é", LONG: "x".repeat(65_536) };
    const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secret(value)]));
    writePlatformDirectory(platform(), { env, procfile: [] });
    for (const [name, value] of Object.entries(values)) {
      const file = join(platform(), "env", name);
      assert.equal(readFileSync(file, "utf8"), value);
      assert.equal(lstatSync(file).mode & 0o777, 0o600);
    }
    assert.deepEqual(readdirSync(join(platform(), "env")).toSorted(), Object.keys(values).toSorted());
    assert.equal(existsSync(join(platform(), "bindings")), false);
  });

  test("a name that could be a path is refused, the value not shown", () => {
    const write = (): void => writePlatformDirectory(platform(), { env: { "../x": secret("hidden") }, procfile: [] });
    assert.throws(write, (error: Error) => error instanceof TypeError && !error.message.includes("hidden"));
    assert.equal(existsSync(join(bench.root, "x")), false);
  });

  test("the Procfile goes as a binding, as the contract read it", () => {
    const procfile = [
      { name: "web", command: "node a.js # c", line: 1 },
      { name: "release", command: "x: y", line: 3 },
    ];
    writePlatformDirectory(platform(), { env: {}, procfile });
    const binding = join(platform(), "bindings/procfile");
    assert.equal(readFileSync(join(binding, "type"), "utf8"), "Procfile");
    assert.equal(readFileSync(join(binding, "Procfile"), "utf8"), "web: node a.js # c\nrelease: x: y\n");
  });
});
