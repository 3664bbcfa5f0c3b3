import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "node:http";
import { askEdge } from "../../src/control/routes/edge-client.ts";
import { eventually, Installation } from "./installation.ts";
import { tinyApp, type TinyPage } from "./tiny-app.ts";

type PsView = { instances: { name: string; phase: string; release: number; restarts: number }[] };

const portside = new Installation();
const page = async (): Promise<TinyPage> => JSON.parse((await portside.get("shop")).body) as TinyPage;
let directory = "";

before(() => {
  directory = portside.folder("shop", tinyApp("one"));
});
after(() => portside.remove());

async function instances(): Promise<PsView["instances"]> {
  const view = await portside.json<PsView | PsView["instances"]>("ps", "--app", "shop");
  return Array.isArray(view) ? view : view.instances;
}

test("a folder becomes a running, routed, health-checked app", async () => {
  const { stdout } = await portside.ok("up", directory, "--no-follow");
  assert.match(stdout, /Deployed v1/);
  assert.match(stdout, /http:\/\/shop\.localhost:\d+\s*$/);
  for (const step of ["check", "build", "release", "start", "health", "route"])
    assert.match(stdout, new RegExp(`${step}\\b`));
  assert.match(stdout, /migrating for one/);
  assert.doesNotMatch(stdout, /\u001b\[/, "no escape codes without a terminal");
  const shown = await page();
  assert.deepEqual(
    { version: shown.version, greeting: shown.greeting, release: shown.release },
    { version: "one", greeting: "hello", release: "v1" },
  );
  assert.match(shown.dyno, /^web\.1$/);
  assert.match(shown.secret, /^[0-9a-f]{64}$/);
  assert.deepEqual((await instances()).map((i) => `${i.name} ${i.phase}`).sort(), [
    "web.1 serving",
    "worker.1 serving",
  ]);
});

test("a second `up` with nothing changed says so, and touches nothing", async () => {
  const before = await page();
  const { stdout } = await portside.ok("up", directory, "--no-follow");
  assert.match(stdout, /nothing (has )?changed|unchanged/i);
  assert.equal((await page()).pid, before.pid);
});

test("a changed line becomes v2, the generated secret stays", async () => {
  const before = await page();
  portside.folder("shop", tinyApp("two"));
  await portside.ok("up", directory, "--no-follow");
  const shown = await page();
  assert.deepEqual([shown.version, shown.release, shown.secret], ["two", "v2", before.secret]);
});

test("scaling starts only the difference", async () => {
  const before = await page();
  await portside.ok("ps:scale", "web=2", "--app", "shop");
  const serving = (await instances())
    .filter((instance) => instance.phase === "serving")
    .map((instance) => instance.name);
  assert.deepEqual(serving.sort(), ["web.1", "web.2", "worker.1"]);
  const pids = new Set<number>();
  await eventually(async () => pids.add((await page()).pid).size === 2 || undefined);
  assert.ok(pids.has(before.pid), "web.1 was not touched");
});

test("config:set makes one release, config set works too, config:get prints the value only", async () => {
  await portside.ok("config:set", "GREETING=good day", "OTHER=x=y z", "--app", "shop");
  assert.deepEqual([(await page()).greeting, (await page()).release], ["good day", "v3"]);
  assert.equal((await portside.ok("config:get", "OTHER", "--app", "shop")).stdout, "x=y z\n");
  await portside.ok("config", "unset", "OTHER", "--app", "shop");
  assert.equal((await page()).release, "v4");
});

test("rollback brings back artifact and config as a new release", async () => {
  await portside.ok("rollback", "v1", "--app", "shop");
  const shown = await page();
  assert.deepEqual([shown.version, shown.greeting, shown.release], ["one", "hello", "v5"]);
});

test("kill -9 of the control plane: apps serve on, are adopted, and no log line is lost or doubled", async () => {
  const before = await page();
  process.kill(portside.serverPid(), "SIGKILL");
  assert.equal((await page()).version, "one");
  await new Promise((resolve) => setTimeout(resolve, 700));
  const again = await portside.ok("up", "--no-deploy", "--no-follow");
  assert.doesNotMatch(again.stdout, /E_/);
  const pids = new Set<number>();
  await eventually(async () => pids.add((await page()).pid).size === 2 || undefined);
  assert.ok(pids.has(before.pid), "the instance that served before serves on");
  const { stdout } = await portside.ok("logs", "--app", "shop", "--ps", "worker.1", "--num", "2000");
  const lives = Map.groupBy(stdout.matchAll(/(\d+) tick (\d+)/g), (match) => match[1]);
  assert.equal(lives.size, 5, "one worker a release");
  for (const life of lives.values()) {
    const ticks = life.map((match) => Number(match[2]));
    assert.deepEqual(
      ticks,
      ticks.map((_tick, index) => index + 1),
    );
  }
});

test("a request in flight survives a restart of its instance, and every request has one log line", async () => {
  const port = (await askEdge(portside.home.edgeSocket))?.port;
  const slow = new Promise<string>((resolve, reject) => {
    request(
      { port, host: "127.0.0.1", path: "/slow?canary=1", headers: { host: "shop.localhost" }, agent: false },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => resolve(body));
        response.on("error", reject);
      },
    )
      .on("error", reject)
      .end();
  });
  await eventually(
    async () => Object.keys((await askEdge(portside.home.edgeSocket))?.active ?? {}).length > 0 || undefined,
  );
  await portside.ok("ps:restart", "--app", "shop");
  assert.equal(await slow, "slow one");
  const lines = await eventually(async () => {
    const { stdout } = await portside.ok("logs", "--app", "shop", "--ps", "router", "--num", "1000");
    return stdout.split("\n").filter((line) => line.includes("canary=1")).length === 1 ? stdout : undefined;
  });
  assert.match(
    lines,
    /portside\[router\]: at=info method=GET path="\/slow\?canary=1" host=shop\.localhost request_id=\S+ fwd="127\.0\.0\.1" dyno=web\.\d connect=\d+ms service=\d+ms status=200 bytes=8/,
  );
});

