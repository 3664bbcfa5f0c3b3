import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { exec } from "../../src/lib/exec.ts";
import type { PlatformStatus } from "../../src/wire/platform.ts";
import { eventually, httpGet, Installation, REPOSITORY, type Answer } from "../acceptance/installation.ts";

const STREAM_PAUSE_MS = 25;
const START_LIMIT_MS = 30_000;

const portside = new Installation({ PORTSIDE_PORT: "18480" });
after(() => portside.remove());

before(async () => {
  await portside.ok("up", "--no-deploy");
  allowRegistry();
});

/** Builds see nothing of the user's settings; an operator says here how this machine reaches its npm registry. */
function allowRegistry(): void {
  const directory = join(portside.home.buildConfig, "env");
  mkdirSync(directory, { recursive: true });
  for (const name of ["NODE_EXTRA_CA_CERTS", "npm_config_registry", "npm_config_cafile"]) {
    const value = process.env[name];
    if (value !== undefined) writeFileSync(join(directory, name), value);
  }
}

const routerPort = async (): Promise<number> => (await portside.json<PlatformStatus>("status")).edge.port ?? 0;
const body = async (app: string, path: string): Promise<unknown> => JSON.parse((await portside.get(app, path)).body);

/** A published application: the folder that runs it, the page a stream of requests asks for, and how it shows that it works. */
type RealApp = { readonly name: string; readonly probe: string; readonly works: () => Promise<void> };

const APPS: readonly RealApp[] = [
  { name: "verdaccio", probe: "/-/ping", works: verdaccioWorks },
  { name: "json-server", probe: "/posts/1", works: jsonServerWorks },
  { name: "node-red", probe: "/settings", works: nodeRedWorks },
];

async function verdaccioWorks(): Promise<void> {
  const page = await portside.get("verdaccio");
  assert.equal(page.status, 200);
  assert.match(page.body, /<title>Portside test registry<\/title>/);
  const env = { PATH: process.env["PATH"] ?? "", HOME: portside.root };
  const { exitCode, stdout, stderr } = await throughDoor("verdaccio", (registry) =>
    exec(["npm", "view", "portside-hello", "version", "--registry", registry], {
      cwd: portside.root,
      env,
      limitMs: 30_000,
    }),
  );
  assert.deepEqual([exitCode, stdout.trim()], [0, "1.2.3"], stderr);
}

/**
 * Gives `use` an address that leads to one app of the router: not every machine resolves `APP.localhost`, and npm cannot
 * be told to send another Host.
 */
async function throughDoor<T>(app: string, use: (address: string) => Promise<T>): Promise<T> {
  const port = await routerPort();
  const door = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, host: `${app}.localhost` };
    const options = { host: "127.0.0.1", port, method: incoming.method, path: incoming.url, headers };
    const forwarded = request(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  try {
    return await use(`http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  } finally {
    door.closeAllConnections();
    door.close();
  }
}

async function jsonServerWorks(): Promise<void> {
  assert.deepEqual(await body("json-server", "/posts/1"), { id: 1, title: "From a folder to a URL", author: "ada" });
  assert.deepEqual(await body("json-server", "/profile"), { name: "portside" });
  assert.equal((await portside.get("json-server", "/posts/999")).status, 404);
}

async function nodeRedWorks(): Promise<void> {
  assert.equal(((await body("node-red", "/settings")) as { version: string }).version, "5.0.7");
  const first = await firstMessage({ port: await routerPort(), host: "node-red.localhost", path: "/comms" });
  assert.deepEqual((JSON.parse(first) as { topic: string; data: unknown }[])[0], {
    topic: "notification/runtime-state",
    data: { state: "start" },
  });
}

/** Subscribes over a WebSocket through the router and gives the first message. */
function firstMessage(to: { port: number; host: string; path: string }): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${to.port}${to.path}`, {
    headers: { host: to.host },
    handshakeTimeout: 10_000,
  });
  return new Promise<string>((resolve, reject) => {
    socket.once("open", () => socket.send(JSON.stringify({ subscribe: "notification/#" })));
    socket.once("message", (data: Buffer) => resolve(data.toString("utf8")));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed without a message")));
  }).finally(() => socket.terminate());
}

/** Asks again and again from two connections until told to stop; gives what was not a 200. */
async function underRequests(app: RealApp, work: () => Promise<void>): Promise<{ asked: number; failed: string[] }> {
  const seen = { asked: 0, failed: [] as string[], stopping: false };
  const port = await routerPort();
  const stream = async (): Promise<void> => {
    while (!seen.stopping) {
      const outcome: Answer | Error = await httpGet({ port, path: app.probe, host: `${app.name}.localhost` }).catch(
        (error: Error) => error,
      );
      seen.asked += 1;
      if (outcome instanceof Error) seen.failed.push(outcome.message);
      else if (outcome.status !== 200) seen.failed.push(`${outcome.status} ${outcome.body.slice(0, 200)}`);
      await new Promise((resolve) => setTimeout(resolve, STREAM_PAUSE_MS));
    }
  };
  const streams = [stream(), stream()];
  try {
    await work();
  } finally {
    seen.stopping = true;
    await Promise.all(streams);
  }
  return seen;
}

async function servingCount(app: string): Promise<number> {
  const apps = await portside.json<{ name: string; serving: Record<string, number> }[]>("apps");
  return apps.find(({ name }) => name === app)?.serving["web"] ?? 0;
}

for (const app of APPS) {
  describe(`${app.name}, as published`, () => {
    const folder = join(portside.root, "real", app.name);
    before(() => cpSync(join(REPOSITORY, "test/fixtures/real", app.name), folder, { recursive: true }));
    after(() => portside.ok("apps:destroy", app.name, "--confirm", app.name));

    test("is built, starts and answers through the router", async () => {
      await portside.ok("deploy", folder, "--app", app.name);
      await app.works();
    });

    test("answers from two instances", async () => {
      await portside.ok("ps:scale", "web=2", "--app", app.name);
      assert.equal(await servingCount(app.name), 2);
      await app.works();
    });

    test("goes on while the control plane is killed, and is found again", async () => {
      const seen = await underRequests(app, async () => {
        process.kill(portside.serverPid(), "SIGKILL");
        assert.equal((await portside.get(app.name, app.probe)).status, 200);
        await portside.ok("up", "--no-deploy");
        await eventually(async () => (await servingCount(app.name)) === 2 || undefined, START_LIMIT_MS);
      });
      assert.deepEqual(seen.failed, []);
      assert.ok(seen.asked > 10, `only ${seen.asked} requests`);
      await app.works();
    });

    test("is deployed anew under a stream of requests without one failed", async () => {
      writeFileSync(join(folder, "CHANGED"), "a second release\n");
      const seen = await underRequests(app, async () => {
        await portside.ok("deploy", folder, "--app", app.name);
      });
      assert.deepEqual(seen.failed, []);
      assert.ok(seen.asked > 10, `only ${seen.asked} requests`);
      await app.works();
    });
  });
}
