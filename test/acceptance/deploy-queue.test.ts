import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OperationView } from "../../src/wire/operations.ts";
import { eventually, Installation } from "./installation.ts";

const QUEUED = 10;
const portside = new Installation({ PORTSIDE_PORT: "18380", PORTSIDE_BOOT_TIMEOUT: "60" });

function files(edition: string): Record<string, string> {
  return {
    Procfile: "web: node server.js\nrelease: sleep 1\n",
    "package.json": JSON.stringify({ name: "tiny", private: true, version: "1.0.0" }),
    "server.js": `require("node:http").createServer((_, r) => r.end("${edition}")).listen(process.env.PORT, "0.0.0.0");`,
  };
}

const operations = async (app: string): Promise<OperationView[]> =>
  (await portside.json<OperationView[]>("operations", app, "-n", "50")).filter(({ kind }) => kind === "deploy");

before(async () => {
  await portside.ok("up", portside.folder("shop", files("0")), "--no-follow");
});
after(() => portside.remove());

test("§10 ten deploys queued at once while another app deploys: the newest wins, the other is not held up, nothing is stuck", async () => {
  const folders = Array.from({ length: QUEUED }, (_, index) => portside.folder(`shop-${index}`, files(`${index + 1}`)));
  const queued = folders.map((folder) => portside.run(["deploy", folder, "--app", "shop", "-m", folder]));
  const other = await portside.run(["deploy", portside.folder("blog", files("blog"))]);
  assert.equal(other.exitCode, 0, other.stdout + other.stderr);
  const results = await Promise.all(queued);
  const all = await operations("shop");
  assert.equal(all.length, QUEUED + 1);
  assert.ok(
    all.every(({ status }) => status === "succeeded" || status === "superseded"),
    JSON.stringify(all.map((o) => o.status)),
  );
  const [newest] = all;
  assert.equal(newest?.status, "succeeded", "the newest wins");
  // Its followers learned which one replaced it.
  for (const { exitCode, stderr } of results)
    if (exitCode !== 0) assert.match(stderr, /E_SUPERSEDED|operation \d+, replaced/);
  const edition = folders.findIndex((folder) => folder === newest?.message) + 1;
  await eventually(async () => ((await portside.get("shop")).body === `${edition}` ? true : undefined));
  assert.equal((await portside.get("blog")).body, "blog");
});

test("§10 a freeze refuses with its reason, an override is recorded with its own", async () => {
  await portside.ok("freeze", "--until", "1h", "--reason", "holidays", "--app", "shop");
  const refused = await portside.run(["config:set", "A=1", "--app", "shop"]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /frozen until .*holidays.*E_APP_FROZEN/);
  await portside.ok("config:set", "A=1", "--app", "shop", "--override-freeze", "it burns", "-m", "put it out");
  await portside.ok("unfreeze", "--app", "shop");
  const [, change] = await portside.json<OperationView[]>("operations", "shop");
  assert.deepEqual([change?.message, change?.overrideReason, change?.status], ["put it out", "it burns", "succeeded"]);
});