test("a crashed instance comes back, with its exit code in the log", async () => {
  const { pid } = await page();
  process.kill(pid, "SIGKILL");
  await eventually(async () => {
    const all = (await instances()).filter(
      (instance) => instance.name.startsWith("web") && instance.phase === "serving",
    );
    return all.length === 2 && all.some((instance) => instance.restarts > 0) ? all : undefined;
  });
  const { stdout } = await portside.ok("logs", "--app", "shop", "--num", "200");
  assert.match(stdout, /portside\[web\.\d\]: State changed from up to crashed \(killed by SIGKILL\)/);
});

test("down stops everything, up brings it back as it was", async () => {
  await portside.ok("down");
  assert.equal(portside.isRunning(), false);
  await portside.ok("up", "--no-deploy", "--no-follow");
  await eventually(async () => ((await page()).version === "one" ? true : undefined));
  const serving = await eventually(async () => {
    const all = (await instances()).filter((instance) => instance.phase === "serving");
    return all.length === 3 ? all : undefined;
  });
  assert.deepEqual(serving.map((instance) => instance.name).sort(), ["web.1", "web.2", "worker.1"]);
});

test("a deploy of the same source right after a start is no new release", async () => {
  portside.folder("shop", tinyApp("three"));
  await portside.ok("up", directory, "--no-follow");
  const before = await page();
  await portside.ok("down");
  assert.match((await portside.ok("up", directory, "--no-follow")).stdout, /unchanged/);
  assert.deepEqual([(await page()).version, (await page()).release], ["three", before.release]);
});

test("apps, info, releases, status tell what is; apps:destroy leaves nothing", async () => {
  assert.match((await portside.ok("apps")).stdout, /shop/);
  assert.match((await portside.ok("info", "--app", "shop")).stdout, /portside\/procfile/);
  assert.match((await portside.ok("releases", "--app", "shop")).stdout, /v5\s+.*Rollback to v1/);
  assert.match((await portside.ok("status")).stdout, /running/i);
  await portside.ok("apps:destroy", "shop", "--confirm", "shop");
  assert.equal((await portside.get("shop")).status, 404);
  assert.doesNotMatch((await portside.ok("apps")).stdout, /shop/);
});
