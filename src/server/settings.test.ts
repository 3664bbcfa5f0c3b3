import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readSettings } from "./settings.ts";

const EXEC = "/opt/node/bin/node";

test("settings: defaults, and what an operator may set", () => {
  const settings = readSettings({ HOME: "/nonexistent" }, EXEC);
  assert.deepEqual(
    [settings.homeRoot, settings.port, settings.limits.bootMs],
    ["/nonexistent/.portside", 8080, 60_000],
  );
  const set = readSettings(
    { PORTSIDE_HOME: "/srv/p/", PORTSIDE_PORT: "81", PORTSIDE_BOOT_TIMEOUT: "5", PORTSIDE_PATH: "/opt/x" },
    EXEC,
  );
  assert.deepEqual([set.homeRoot, set.port, set.limits.bootMs], ["/srv/p", 81, 5_000]);
  assert.ok(set.basePath.startsWith("/opt/x:"));
});

for (const env of [
  { PORTSIDE_HOME: "relative" },
  { PORTSIDE_PORT: "0" },
  { PORTSIDE_PORT: "80a" },
  { PORTSIDE_DRAIN_TIMEOUT: "-1" },
]) {
  test(`settings: ${JSON.stringify(env)} is refused`, () =>
    assert.throws(() => readSettings(env, EXEC), { code: "E_USAGE" }));
}

test("settings: npm's own node_modules never get onto an app's PATH", () => {
  const { basePath } = readSettings(
    { HOME: "/nonexistent", PATH: "/srv/app/node_modules/.bin:/also/node_modules/.bin" },
    EXEC,
  );
  assert.ok(!basePath.includes("node_modules"), basePath);
});

test("settings: builds learn how to reach the network, and no token", () => {
  const home = mkdtempSync(join(tmpdir(), "portside-settings-"));
  try {
    writeFileSync(
      join(home, ".npmrc"),
      "registry = https://npm.example/\n//npm.example/:_authToken=canary\ncafile=/etc/ca.pem\n",
    );
    const { network } = readSettings({ HOME: home, NODE_EXTRA_CA_CERTS: "/etc/extra.pem", AWS_SECRET: "canary" }, EXEC);
    assert.deepEqual(network, {
      npm_config_registry: "https://npm.example/",
      npm_config_cafile: "/etc/ca.pem",
      NODE_EXTRA_CA_CERTS: "/etc/extra.pem",
    });
  } finally {
    rmSync(home, { recursive: true });
  }
});

test("settings: the reference page names exactly the variables that are read", () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  const names = (text: string): string[] => [...new Set(text.match(/PORTSIDE_[A-Z_]+/g))].sort();
  assert.deepEqual(names(read("../../docs/reference/settings.md")), names(read("./settings.ts")));
});
