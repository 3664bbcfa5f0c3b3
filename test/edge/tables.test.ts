import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { after, test } from "node:test";
import { writeFileAtomic } from "../../src/lib/files.ts";
import { EdgeProcess, until } from "./edge-process.ts";
import { ask, httpBackend } from "./peers.ts";

const CONNECTIONS = 16;
const SWAPS = 50;

const edges: EdgeProcess[] = [];
after(async () => {
  for (const edge of edges) await edge.dispose();
});
async function startEdge(limits: Readonly<Record<string, number>> = {}): Promise<EdgeProcess> {
  const edge = new EdgeProcess();
  edges.push(edge);
  return await edge.start(limits);
}

test(`§10 ${SWAPS} cut-overs under ${CONNECTIONS} keep-alive connections: no failed request`, async () => {
  const edge = await startEdge();
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let isLoading = true;
  let answered = 0;
  const served = new Set<string>();
  const failed: string[] = [];
  const startBackend = (name: string) =>
    httpBackend((req, res) => {
      req.resume();
      // Some answers take their time, so that there is always something in flight at a cut-over.
      const answer = (): void => void res.end(name);
      req.on("end", () => (req.url === "/slow" ? setTimeout(answer, 15) : answer()));
    });
  const load = async (worker: number): Promise<void> => {
    for (let round = 0; isLoading; round += 1) {
      const method = round % 3 === 0 ? "POST" : "GET";
      const path = (worker + round) % 5 === 0 ? "/slow" : "/";
      try {
        const reply = await ask({
          port: edge.port,
          host: "a",
          path,
          method,
          agent,
          ...(method === "POST" ? { body: "b" } : {}),
        });
        if (reply.status === 200) served.add(reply.body);
        else failed.push(`${reply.status} ${reply.body}`);
      } catch (error) {
        failed.push(String(error));
      }
      answered += 1;
    }
  };
  let current = await startBackend("0");
  await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: "i0", port: current.port }] });
  const workers = Array.from({ length: CONNECTIONS }, (_each, worker) => load(worker));
  await until("i0 serves", () => served.has("0"));
  for (let swap = 1; swap <= SWAPS; swap += 1) {
    const next = await startBackend(String(swap));
    await edge.route({ app: "a", hosts: ["a"], targets: [{ instance: `i${swap}`, port: next.port }] });
    await until(`i${swap - 1} is drained`, async () => (await edge.status()).active[`i${swap - 1}`] === undefined);
    await current.close();
    current = next;
    await until(`i${swap} serves`, () => served.has(String(swap)));
  }
  isLoading = false;
  await Promise.all(workers);
  agent.destroy();
  await current.close();
  assert.deepEqual(failed, []);
  assert.equal(served.size, SWAPS + 1);
  assert.ok(answered > SWAPS * CONNECTIONS, String(answered));
  assert.equal((await edge.lines(answered)).length, answered);
});

test("§7 a table that is no good changes nothing and is said once; the next good one is served", async () => {
  const edge = await startEdge({ tablePollMs: 20 });
  const app = await httpBackend((_req, res) => res.end("app"));
  const route = { app: "a", hosts: ["a"], targets: [{ instance: "i", port: app.port }] };
  const version = await edge.route(route);
  const bad: readonly [string, RegExp][] = [
    ["", /the file is empty/],
    ['{"schema":1,"version":9,"rou', /JSON/],
    ['{"schema":2,"version":9,"routes":[]}', /schema 2 is newer/],
    ['{"schema":1,"version":9}', /routes is not a list/],
    ["[]", /not an object/],
  ];
  for (const [index, [text, problem]] of bad.entries()) {
    writeFileAtomic(edge.table, text);
    await until(
      "it is refused",
      () => edge.events("table-refused").length === index + 1,
      () => edge.output,
    );
    assert.match(String(edge.events("table-refused")[index]?.["problem"]), problem);
    assert.equal((await ask({ port: edge.port, host: "a" })).body, "app");
    assert.equal((await edge.status()).tableVersion, version);
  }
  // Touched without a change, and removed: nothing to say, nothing lost.
  writeFileAtomic(edge.table, "[]");
  rmSync(edge.table);
  assert.equal((await ask({ port: edge.port, host: "a" })).body, "app");
  const next = await edge.route(route, { app: "b", hosts: ["b"], state: "stopped" });
  assert.equal((await edge.status()).tableVersion, next);
  assert.equal(edge.events("table-refused").length, bad.length);
  await edge.route();
  assert.equal((await ask({ port: edge.port, host: "a" })).status, 404);
  await app.close();
});

test("§7 a half-written file (written in place) is not served until it is whole", async () => {
  const edge = await startEdge({ tablePollMs: 20 });
  const whole = JSON.stringify({ schema: 1, version: 7, routes: [] });
  writeFileSync(edge.table, whole.slice(0, 20));
  // Truncated first, then half: the edge may have seen both.
  await until("it is refused", () => edge.events("table-refused").length >= 1);
  writeFileSync(edge.table, whole);
  await until("it is served", async () => (await edge.status()).tableVersion === 7);
});

test("§7 a replaced table is served at once, without waiting for the poll; a restarted edge finds it", async () => {
  const edge = await startEdge({ tablePollMs: 60_000 });
  await edge.route({ app: "a", hosts: ["a"] });
  const version = edge.writeTable({ app: "a", hosts: ["a"], state: "stopped" });
  const startedAt = performance.now();
  await until("it is served", async () => (await edge.status()).tableVersion === version);
  const tookMs = performance.now() - startedAt;
  // Far below the poll; a quiet machine needs about 10 ms.
  assert.ok(tookMs < 500, `${tookMs} ms`);
  await edge.stop("SIGKILL");
  edge.output = "";
  await edge.start();
  assert.equal((await edge.status()).tableVersion, version);
  assert.equal((await ask({ port: edge.port, host: "a" })).status, 503);
});
