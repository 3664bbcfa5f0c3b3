import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { eventually, Installation, REPOSITORY } from "./installation.ts";
import { tinyApp, type TinyPage } from "./tiny-app.ts";

const FIXTURES = join(REPOSITORY, "test/fixtures/bad");
const portside = new Installation();
after(() => portside.remove());

/** Folder, the code, and what the message, its evidence or its hint must say. */
const CASES: readonly (readonly [string, string, readonly RegExp[]])[] = [
  ["no-procfile", "E_NOTHING_DETECTED", [/Add a Procfile/]],
  ["empty-procfile", "E_NO_PROCESS", [/Procfile:1:1\s+PROC_EMPTY/]],
  ["empty-folder", "E_SOURCE_EMPTY", [/no file to deploy/]],
  [
    "merge-markers",
    "E_CHECK_FAILED",
    [/Procfile:1:1\s+PROC_MERGE_CONFLICT/, /Procfile:4:1\s+PROC_DUPLICATE/, /4 errors/],
  ],
  ["type-error", "E_CHECK_FAILED", [/app\.json:3:35\s+APP_TYPE/, /app\.json:5:26\s+APP_TYPE/]],
  ["unknown-type", "E_CHECK_FAILED", [/APP_FORMATION_UNKNOWN_TYPE.*wroker/]],
  ["link-outside", "E_SOURCE_LINK", [/outside\.json/]],
  ["env-missing", "E_ENV_MISSING", [/API_KEY, API_REGION/, /config:set API_KEY=/]],
  ["failing-npm-ci", "E_BUILD_FAILED", [/npm error code EUSAGE/, /lock file/]],
  ["build-script-fails", "E_BUILD_FAILED", [/exit code 4/, /cannot find the styles/]],
  ["release-exits-1", "E_RELEASE_PHASE", [/exit code 1/, /migration 12 failed/]],
  ["exits-at-once", "E_HEALTH_STARTUP", [/exit code 3/, /DATABASE_URL is not set/]],
  ["command-not-found", "E_HEALTH_STARTUP", [/the command `[^`]+` was not found/, /no-such-program-anywhere/]],
  ["never-listens", "E_HEALTH_STARTUP", [/nothing listens on port \d+/]],
  ["other-port", "E_HEALTH_STARTUP", [/it listens on port \d+, expected port \d+/]],
  ["localhost-only", "E_HEALTH_STARTUP", [/127\.0\.0\.1:\d+ only, expected 0\.0\.0\.0/]],
  ["unhealthy", "E_HEALTH_STARTUP", [/GET \/health answered 500/]],
  ["worker-exits", "E_HEALTH_STARTUP", [/worker\.1 .*exit code 0/, /no queue to work on/]],
];

async function page(): Promise<TinyPage> {
  return JSON.parse((await portside.get("shop")).body) as TinyPage;
}

test("a good release serves before anything bad comes", async () => {
  await portside.ok(
    "up",
    portside.folder("shop", tinyApp("good", { Procfile: "web: node server.js\n", "app.json": "{}" })),
    "--no-follow",
  );
  assert.equal((await page()).version, "good");
});

for (const [folder, code, texts] of CASES) {
  test(`bad input: ${folder} is refused with ${code}, and the previous release serves on`, async () => {
    const before = await page();
    const result = await portside.run(["deploy", join(FIXTURES, folder), "--app", "shop"]);
    const shown = result.stdout + result.stderr;
    assert.notEqual(result.exitCode, 0);
    assert.match(result.stderr, new RegExp(`\\[${code}\\]`), shown);
    assert.match(result.stderr, /→ \S+/, "a hint");
    for (const text of texts) assert.match(shown, text);
    assert.deepEqual(await page(), before);
    assert.deepEqual(readdirSync(portside.home.instances).length, 1, "nothing of the failed one is left");
  });
}

test("bad input: a name that another folder has is refused, and taken over only on purpose", async () => {
  const other = join(portside.root, "elsewhere/shop");
  mkdirSync(join(other, ".."), { recursive: true });
  cpSync(join(portside.root, "apps/shop"), other, { recursive: true });
  const refused = await portside.run(["up", other, "--no-follow"]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /E_APP_NAME_TAKEN/);
});

test("bad input: a home that cannot be used is named, with the reason", async () => {
  const file = join(portside.root, "a-file");
  writeFileSync(file, "");
  const result = await portside.run(["up", join(FIXTURES, "no-procfile")], {
    env: { PORTSIDE_HOME: join(file, "home") },
  });
  assert.equal(result.exitCode, 1);
  assert.match(result.stderr, /E_HOME_UNUSABLE/);
  assert.match(result.stderr, new RegExp(join(file, "home")));
});

test("bad input: two `up` at once both end well, with one server", async () => {
  const twins = new Installation({ PORTSIDE_PORT: "18190" });
  try {
    const directory = twins.folder("twin", tinyApp("one", { Procfile: "web: node server.js\n", "app.json": "{}" }));
    const results = await Promise.all([
      twins.run(["up", directory, "--no-follow"]),
      twins.run(["up", directory, "--no-follow"]),
    ]);
    assert.deepEqual(
      results.map((result) => result.exitCode),
      [0, 0],
      results.map((result) => result.stderr).join("\n"),
    );
    const releases = await twins.json<unknown[]>("releases", "--app", "twin");
    assert.equal(releases.length, 1);
  } finally {
    await twins.remove();
  }
});

test("bad input: Ctrl-C in the middle of a deploy brings the previous state back and says so", async () => {
  const before = await page();
  const directory = portside.folder("slow", { ...tinyApp("slow"), Procfile: "web: sleep 600\n", "app.json": "{}" });
  const result = await portside.run(["deploy", directory, "--app", "shop"], {
    env: {},
    onStart: (kill) => {
      void eventually(() => readdirSync(portside.home.instances).length > 1 || undefined).then(() => kill("SIGINT"));
    },
  });
  assert.equal(result.exitCode, 130);
  assert.match(result.stderr, /E_CANCELLED/);
  assert.match(result.stderr + result.stdout, /v1 still serves/);
  assert.deepEqual(await page(), before);
  assert.equal(readdirSync(portside.home.instances).length, 1);
});

test("bad input: a full disk is told as such, and the previous release serves on", async (t) => {
  const mountPoint = join(portside.root, "small-disk");
  mkdirSync(mountPoint);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", mountPoint]).status === 0;
  if (!mounted) return t.skip("a small disk needs the right to mount");
  const small = new Installation({ PORTSIDE_PORT: "18195", PORTSIDE_HOME: join(mountPoint, "home") });
  try {
    const directory = portside.folder(
      "filler",
      tinyApp("good", { Procfile: "web: node server.js\n", "app.json": "{}" }),
    );
    symlinkSync(join(mountPoint, "home"), small.home.root);
    assert.equal((await small.run(["up", directory, "--no-follow"])).exitCode, 0);
    portside.folder("filler", { "big.txt": "x".repeat(8_000_000) });
    const result = await small.run(["up", directory, "--no-follow"]);
    assert.notEqual(result.exitCode, 0);
    assert.match(result.stderr, /E_DISK_FULL/);
    assert.equal((await small.get("filler")).status, 200);
  } finally {
    await small.remove();
    spawnSync("umount", [mountPoint]);
  }
  assert.ok(!existsSync(join(mountPoint, "home")));
});
